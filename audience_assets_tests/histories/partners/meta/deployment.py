"""Makes a random ad account: how Meta behaves towards it, whom it knows, what it held before, and what the settings say."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account, random_id
from audience_assets.sandbox.meta.rows import NO_EXTRAS, Row
from audience_assets_tests.histories.partners.meta.calls import Calls
from audience_assets_tests.histories.partners.meta.model import STRONG
from audience_assets_tests.histories.partners.meta.world import MetaWorld
from audience_assets_tests.histories.partners.source import (
    LABELS,
    POOLS,
    REFUSED,
    VALUE_BASED,
    cell,
    persons_apart,
)

KEYS = (
    ("EMAIL", "PHONE"),
    ("EMAIL",),
    ("EMAIL", "PHONE", "FN", "LN", "CT", "ZIP"),
    ("EXTERN_ID", "EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD", "LN", "FN", "CT", "ZIP", "MADID"),
    ("LN", "FN", "ZIP", "PHONE"),
)
CALIFORNIA = {"country": 1, "state": 1000}


def random_meta(
    rng: Random, *, account: Account, clock: Clock, base_url: str, exact: bool, **given: Any
) -> MetaWorld:
    """A world of an ad account that nobody used before; `given` is what it shares with the other partners.

    In an `exact` one nobody's identifiers are anybody else's, as the source of such a history has them.
    """
    _behave(rng, account)
    account.people = persons_apart() if exact else random_people(rng)
    refuses = not exact and rng.random() < 0.1
    never = rng.random() < 0.15
    taken_over = {} if never else _foreign_audiences(rng, account, clock)
    fixed = {
        "type": "meta",
        "ad_account": account.id,
        "access_token": {"env": "NEVER_READ"},
        "base_url": base_url,
        "rows_per_batch": rng.choice((1, 2, 3, 3, 50)),
        "replace_above": rng.choice((0.3, 0.5, 1.0, 100.0)),
        "patience_seconds": rng.choice((0.0, 5.0, 900.0, 900.0)),
        "calls_per_second": 1000.0,
        "timeout_seconds": 20.0,
    }
    choices = [keys for keys in KEYS if "EMAIL" in keys] if exact else KEYS
    choices = [rng.choice(choices)] if never else choices
    limited = rng.choice((None, None, {}, CALIFORNIA))
    replace = "never" if never else "auto"

    def change_settings() -> MetaSettings:
        return random_settings(rng, fixed, taken_over, choices, replace, limited)

    if refuses:
        account.refuses = lambda _key, each: each in REFUSED
    return MetaWorld(
        account=account,
        clock=clock,
        base_url=base_url,
        change_settings=change_settings,
        calls=Calls(account, int(str(fixed["rows_per_batch"]))),
        exact=exact,
        refused=REFUSED if refuses else frozenset(),
        **given,
    )


def random_settings(
    rng: Random,
    fixed: Mapping[str, Any],
    taken_over: Mapping[str, str],
    choices: Sequence[tuple[str, ...]],
    replace: str,
    limited: Mapping[str, int] | None,
) -> MetaSettings:
    """What a person may write into the settings of one destination."""
    listed = {VALUE_BASED, *taken_over, *(label for label in LABELS if rng.random() < 0.4)}
    if replace == "never":
        listed |= set(LABELS)
    unlisted = rng.choice(("create", "create", "create", "skip"))
    if unlisted == "skip" and rng.random() < 0.5:
        listed.discard(VALUE_BASED)
    audiences: dict[str, dict[str, Any]] = {}
    for label in listed:
        audiences[label] = {"value_based": label == VALUE_BASED, "replace": replace}
        if rng.random() < 0.3:
            audiences[label]["keys"] = rng.choice(choices)
        if label in taken_over:
            audiences[label]["id"] = taken_over[label]
        if limited is not None:
            audiences[label]["limited_data_use"] = limited
    chosen = {"keys": rng.choice(choices), "unlisted": unlisted, "audiences": audiences}
    return MetaSettings.model_validate({**fixed, **chosen})


def _behave(rng: Random, account: Account) -> None:
    account.record = True
    account.processing_seconds = rng.choice((0.0, 0.0, 30.0, 700.0, 7200.0))
    account.filling_seconds = rng.choice((0.0, 0.0, 30.0, 700.0))
    account.absent_calls = rng.choice((0, 0, 1, 3))
    account.quota = rng.choice((None, None, None, 60))


def random_people(rng: Random) -> list[frozenset[tuple[str, str]]]:
    """People with some identifiers each; one may belong to two, and some to nobody."""
    every = [(key, cell(key, number)) for key in sorted(STRONG) for number in range(POOLS[key])]
    size = rng.choice((1, 3, 6))
    count = rng.choice((0, 10, 25))
    return [frozenset(rng.sample(every, rng.randint(1, size))) for _ in range(count)]


def _foreign_audiences(rng: Random, account: Account, clock: Clock) -> dict[str, str]:
    """Audiences that somebody else filled, to be taken over by id."""
    taken_over = {}
    for label in LABELS:
        if rng.random() > 0.1:
            continue
        audience = Audience(
            id=random_id(),
            name=label,
            description="",
            customer_file_source="USER_PROVIDED_ONLY",
            is_value_based=label == VALUE_BASED,
            retention_days=0,
            behaviour=account,
            clock=clock,
            created=clock.now(),
            updated=clock.now(),
        )
        audience.change("add", [(Row(("EXTERN_ID",), ("somebody else's",)), NO_EXTRAS)])
        account.audiences[audience.id] = audience
        taken_over[label] = audience.id
    return taken_over
