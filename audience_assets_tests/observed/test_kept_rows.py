"""Before files that were sent are removed, whose rows they had is kept: sealed, for as long as the state, and without an erased person."""

import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audience_assets.erasure import carrying_out
from audience_assets.erasure.requests import ErasureRequest
from audience_assets.errors import StateError
from audience_assets.observed import sent_rows
from audience_assets.observed.known import Erased
from audience_assets.retention import purging
from audience_assets.storage import keys, listing, sealed
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.observed.playing import REFUSED, history_of, purge, refuse
from audience_assets_tests.on_disk import on_disk
from audience_assets_tests.three_partners import EVERYBODY, World, person

KEY = "OBSERVED_TESTS_KEY"


def narrow(world: World) -> set[str]:
    """The narrow files that are there."""
    state = state_of(world)
    return {file.relative_to(state).as_posix() for file in state.glob("*/sent/*/delivery-*.parquet")}


def state_of(world: World) -> Path:
    return on_disk(world.pipeline.layout.root)


def two_days(world: World) -> None:
    """Of which a purge removes the files of the first."""
    world.run(DAYS[0], EVERYBODY)
    world.run(DAYS[1], [*EVERYBODY, person(12)])


def test_with_a_key_they_are_sealed_and_everything_is_read_as_without(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, keys.new_key())
    world: World = make(encryption_key={"env": KEY}, engine={"threads": 1, "buckets": 2})
    refuse(world, REFUSED)
    two_days(world)
    world.pipeline.quarantine(date.fromisoformat(DAYS[1]))
    before = history_of(world, "c3")
    purge(world)
    assert len(narrow(world)) == 3
    written = [state_of(world) / name for name in narrow(world)]
    written += (state_of(world) / "quarantine").rglob("*.parquet")
    assert len(written) == 5
    assert all(sealed.is_sealed(file.read_bytes()) for file in written)
    after = history_of(world, "c3")
    assert [row.columns for row in after.sent] == [None] * 3
    assert after.quarantine == before.quarantine
    assert [row.model_copy(update={"columns": None}) for row in before.sent] == after.sent


def test_what_a_killed_purge_kept_is_not_made_again_from_what_it_left(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world: World = make()
    two_days(world)
    before = history_of(world, "c0").sent
    with monkeypatch.context() as patch:
        patch.setattr(listing, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            purge(world)
    kept = {name: (state_of(world) / name).read_bytes() for name in narrow(world)}
    assert len(kept) == 3
    assert history_of(world, "c0").sent == before
    next((state_of(world) / "meta" / "delta" / DAYS[0]).glob("*.parquet")).unlink()
    purge(world)
    assert {name: (state_of(world) / name).read_bytes() for name in narrow(world)} == kept
    assert len(history_of(world, "c0").sent) == len(before)


def test_they_go_with_the_state_and_the_history_says_how_much_it_does_not_know(make: Any) -> None:
    world: World = make()
    two_days(world)
    purge(world)
    assert purge(world, days=200)[purging.STATE] >= 3
    assert narrow(world) == set()
    found = history_of(world, "c12")
    assert {str(row.day) for row in found.sent} == {DAYS[1]}
    assert found.not_kept == 3


def test_nothing_is_kept_of_days_whose_state_is_over_too(make: Any) -> None:
    world: World = make()
    two_days(world)
    assert purge(world, days=200)[purging.SENT] == 3
    assert narrow(world) == set()


def test_a_file_that_cannot_be_read_is_told_and_removed(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    world: World = make()
    two_days(world)
    [damaged] = (state_of(world) / "tiktok" / "delta" / DAYS[0]).glob("*.parquet")
    damaged.write_bytes(b"PAR1 and no more")
    with pytest.raises(StateError, match=r"/tiktok cannot be read .*restore it"):
        history_of(world, "c0")
    with caplog.at_level(logging.WARNING, sent_rows.__name__):
        assert purge(world)[purging.SENT] == 3
    assert len(narrow(world)) == 2
    assert "to tiktok cannot be read any more" in caplog.text
    assert history_of(world, "c0").not_kept == 1


def test_a_dry_run_keeps_nothing(make: Any) -> None:
    world: World = make()
    two_days(world)
    world.pipeline.purge(dry_run=True)
    assert narrow(world) == set()


def test_of_an_erased_customer_only_the_request_is_known(make: Any) -> None:
    world: World = make()
    refuse(world, REFUSED)
    two_days(world)
    world.pipeline.quarantine(date.fromisoformat(DAYS[1]))
    purge(world)
    assert len(history_of(world, "c3").sent) == 3
    carrying_out.register(world.pipeline, [ErasureRequest(request="T-1", customer_id="c3")])
    withheld = history_of(world, "c3")
    assert [each.done_at for each in withheld.erased] == [None]
    carrying_out.settle(world.pipeline, carrying_out.deliver(world.pipeline))
    found = history_of(world, "c3")
    [erased] = found.erased
    assert isinstance(erased, Erased)
    assert erased.request == "T-1"
    assert erased.done_at is not None
    assert (found.sent, found.quarantine, found.known.present) == ([], [], False)
    assert len(history_of(world, "c4").sent) == 3
