"""Meta's delta and delivery as assets: three days, what the UI shows of them, and what a person can ask for or must mend."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import dagster as dg
import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.assets.deployment import (
    DAYS,
    Bucket,
    Deployment,
    Row,
    checks,
    failure,
    materialized,
    one_sentence,
    settings_of,
)
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of

DELTA, DELIVERY = "meta/delta", "meta/delivery"
CHANGES = {"users_add", "users_remove", "users_replace"}


def digest(name: str) -> str:
    return sha256(f"{name}@example.com".encode()).hexdigest()


def customer(name: str, *audiences: str) -> Row:
    return {"customer_id": name, "email": f"{name}@example.com", "audiences": list(audiences)}


EXTRACTS = (
    [customer(name, "vip", "all") for name in "abc"],
    [customer("a", "all"), *[customer(name, "vip", "all") for name in "bcd"]],
    [customer(name, "vip", "all") for name in "bcde"],
)


@dataclass
class Meta:
    """A deployment with one ad account, and the results of its three days."""

    deployment: Deployment
    server: MetaServer
    results: list[dg.ExecuteInProcessResult]

    def audience(self, label: str) -> Audience:
        [found] = [each for each in self.server.account.audiences.values() if each.name == label]
        return found

    def held(self, label: str) -> set[object]:
        return {value for _, value in self.audience(label).identifiers()}

    def changes(self) -> list[str]:
        """The calls so far that changed members."""
        return [call.operation for call in self.server.account.calls if call.operation in CHANGES]

    def shown(self, asset: str, day: str) -> dict[str, str]:
        """The metadata of a materialization as text."""
        return {name: str(value.value) for name, value in self.deployment.metadata(asset, day).items()}


def started(
    bucket: Bucket,
    tmp_path_factory: pytest.TempPathFactory,
    instance: dg.DagsterInstance,
    server: MetaServer,
) -> Deployment:
    settings = settings_of(
        tmp_path_factory.mktemp("deployed"), {"meta": meta_destination(server, server.account)}
    )
    return Deployment(settings, bucket, "unused", instance)


@pytest.fixture(scope="module")
def meta(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meta]:
    """Three days, on the second of which Meta does not take d."""
    with (
        MetaServer(tmp_path_factory.mktemp("meta")) as server,
        secrets_of(server.account),
        dg.DagsterInstance.ephemeral() as instance,
    ):
        made = Meta(started(bucket, tmp_path_factory, instance, server), server, [])
        server.account.refuses = lambda _key, cell: cell == digest("d")
        for day, rows in zip(DAYS, EXTRACTS, strict=True):
            made.deployment.land(day, rows)
            made.results.append(made.deployment.run(day))
        yield made


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_day_is_materialized_and_passes_its_checks(meta: Meta, number: int) -> None:
    result = meta.results[number]
    assert result.success
    in_order = [asset for asset in materialized(result) if asset in {DELTA, DELIVERY}]
    assert in_order == [DELTA, DELIVERY]
    passed = checks(result)
    assert passed["each_customer_once"]
    assert passed["partner_holds_the_day"]


def test_the_audiences_hold_the_last_day_but_for_the_refused(meta: Meta) -> None:
    assert meta.held("vip") == meta.held("all") == {digest(name) for name in "bce"}


def test_the_delta_shows_a_line_for_each_audience(meta: Meta) -> None:
    shown = meta.shown(DELTA, DAYS[1])
    assert "| vip | 3 | 3 | 1 | 0 | 1 | 2 | 2 | 3 | update | - | - |" in shown["audiences"]
    assert "| all | 3 | 4 | 1 | 0 | 0 | 1 | 1 | 2 | update | - | - |" in shown["audiences"]
    assert (shown["joined"], shown["left"], shown["dagster/row_count"]) == ("2", "1", "3")


def test_the_delivery_shows_what_was_acknowledged_and_what_was_refused(meta: Meta) -> None:
    shown = meta.shown(DELIVERY, DAYS[1])
    assert shown["result"] == "meta acknowledged 3 rows (2 joined, 0 changed, 1 left), but refused 2 of them."
    assert shown["rows refused"] == "2"
    assert shown["objects"].count("| vip |") == 2
    assert digest("d") not in str(shown)
    assert meta.shown(DELIVERY, DAYS[0])["rows refused"] == "0"


def test_a_delivered_day_again_sends_nothing_and_says_so(meta: Meta) -> None:
    before = meta.changes()
    result = meta.deployment.run(DAYS[2], DELTA, DELIVERY)
    assert result.success
    assert meta.changes() == before
    assert "Nothing was sent: meta holds this day already" in meta.shown(DELIVERY, DAYS[2])["result"]


def test_a_person_can_ask_for_everything_anew(meta: Meta) -> None:
    before = len(meta.changes())
    asked = {"ops": {"meta__delta": {"config": {"replace": ["*"]}}}}
    result = meta.deployment.run(DAYS[2], DELTA, DELIVERY, config=asked)
    assert result.success
    assert meta.changes()[before:].count("users_replace") == 4
    line = "| vip | 4 | 4 | 0 | 0 | 0 | 4 | 2 | 3 | replace | it was asked for | - |"
    assert line in meta.shown(DELTA, DAYS[2])["audiences"]
    assert meta.held("vip") == {digest(name) for name in "bce"}


def test_an_unknown_audience_that_is_asked_for_is_refused_in_one_sentence(meta: Meta) -> None:
    asked = {"ops": {"meta__delta": {"config": {"replace": ["nobody"]}}}}
    asset, said = failure(meta.deployment.run(DAYS[2], DELTA, config=asked))
    assert asset == DELTA
    assert one_sentence(said, "nobody", "all, vip")


def test_one_audience_that_fails_is_named_and_the_others_are_delivered(
    bucket: Bucket, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        MetaServer(tmp_path_factory.mktemp("failing")) as server,
        secrets_of(server.account),
        dg.DagsterInstance.ephemeral() as instance,
    ):
        meta = Meta(started(bucket, tmp_path_factory, instance, server), server, [])
        meta.deployment.land(DAYS[0], EXTRACTS[0])
        assert meta.deployment.run(DAYS[0]).success
        meta.audience("vip").forced_status = 470
        meta.deployment.land(DAYS[1], EXTRACTS[1])
        asset, said = failure(meta.deployment.run(DAYS[1]))
        assert asset == DELIVERY
        assert one_sentence(said, "meta/delivery 2026-01-06: 1 of meta's audiences", "vip: ", "470")
        assert (meta.held("all"), meta.held("vip")) == (set(map(digest, "abcd")), set(map(digest, "abc")))
        meta.audience("vip").forced_status = None
        again = meta.deployment.run(DAYS[1], DELTA, DELIVERY)
        assert (again.success, checks(again)["partner_holds_the_day"]) == (True, True)
        assert meta.held("vip") == set(map(digest, "bcd"))
