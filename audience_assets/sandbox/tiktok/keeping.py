"""An advertiser's audiences as JSON, to be kept from one start of the sandbox to the next.

Uploaded files are not kept: their paths are unknown after a start.
"""

import base64
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.kept_audiences import keep_audiences, kept_audiences
from audience_assets.sandbox.tiktok.audience import Audience, Change, Event
from audience_assets.sandbox.tiktok.membership import Membership
from audience_assets.sandbox.tiktok.platform import Advertiser

_PLAIN = (
    "id",
    "name",
    "calculate_type",
    "audience_sub_type",
    "retention_in_days",
    "created",
    "changed",
    "valid",
    "error_message",
    "replaced",
)


def keep(path: Path, advertiser: Advertiser) -> None:
    """Write the advertiser's audiences, readable by their owner alone."""
    keep_audiences(path, advertiser.audiences.values(), _as_json)


def restore(path: Path, advertiser: Advertiser, clock: Clock) -> None:
    """Give the advertiser the audiences in a file, where there is one.

    Raises:
        SettingsError: The file is damaged.
    """
    for audience in kept_audiences(path, lambda kept: _from_json(kept, advertiser, clock)):
        advertiser.audiences[audience.id] = audience


def _as_json(audience: Audience) -> dict[str, object]:
    membership, change = audience.membership, audience.change
    return {
        **{name: getattr(audience, name) for name in _PLAIN},
        "history": [dataclasses.asdict(event) for event in audience.history],
        "membership": _members_as_json(membership),
        "change": change and [change.action, change.ends, change.after and _members_as_json(change.after)],
    }


def _from_json(kept: Mapping[str, Any], advertiser: Advertiser, clock: Clock) -> Audience:
    audience = Audience(**{name: kept[name] for name in _PLAIN}, behaviour=advertiser, clock=clock)
    audience.history = [Event(**event) for event in kept["history"]]
    audience.resume(_members_from_json(kept["membership"]))
    if kept["change"] is not None:
        action, ends, after = kept["change"]
        audience.change = Change(action, ends, None if after is None else _members_from_json(after))
    return audience


def _members_as_json(members: Membership) -> dict[str, object]:
    return {
        "several": members.several,
        "rows": _as_texts(members.rows),
        "identifiers": _as_texts(members.identifiers) if members.several else None,
        "people": sorted(members.people),
    }


def _members_from_json(kept: Mapping[str, Any]) -> Membership:
    rows = _from_texts(kept["rows"])
    identifiers = _from_texts(kept["identifiers"]) if kept["several"] else rows
    return Membership(kept["several"], rows, identifiers, frozenset(kept["people"]))


def _as_texts(packed: frozenset[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in packed]


def _from_texts(texts: list[str]) -> frozenset[bytes]:
    return frozenset(map(base64.b64decode, texts))
