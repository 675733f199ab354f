"""An account's audiences as JSON, to be kept from one start of the sandbox to the next."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.kept_audiences import keep_audiences, kept_audiences
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.membership import Membership
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.rows import NO_EXTRAS, Extras, Row
from audience_assets.sandbox.meta.sessions import Session


def keep(path: Path, account: Account) -> None:
    """Write the account's audiences, readable by their owner alone."""
    keep_audiences(path, account.audiences.values(), _as_json)


def restore(path: Path, account: Account, clock: Clock) -> None:
    """Give the account the audiences in a file, where there is one.

    Raises:
        SettingsError: The file is damaged.
    """
    for audience in kept_audiences(path, lambda kept: _from_json(kept, account, clock)):
        account.audiences[audience.id] = audience
        account.sessions |= audience.sessions


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
