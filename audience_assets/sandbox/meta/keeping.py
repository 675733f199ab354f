"""Keeps an account's credentials and audiences in files, so that a sandbox can be stopped and started again."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audience_assets.errors import SettingsError
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.membership import Membership
from audience_assets.sandbox.meta.platform import Account, random_credentials
from audience_assets.sandbox.meta.rows import NO_EXTRAS, Extras, Row
from audience_assets.sandbox.meta.sessions import Session
from audience_assets.sandbox.private_file import write_private_json

CREDENTIALS = frozenset({"access_token", "app_secret", "ad_account"})


def kept_credentials(path: Path) -> Mapping[str, str]:
    """The credentials in a file; made up and kept where there is none.

    Raises:
        SettingsError: The file is damaged.
    """
    kept = _read(path)
    if kept is None:
        kept = random_credentials()
        write_private_json(path, kept)
    if kept.keys() != CREDENTIALS or not all(isinstance(value, str) for value in kept.values()):
        raise _damaged(path)
    return kept


def keep_audiences(path: Path, account: Account) -> None:
    """Write the account's audiences, readable by their owner alone."""
    # One text for each audience: a million rows would take very long to indent.
    texts = [json.dumps(_as_json(audience)) for audience in account.audiences.values()]
    write_private_json(path, {"audiences": texts})


def restore_audiences(path: Path, account: Account, clock: Clock) -> None:
    """Give the account the audiences in a file, where there is one.

    Raises:
        SettingsError: The file is damaged.
    """
    kept = _read(path)
    if kept is None:
        return
    try:
        for one in kept["audiences"]:
            audience = _from_json(json.loads(one), account, clock)
            account.audiences[audience.id] = audience
            account.sessions |= audience.sessions
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error


_PLAIN = tuple(
    each.name
    for each in dataclasses.fields(Audience)
    if each.name not in {"behaviour", "clock", "sessions", "replacing", "_membership", "_staged", "_settling"}
)


def _as_json(audience: Audience) -> dict[str, object]:
    return {
        **{name: getattr(audience, name) for name in _PLAIN},
        "sessions": [dataclasses.asdict(session) for session in audience.sessions.values()],
        "replacing": audience.replacing and audience.replacing.id,
        "membership": _members_as_json(audience.membership),
        "staged": _members_as_json(audience.staged),
    }


def _from_json(kept: Mapping[str, Any], account: Account, clock: Clock) -> Audience:
    audience = Audience(**{name: kept[name] for name in _PLAIN}, behaviour=account, clock=clock)
    for one in kept["sessions"]:
        session = Session(**{**one, "digests": {int(seq): digest for seq, digest in one["digests"].items()}})
        audience.sessions[session.id] = session
    replacing = None if kept["replacing"] is None else audience.sessions[kept["replacing"]]
    audience.resume(_members_from_json(kept["membership"]), _members_from_json(kept["staged"]), replacing)
    return audience


def _members_as_json(members: Membership) -> dict[str, object]:
    return {
        "added": [[*row, moment, *extras] for row, (moment, extras) in members.added.items()],
        "removed": [[mark, isinstance(mark, Row), moment] for mark, moment in members.removed.items()],
        "people": sorted(members.people),
        "moment": members.moment,
    }


def _members_from_json(kept: Mapping[str, Any]) -> Membership:
    members = Membership()
    for keys, cells, moment, value, processing in kept["added"]:
        extras = Extras(value, tuple((key, cell) for key, cell in processing))
        row = Row(tuple(keys), tuple(cells))
        members.added[row] = (moment, NO_EXTRAS if extras == NO_EXTRAS else extras)
    for mark, is_row, moment in kept["removed"]:
        members.removed[Row(*map(tuple, mark)) if is_row else _identifier(mark)] = moment
    members.people = set(kept["people"])
    members.moment = kept["moment"]
    return members


def _identifier(kept: list[Any]) -> tuple[str, Any]:
    key, value = kept
    return key, value if isinstance(value, str) else tuple(tuple(pair) for pair in value)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(kept, dict):
        raise _damaged(path)
    return kept


def _damaged(path: Path) -> SettingsError:
    return SettingsError(f"{path} is damaged: remove {path.parent} to start anew")
