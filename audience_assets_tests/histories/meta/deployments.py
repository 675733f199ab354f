"""Makes a random deployment: how Meta behaves towards the account, whom it knows, what it held before, what the settings say."""

from random import Random
from typing import Any

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account, random_id
from audience_assets.sandbox.meta.rows import NO_EXTRAS, Row
from audience_assets_tests.histories.meta.calls import Calls
from audience_assets_tests.histories.meta.history import History, random_settings
from audience_assets_tests.histories.meta.log import Log
from audience_assets_tests.histories.meta.model import STRONG
from audience_assets_tests.histories.meta.source import LABELS, POOLS, VALUE_BASED, cell
from audience_assets_tests.histories.meta.world import World


def random_history(rng: Random, *, account: Account, **given: Any) -> History:
    """A history over an ad account that nobody used before; `given` are the other parts of its world."""
    _behave(rng, account)
    account.people = random_people(rng)
    taken_over = _foreign_audiences(rng, account, given["server"].platform.clock)
    fixed = {
        "type": "meta",
        "ad_account": account.id,
        "access_token": {"env": "NEVER_READ"},
        "base_url": given["server"].base_url,
        "rows_per_batch": rng.choice((1, 2, 3, 3, 50)),
        "replace_above": rng.choice((0.3, 0.5, 1.0, 100.0)),
        "patience_seconds": rng.choice((0.0, 5.0, 900.0, 900.0)),
        "calls_per_second": 1000.0,
        "timeout_seconds": 20.0,
    }

    def change_settings() -> Any:
        return random_settings(rng, fixed, taken_over)

    world = World(
        account=account,
        settings=change_settings(),
        log=Log(given["layout"], given["ledger"]),
        calls=Calls(account, fixed["rows_per_batch"]),
        **given,
    )
    return History(world, rng, change_settings)


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


def _foreign_audiences(rng: Random, account: Account, clock: Any) -> dict[str, str]:
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
