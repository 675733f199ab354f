"""Who is in an audience at one partner and not at another, counted by reason against partners that really hold people."""

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from audience_assets.destinations.meta.settings import MetaAudienceSettings, MetaSettings
from audience_assets.observed import command
from audience_assets.observed.reconciliation import Reconciled
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.observed.playing import REFUSED, refuse
from audience_assets_tests.three_partners import World, person, worlds

DAY = date.fromisoformat(DAYS[0])


def rows() -> list[dict[str, Any]]:
    """Twelve customers of whom some are not everywhere: 0 withdrew from Meta, 1 has no phone or address, 2 is suppressed, Meta
    refuses 3; two of them are in an audience that is too small for TikTok, and four in one that Meta does not get."""
    made = [person(number) for number in range(12)]
    made[0] |= {"consent_meta": "no"}
    made[1] |= {"email": None, "phone": None}
    for row in made[4:6]:
        row["audiences"] = ["vip", "few"]
    for row in made[6:10]:
        row["audiences"] = ["vip", "only_tiktok"]
    return made


def choosy(world: World) -> World:
    """The same world, but Meta gets two of the audiences and TikTok takes no small one."""
    settings = world.pipeline.settings
    meta, tiktok = settings.destinations["meta"], settings.destinations["tiktok"]
    assert isinstance(meta, MetaSettings)
    listed = {name: MetaAudienceSettings() for name in ("vip", "few")}
    places = settings.destinations | {
        "meta": meta.model_copy(update={"unlisted": "skip", "audiences": listed}),
        "tiktok": tiktok.model_copy(update={"smallest_audience": 3}),
    }
    return replace(world, pipeline=Pipeline(settings.model_copy(update={"destinations": places})))


@pytest.fixture(scope="module")
def world(
    s3_server: S3Server, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    prefix = f"{s3_server.prefix}/{uuid.uuid4().hex}"
    folder = tmp_path_factory.mktemp("reconciled")
    with worlds(s3_server, administrator, prefix, folder) as make:
        (folder / "suppressed.csv").write_text("customer_id\nc2\n")
        world = choosy(make(suppression={"path": "suppressed.csv"}))
        refuse(world, REFUSED)
        world.run(DAYS[0], rows())
        yield world


@pytest.fixture(scope="module")
def reconciled(world: World) -> Reconciled:
    return world.pipeline.reconcile(DAY)


def missing(found: Reconciled, audience: str, at: str, not_at: str) -> dict[str, int]:
    of = (audience, at, not_at)
    return {
        each.reason: each.customers for each in found.missing if (each.audience, each.at, each.not_at) == of
    }


def test_the_present_are_those_whom_the_partners_hold(world: World, reconciled: Reconciled) -> None:
    assert reconciled.present["vip"] == {
        "vtex_ads": len(world.at_vtex_ads()),
        "tiktok": world.at_tiktok(),
        "meta": world.at_meta(),
    }
    assert reconciled.present["few"] == {"vtex_ads": 2, "tiktok": 0, "meta": world.at_meta("few")}
    assert reconciled.present["only_tiktok"] == {
        "vtex_ads": 4,
        "tiktok": world.at_tiktok("only_tiktok"),
        "meta": 0,
    }


@pytest.mark.parametrize(
    ("audience", "at", "not_at", "reasons"),
    [
        ("vip", "tiktok", "meta", {"no consent": 1, "refused by the partner": 1}),
        (
            "vip",
            "vtex_ads",
            "meta",
            {"no consent": 1, "refused by the partner": 1, "no usable identifier": 1},
        ),
        ("vip", "vtex_ads", "tiktok", {"no usable identifier": 1}),
        ("vip", "meta", "tiktok", {}),
        ("few", "meta", "tiktok", {"held back": 2}),
        ("only_tiktok", "tiktok", "meta", {"audience not configured there": 4}),
    ],
)
def test_each_pair_of_destinations_says_who_is_missing_and_why(
    reconciled: Reconciled, audience: str, at: str, not_at: str, reasons: dict[str, int]
) -> None:
    assert missing(reconciled, audience, at, not_at) == reasons


def test_whoever_is_suppressed_is_nowhere_and_so_missing_at_none(reconciled: Reconciled) -> None:
    assert not any(each.reason == "suppressed or erased" for each in reconciled.missing)


def test_a_destination_that_did_not_get_the_day_yet_lacks_everybody(world: World) -> None:
    at = date.fromisoformat(DAYS[1])
    world.land(DAYS[1], [*rows(), person(12)])
    world.prepare(DAYS[1])
    world.pipeline.plan("meta", at)
    world.pipeline.deliver("meta", at)
    assert missing(world.pipeline.reconcile(at), "vip", "meta", "tiktok") == {"not delivered yet": 9}


def test_the_command_shows_the_same_counts_as_a_table_and_as_json(
    world: World, reconciled: Reconciled
) -> None:
    table, text = Console(width=120, file=io.StringIO()), Console(file=io.StringIO())
    command.show_reconciliation(world.pipeline, DAY, table, as_json=False)
    command.show_reconciliation(world.pipeline, DAY, text, as_json=True)
    shown = table.file.getvalue()  # type: ignore[attr-defined]
    assert "refused by the partner" in shown
    assert "person" not in shown
    read = json.loads(text.file.getvalue())  # type: ignore[attr-defined]
    assert read["present"] == reconciled.present
