"""TikTok's delta and delivery as assets: three days, an audience that is too small, and one that TikTok still works on."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import dagster as dg
import pytest

from audience_assets.definitions import build_defs
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets.deployment import (
    DAYS,
    Bucket,
    Deployment,
    Row,
    checks,
    materialized,
    settings_of,
)
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of

DELTA, DELIVERY = "tiktok/delta", "tiktok/delivery"
CHANGES = {"create", "update_append", "update_remove", "update_replace", "delete"}
SMALLEST, DAY_SECONDS = 2, 86_400.0


def digest(name: str) -> str:
    return sha256(f"{name}@example.com".encode()).hexdigest()


def customer(name: str, *audiences: str) -> Row:
    return {"customer_id": name, "email": f"{name}@example.com", "audiences": list(audiences)}


EXTRACTS = (
    [customer("a", "vip", "all", "few"), *[customer(name, "vip", "all") for name in "bc"]],
    [customer("a", "all", "few"), *[customer(name, "vip", "all") for name in "bcd"]],
    [customer(name, "vip", "all", "few") for name in "bcde"],
)


@dataclass
class TikTok:
    """A deployment with one advertiser, and the results of its days."""

    deployment: Deployment
    server: TikTokServer
    results: list[dg.ExecuteInProcessResult]

    def live(self, number: int) -> dg.ExecuteInProcessResult:
        """Run a day from its extract."""
        self.deployment.land(DAYS[number], EXTRACTS[number])
        self.results.append(self.deployment.run(DAYS[number]))
        return self.results[-1]

    def held(self) -> dict[str, set[str]]:
        """The e-mail digests of each audience, by name."""
        return {
            each.name: {value for _, value in each.identifiers()}
            for each in self.server.advertiser.audiences.values()
        }

    def changes(self) -> list[str]:
        """The calls so far that changed audiences."""
        return [call.operation for call in self.server.advertiser.calls if call.operation in CHANGES]

    def shown(self, asset: str, day: str) -> dict[str, str]:
        """The metadata of a materialization as text."""
        return {name: str(value.value) for name, value in self.deployment.metadata(asset, day).items()}

    def asked_for(self) -> list[tuple[str | None, list[str]]]:
        """Day and assets of each run that the sensor of accepted deliveries asks for."""
        sensor = build_defs(self.deployment.settings).resolve_sensor_def("accepted_deliveries")
        with dg.build_sensor_context(instance=self.deployment.instance) as context:
            result: Any = sensor(context)
        if isinstance(result, dg.SkipReason):
            assert result.skip_message == "no delivery is under way"
            return []
        return [
            (request.partition_key, [key.to_user_string() for key in request.asset_selection or ()])
            for request in result.run_requests
        ]


def warnings_of(result: dg.ExecuteInProcessResult) -> list[tuple[str, str]]:
    """Name and description of each failed check; all of them are warnings."""
    failed = [each for each in result.get_asset_check_evaluations() if not each.passed]
    assert {each.severity for each in failed} <= {dg.AssetCheckSeverity.WARN}
    return [(each.check_name, each.description or "") for each in failed]


@pytest.fixture(scope="module")
def started(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTok]:
    """Nothing delivered yet; TikTok takes audiences of two."""
    with (
        TikTokServer(tmp_path_factory.mktemp("tiktok")) as server,
        token_of(server.advertiser),
        dg.DagsterInstance.ephemeral() as instance,
    ):
        server.advertiser.smallest_audience = SMALLEST
        places = {"tiktok": tiktok_destination(server, server.advertiser)}
        settings = settings_of(tmp_path_factory.mktemp("deployed"), places)
        yield TikTok(Deployment(settings, bucket, "unused", instance), server, [])


@pytest.fixture(scope="module")
def two_days(started: TikTok) -> TikTok:
    """Two days that TikTok took at once, but for an audience that was too small."""
    started.live(0)
    started.live(1)
    return started


@pytest.fixture(scope="module")
def waiting(two_days: TikTok) -> TikTok:
    """A third day, of which TikTok takes a day to process each change."""
    two_days.server.advertiser.processing_seconds = DAY_SECONDS
    two_days.live(2)
    return two_days


@pytest.mark.parametrize("number", [0, 1])
def test_each_day_is_materialized_and_what_is_held_is_a_warning(two_days: TikTok, number: int) -> None:
    result = two_days.results[number]
    assert result.success
    assert [asset for asset in materialized(result) if asset in {DELTA, DELIVERY}] == [DELTA, DELIVERY]
    assert checks(result)["partner_holds_the_day"]
    held = (
        "few: 1 members, and tiktok takes 2 or more (destinations.tiktok.smallest_audience): nothing is sent, and what it "
        "holds stays."
    )
    assert warnings_of(result) == [("nothing_held_back", f"{DAYS[number]}, {held}")]


def test_the_delta_shows_a_line_for_each_audience(two_days: TikTok) -> None:
    shown = two_days.shown(DELTA, DAYS[1])
    assert "| vip | 3 | 3 | 1 | 0 | 1 | 2 | 2 | 7 | update | - | - |" in shown["audiences"]
    assert "| all | 3 | 4 | 1 | 0 | 0 | 1 | 1 | 4 | update | - | - |" in shown["audiences"]
    assert "| few | 0 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | update | - | 1 members" in shown["audiences"]


def test_the_delivery_shows_what_was_acknowledged_and_what_was_held(two_days: TikTok) -> None:
    said = two_days.shown(DELIVERY, DAYS[1])["result"]
    assert said.startswith("few: 1 members, and tiktok takes 2 or more")
    assert said.endswith("tiktok acknowledged 3 rows (2 joined, 0 changed, 1 left).")


def test_a_day_that_tiktok_still_processes_is_no_failure(waiting: TikTok) -> None:
    result = waiting.results[2]
    assert result.success
    assert checks(result)["partner_holds_the_day"]
    [(name, said)] = warnings_of(result)
    assert name == "nothing_held_back"
    assert said == " ".join(
        f"{DAYS[2]}, {label}: accepted, not yet ready." for label in ("all", "few", "vip")
    )
    assert "vip: accepted, not yet ready." in waiting.shown(DELIVERY, DAYS[2])["result"]


def test_the_sensor_asks_for_the_delivery_until_it_is_done(waiting: TikTok) -> None:
    expected = {label: {digest(name) for name in "bcde"} for label in ("vip", "all", "few")}
    rounds = 0
    while asked := waiting.asked_for():
        assert asked == [(DAYS[2], [DELIVERY])]
        rounds += 1
        assert rounds <= 3
        waiting.server.platform.clock.advance(DAY_SECONDS)
        last = waiting.deployment.run(DAYS[2], DELIVERY)
        assert last.success
    assert rounds == 2  # what joined, then what left
    assert warnings_of(last) == []
    assert waiting.held() == expected
    assert waiting.changes().count("create") == 3
