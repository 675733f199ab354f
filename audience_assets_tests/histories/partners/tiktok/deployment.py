"""Makes a random advertiser: how TikTok behaves towards it, what it held before, and what the settings say."""

from collections.abc import Mapping
from random import Random
from typing import Any

from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.cells import EMAIL, PHONE
from audience_assets.sandbox.tiktok.platform import Advertiser, random_id
from audience_assets_tests.histories.partners.source import LABELS
from audience_assets_tests.histories.partners.tiktok.model import Standing
from audience_assets_tests.histories.partners.tiktok.world import TikTokWorld

SEVERAL = (("email", "phone", "maid"), ("email", "phone"), ("phone", "maid"), ("maid", "email"))
SINGLE = (("email",), ("phone",))


def random_tiktok(
    rng: Random, *, account: Advertiser, clock: Clock, base_url: str, **given: Any
) -> TikTokWorld:
    """A world of an advertiser that nobody used before; `given` is what it shares with the other partners."""
    account.smallest_audience = 1
    account.processing_seconds = rng.choice((0.0, 0.0, 0.0, 30.0, 7200.0))
    account.file_seconds = rng.choice((600.0, 86_400.0, 86_400.0))
    single = rng.random() < 0.25
    identifiers = rng.choice(SINGLE if single else SEVERAL)
    taken_over = {} if rng.random() < 0.8 else _foreign_audiences(rng, account, clock, identifiers)
    replace = rng.choice(("auto", "auto", "never"))
    small = rng.choice((1, 1, 1, 2, 4))
    below = "delete" if not taken_over and rng.random() < 0.25 else "hold"
    fixed = {
        "type": "tiktok",
        "advertiser_id": account.id,
        "access_token": {"env": "NEVER_READ"},
        "base_url": base_url,
        "replace_above": rng.choice((0.1, 0.3, 0.5, 100.0)),
        "smallest_audience": small,
        "below_smallest": below,
        "file_bytes": rng.choice((1024, 1024, 1600, 1 << 20)),
        "tier": "ultimate",
        "timeout_seconds": 20.0,
        "patience_seconds": rng.choice((0.0, 5.0, 900.0)),
        "identifiers": identifiers,
    }

    def change_settings() -> TikTokSettings:
        varied = {} if single or replace == "never" else {"identifiers": rng.choice(SEVERAL)}
        return random_settings(rng, {**fixed, **varied}, taken_over, replace)

    world = TikTokWorld(
        account=account, clock=clock, base_url=base_url, change_settings=change_settings, **given
    )
    for label, audience_id in taken_over.items():
        world.standings[label] = Standing(holds=account.audiences[audience_id].identifiers())
    return world


def random_settings(
    rng: Random, fixed: Mapping[str, Any], taken_over: Mapping[str, str], replace: str
) -> TikTokSettings:
    """What a person may write into the settings of one destination."""
    unlisted = rng.choice(("create", "create", "create", "skip")) if replace == "auto" else "create"
    listed = {*taken_over, *(label for label in LABELS if rng.random() < 0.5 or replace == "never")}
    forms = {}
    if "email" in fixed["identifiers"]:
        forms["email"] = rng.choice(("seed", "seed", "seed", "plain"))
    if "phone" in fixed["identifiers"]:
        forms["phone"] = rng.choice(("plus", "plus", "digits"))
    audiences = {
        label: {"replace": replace} | ({"id": taken_over[label]} if label in taken_over else {})
        for label in listed
    }
    return TikTokSettings.model_validate({**fixed, **forms, "unlisted": unlisted, "audiences": audiences})


def _foreign_audiences(
    rng: Random, account: Advertiser, clock: Clock, identifiers: tuple[str, ...]
) -> dict[str, str]:
    """Audiences that somebody else filled, to be taken over by id."""
    taken_over = {}
    kinds: dict[tuple[str, ...], str] = {("email",): "EMAIL_SHA256", ("phone",): "PHONE_SHA256"}
    for label in rng.sample(LABELS, 1):
        audience = Audience(
            id=random_id(),
            name=label,
            calculate_type=kinds.get(identifiers, "MULTIPLE_TYPES"),
            audience_sub_type="NORMAL",
            retention_in_days=None,
            created=clock.now(),
            changed=clock.now(),
            behaviour=account,
            clock=clock,
        )
        kind = PHONE if identifiers == ("phone",) else EMAIL
        membership = audience.membership.changed("APPEND", [kind.tag + bytes(kind.size)])
        audience.resume(membership)
        audience.valid = True
        account.audiences[audience.id] = audience
        taken_over[label] = audience.id
    return taken_over
