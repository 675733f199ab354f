"""Lets a deployment's own settings deliver to the sandbox: the variables that put its endpoints in the partners' place."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from audience_assets.errors import SettingsError
from audience_assets.settings import OVERRIDE_PREFIX, Settings

Ready = Mapping[str, Mapping[str, Any]]
"""What the sandbox says of itself: for each endpoint its address, accounts and credentials."""

SECRETS = "SANDBOX"


def exports(settings: Settings, ready: Path) -> Iterator[str]:
    """A line for the shell for each variable; none for what a destination does not use.

    The state is another one, beside the ready file: the deployment's own ledger must not believe that partners were told.

    Raises:
        SettingsError: The sandbox is not running, or the file is not its own.
    """
    try:
        running: Ready = json.loads(ready.read_text(encoding="utf-8"))
        yield from _state(settings, ready.absolute().parent / "rehearsal")
        for name, destination in settings.destinations.items():
            for key, value in _REACHED[_kind(destination)](running):
                yield f"export {OVERRIDE_PREFIX}DESTINATIONS__{name.upper()}__{key}={quote(value)}"
        for name, value in _secrets(running).items():
            yield f"export {SECRETS}_{name}={quote(value)}"
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{ready} does not say how to reach a sandbox: start one with audience-assets sandbox --ready {ready}"
        ) from None


def _state(settings: Settings, folder: Path) -> Iterator[str]:
    yield f"export {OVERRIDE_PREFIX}STATE_DIR={quote(str(folder))}"
    if settings.ledger_url is not None:
        yield f"export {OVERRIDE_PREFIX}LEDGER_URL={quote(f'sqlite:///{folder}/ledger.sqlite')}"


def _kind(destination: Any) -> str:
    """The kind of a destination; a VTEX Ads one has two, which are reached in two ways."""
    return f"{destination.type} {getattr(destination, 'transport', '')}".strip()


def _s3(ready: Ready) -> Iterator[tuple[str, str]]:
    for key in ("endpoint_url", "bucket", "prefix", "region"):
        yield key.upper(), str(ready["s3"][key])
    yield from _named("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")


def _newtail(ready: Ready) -> Iterator[tuple[str, str]]:
    yield "UPLOAD_URL", str(ready["newtail"]["base_url"])
    yield from _named("APP_ID", "API_KEY")


def _meta(ready: Ready) -> Iterator[tuple[str, str]]:
    yield "BASE_URL", str(ready["meta"]["base_url"])
    yield "AD_ACCOUNT", str(ready["meta"]["ad_account"])
    yield "ACCESS_TOKEN__ENV", f"{SECRETS}_META_TOKEN"
    yield "APP_SECRET__ENV", f"{SECRETS}_META_SECRET"


def _tiktok(ready: Ready) -> Iterator[tuple[str, str]]:
    yield "BASE_URL", str(ready["tiktok"]["base_url"])
    yield "ADVERTISER_ID", str(ready["tiktok"]["advertiser_id"])
    yield "ACCESS_TOKEN__ENV", f"{SECRETS}_TIKTOK_TOKEN"


def _named(*keys: str) -> Iterator[tuple[str, str]]:
    """The keys of secrets whose variables are called like them."""
    for key in keys:
        yield f"{key}__ENV", f"{SECRETS}_{key}"


_REACHED: Mapping[str, Callable[[Ready], Iterator[tuple[str, str]]]] = {
    "vtex_ads s3": _s3,
    "vtex_ads presigned": _newtail,
    "meta": _meta,
    "tiktok": _tiktok,
}


def _secrets(ready: Ready) -> dict[str, str]:
    """The sandbox's throw-away credentials, by the names under which the exports above ask for them."""
    return {
        "ACCESS_KEY_ID": ready["s3"]["write_only"]["access_key_id"],
        "SECRET_ACCESS_KEY": ready["s3"]["write_only"]["secret_access_key"],
        "APP_ID": ready["newtail"]["app_id"],
        "API_KEY": ready["newtail"]["api_key"],
        "META_TOKEN": ready["meta"]["access_token"],
        "META_SECRET": ready["meta"]["app_secret"],
        "TIKTOK_TOKEN": ready["tiktok"]["access_token"],
    }
