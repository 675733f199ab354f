"""Checks of single values in the settings: each says what is wrong with the value and what to write instead."""

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audience_assets.rules import place

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
_TEAM = re.compile("team:.+")
_MAILBOX = re.compile(r"""[^@\s<>,;"]+@[^@\s<>,;"]+""")
_WEB_ADDRESS = re.compile(r"https?://[^\s@?#]+")
_MEMORY = re.compile(r"0*[1-9][0-9]*(?:[.][0-9]+)? ?[MGT](?:i?B)|(?:[1-9][0-9]?|100) ?%", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile("://[^/?#@]*:[^/?#]*@|[?&](?:ssl)?password=", re.IGNORECASE)
_S3_FOLDER = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9](?:/[^/?#*\[\]]+)*/?")
_DAY_FORMAT = re.compile("(?:[^%{}]|%-?[YmdFyjbBaAGVuUwW])*")
_SOME_DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(800)]


def known_time_zone(name: str) -> str:
    """A name of the time zone database."""
    try:
        ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # OSError: the name of a folder of zones, such as America
        raise ValueError(f"there is no time zone {name!r}; use a name such as America/Sao_Paulo") from None
    return name


def known_country(code: str) -> str:
    """An ISO 3166-1 alpha-2 code in upper case."""
    if code not in _country_codes():
        raise ValueError(f"{code!r} is not an ISO 3166-1 alpha-2 code in upper case, such as BR")
    return code


def owner_of_assets(owner: str) -> str:
    """What Dagster takes for the owner of an asset."""
    if not (_EMAIL.fullmatch(owner) or _TEAM.fullmatch(owner)):
        raise ValueError(f"{owner!r} cannot own an asset: write an e-mail address, or a team as team:NAME")
    return owner


def email_address(address: str) -> str:
    """A bare e-mail address, without a name."""
    if not _MAILBOX.fullmatch(address):
        raise ValueError(f"{address!r} is not an e-mail address: write it as name@example.com")
    return address


def web_address(address: str) -> str:
    """The beginning of a URL, that a path can follow."""
    if not _WEB_ADDRESS.fullmatch(address):
        raise ValueError("it is not a web address: write it as https://dagster.example.com, without a login")
    return address.rstrip("/") + "/"


def amount_of_memory(text: str) -> str:
    """What DuckDB takes for an amount of memory."""
    if not _MEMORY.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount of memory: write it as 2GB, 512MB or 80%")
    return text


def place_of_state(given: object) -> Path | str:
    """A folder, or the URL of one on S3 without the stroke at its end."""
    if isinstance(given, Path):
        return given
    if not isinstance(given, str):
        raise ValueError("write a folder, or a URL such as s3://bucket/prefix, as text")  # noqa: TRY004 - for pydantic
    if "://" not in given:
        return Path(given)
    if not _S3_FOLDER.fullmatch(given):
        raise ValueError("it is neither a folder nor a URL such as s3://bucket/prefix")
    return given.rstrip("/")


def part_of_memory(text: str, parts: int) -> str:
    """The share that one of several processes may use of an amount of memory."""
    found = re.fullmatch(r"([0-9.]+) ?(.*)", text)
    if found is None:
        raise ValueError(f"{text!r} is not an amount of memory")
    units = {"MB": "KB", "GB": "MB", "TB": "GB", "MIB": "KIB", "GIB": "MIB", "TIB": "GIB"}
    amount, unit = float(found[1]) / parts, found[2].upper()
    # DuckDB takes a fraction of a per cent, and of a unit the thousandth below it.
    smaller = 1024 if "I" in unit else 1000
    return f"{amount:.3f}%" if unit == "%" else f"{max(1, int(amount * smaller))}{units[unit]}"


def url_without_password(url: str) -> str:
    """A database URL that may stand in a file."""
    if _PASSWORD_IN_URL.search(url):
        raise ValueError(
            'the URL holds a password: put the whole URL in the environment and write { env = "NAME" }'
        )
    return url


def path_with_day(path: str) -> str:
    """A path template in which only `day` stands for something, and that is another path on every day."""
    try:
        fields = [field for field in Formatter().parse(path) if field[1] is not None]
    except ValueError:
        raise ValueError(
            "a brace is not closed, or not opened: write {day}, and {{ or }} for a brace itself"
        ) from None
    for _, name, form, conversion in fields:
        if name != "day" or conversion or not _DAY_FORMAT.fullmatch(form or ""):
            shown = f"{{{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}}}"
            raise ValueError(
                f"{shown} is not a form of the day: write {{day}} or {{day:%Y/%m/%d}} where the day stands"
            )
    if len({path.format(day=day) for day in _SOME_DAYS}) < len(_SOME_DAYS):
        raise ValueError(
            "the path is the same on several days, so it does not contain the day: write {day} or {day:%Y/%m/%d} where it stands"
        )
    return path


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(code for _, code in place.country_names())
