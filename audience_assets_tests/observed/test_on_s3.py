"""With the state on S3, quarantine and history say the same as on the disk."""

from pathlib import Path
from typing import Any

import pytest

from audience_assets.observed import history
from audience_assets.retention import purging
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.observed.quarantining import DAYS, Refusing, customer
from audience_assets_tests.retention import world as delivering
from audience_assets_tests.storage.on_s3 import credentials, state_on_s3

A, B = customer("a", email="nobody"), customer("b", phone="1")


@pytest.fixture(autouse=True)
def _administrator(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(monkeypatch, s3_server.administrator)


def test_a_quarantine_goes_on_from_the_day_before(tmp_path: Path, s3_server: S3Server) -> None:
    near = Refusing(tmp_path / "near")
    far = Refusing(tmp_path / "far").bent(
        **state_on_s3(s3_server, tmp_path), engine={"threads": 1, "buckets": 2}
    )
    for each in (near, far):
        each.day(DAYS[0], [A, B])
    found = [each.seen(each.day(DAYS[1], [A, customer("b")])) for each in (near, far)]
    assert found[0] == found[1] == {("a", "", "email", "no @"): (DAYS[0], DAYS[1])}
    assert far.seen(far.run.quarantine(DAYS[1])) == found[1]


def test_a_history_outlives_the_files_that_were_sent(tmp_path: Path, s3_server: S3Server) -> None:
    periods = {"normalized_days": 2, "delta_days": 3, "state_days": 0}
    far = delivering.World(tmp_path, {"retention": periods, **state_on_s3(s3_server, tmp_path)})
    for day in delivering.DAYS[:2]:
        far.build(day)
        far.deliver(day)
    before = of(far, "c0")
    assert [(str(row["day"]), row["blank"]) for row in before] == [
        (str(delivering.DAYS[0]), False),
        (str(delivering.DAYS[1]), True),
    ]
    assert far.purge(3650).files[purging.SENT] == 1
    assert of(far, "c0") == [before[0] | {"columns": None}, before[1]]


def of(world: delivering.World, customer_id: str) -> list[dict[str, Any]]:
    with world.run.ledger() as ledger:
        found = history.of(world.settings, ledger, customer_id, [delivering.DESTINATION])
    return [row.model_dump() for row in found.sent]
