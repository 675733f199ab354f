"""Each fault of an extract gives one failure that names it, and no partner hears of it; what is right goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.assets import deployment
from audience_assets_tests.assets.deployment import (
    DAYS,
    DELIVERY,
    DELTA,
    HASHED,
    NORMALIZED,
    RAW,
    Bucket,
    Deployment,
    checks,
    failure,
    materialized,
    one_sentence,
    settings_of,
)
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.customers.extracts import csv_of

FIRST, SECOND, THIRD = DAYS
CUSTOMERS = 400
HALF = CUSTOMERS // 2

Rows = list[dict[str, str]]


def people(count: int = CUSTOMERS) -> Rows:
    """Customers with an address each, all in two audiences."""
    return [
        {"customer_id": f"c{number}", "email": f"p{number}@example.com", "audiences": "all;vip"}
        for number in range(count)
    ]


def with_field(rows: Rows, count: int, **fields: str) -> Rows:
    """The same people, the first of them with other values."""
    return [row | fields if number < count else row for number, row in enumerate(rows)]


@dataclass
class Partners:
    """A deployment that delivers to a bucket and to an ad account, and what both have heard."""

    deployment: Deployment
    account: Account

    def land(self, day: str, extract: str | Rows) -> None:
        text = extract if isinstance(extract, str) else csv_of(extract)
        file = Path(str(self.deployment.settings.source.path).replace("{day}", day))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def live(
        self, day: str, extract: str | Rows, *assets: str, allow: dict[str, list[str]] | None = None
    ) -> dg.ExecuteInProcessResult:
        """A day from its extract, all of it or these assets."""
        self.land(day, extract)
        ops = {name.replace("/", "__"): {"config": {"allow": given}} for name, given in (allow or {}).items()}
        return self.deployment.run(day, *assets, config={"ops": ops})

    def held(self, label: str) -> int:
        """How many people an audience holds."""
        [found] = [each for each in self.account.audiences.values() if each.name == label]
        return len({value for _, value in found.identifiers()})

    def heard(self) -> tuple[list[str], int]:
        """The bucket's objects, and how often people were added to audiences or removed."""
        changes = [call for call in self.account.calls if call.operation.startswith("users_")]
        return self.deployment.keys(), len(changes)


@contextmanager
def started(
    s3: S3Server, bucket: Bucket, server: MetaServer, folder: Path, **given: Any
) -> Iterator[Partners]:
    """A deployment with an ad account of its own, whose first day was delivered."""
    prefix = f"{s3.prefix}/{folder.name}"
    account = server.platform.add_account()
    account.record = True
    places = {
        "vtex_ads": deployment.destination(s3, prefix),
        "meta": meta_destination(server, account, rows_per_batch=1000),
    }
    settings = settings_of(folder, places, source={"path": "extract/{day}/customers.csv"}, **given)
    with secrets_of(account), dg.DagsterInstance.ephemeral() as instance:
        partners = Partners(Deployment(settings, bucket, prefix, instance), account)
        assert all(checks(partners.live(FIRST, people())).values())
        yield partners


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as running:
        yield running


@pytest.fixture(scope="module")
def partners(
    s3_server: S3Server, bucket: Bucket, server: MetaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Partners]:
    """Its first day was delivered; every fault comes on its second one, and leaves everything as it was."""
    with started(s3_server, bucket, server, tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture
def fresh(s3_server: S3Server, bucket: Bucket, server: MetaServer, tmp_path: Path) -> Iterator[Partners]:
    """Its first day was delivered; a test may go on."""
    with started(s3_server, bucket, server, tmp_path) as running:
        yield running


def failed_checks(result: dg.ExecuteInProcessResult) -> list[str]:
    return [each.check_name for each in result.get_asset_check_evaluations() if not each.passed]


def description(result: dg.ExecuteInProcessResult, name: str) -> str:
    """What the checks of this name say."""
    said = [each for each in result.get_asset_check_evaluations() if each.check_name == name]
    return " ".join(each.description for each in said if each.description)


def share(percent: int) -> Rows:
    return people(CUSTOMERS * percent // 100)


STOPPED: dict[str, tuple[str | Rows, str, str, str]] = {
    "1 %": (share(1), RAW, "extract_size", "4 customers, 1.0% of 400"),
    "49 %": (share(49), RAW, "extract_size", "196 customers, 49.0% of 400"),
    "51 %": (share(51), RAW, "extract_size", "204 customers, 51.0% of 400"),
    "cut off after a line": (
        "".join(csv_of(people()).splitlines(keepends=True)[:151]),
        RAW,
        "extract_size",
        "150 customers",
    ),
    "a column renamed": (
        csv_of(people()).replace("email", "e_mail", 1),
        RAW,
        "extract_columns",
        "nothing for email, which the day before had, and does not use e_mail",
    ),
    "no e-mail": (
        with_field(people(), CUSTOMERS, email=""),
        NORMALIZED,
        "usable_values",
        "email (0.0%, before",
    ),
    "half of the e-mails N/A": (
        with_field(people(), HALF, email="N/A"),
        NORMALIZED,
        "usable_values",
        "among 200 new and changed of 400 customers: email (0.0%, before 100.0%)",
    ),
    "no audiences": (
        with_field(people(), CUSTOMERS, audiences=""),
        NORMALIZED,
        "usable_values",
        "audiences (0.0%, before",
    ),
}


@pytest.mark.parametrize("fault", STOPPED)
def test_a_fault_fails_the_one_check_that_names_it_and_nothing_is_sent(
    partners: Partners, fault: str
) -> None:
    extract, asset, name, words = STOPPED[fault]
    heard = partners.heard()
    result = partners.live(SECOND, extract)
    assert not result.success
    assert failed_checks(result) == [name]
    assert one_sentence(
        description(result, name), SECOND, words, f'{asset} with the run config allow: ["{name}"]'
    )
    assert materialized(result)[-1] == asset
    assert words in partners.deployment.metadata(asset, SECOND)["stopped by a guard"].value
    assert partners.heard() == heard


FAILING = {
    "0 %": (csv_of(people()).splitlines()[0], "no usable customer (0 rows read)"),
    "cut off within a line": (csv_of(people())[:-12], "a row has more or fewer fields than the header"),
    "a column in another case": (
        csv_of(people()).replace("email", "Email", 1),
        "'Email' differs from 'email'",
    ),
}


@pytest.mark.parametrize("fault", FAILING)
def test_a_fault_that_leaves_nothing_to_check_is_one_failure(partners: Partners, fault: str) -> None:
    extract, words = FAILING[fault]
    heard = partners.heard()
    result = partners.live(SECOND, extract)
    asset, sentence = failure(result)
    assert (asset, failed_checks(result), materialized(result)) == (RAW, [], [])
    assert one_sentence(sentence, SECOND, words)
    assert partners.heard() == heard


@pytest.mark.parametrize("asset", [NORMALIZED, HASHED])
def test_what_is_stopped_goes_nowhere_when_the_next_asset_is_materialized_alone(
    partners: Partners, asset: str
) -> None:
    before = {NORMALIZED: share(49), HASHED: with_field(people(), CUSTOMERS, email="")}
    partners.live(SECOND, before[asset])
    failed, sentence = failure(partners.deployment.run(SECOND, asset))
    assert failed == asset
    assert one_sentence(sentence, f"of {SECOND} w", " stopped: ", "run config allow")


def test_71_percent_are_delivered(fresh: Partners) -> None:
    result = fresh.live(SECOND, share(71))
    assert result.success
    assert failed_checks(result) == []
    assert (fresh.held("all"), fresh.held("vip")) == (284, 284)


def test_the_good_day_after_a_stopped_one_delivers_what_changed_since_the_last_good_one(
    fresh: Partners,
) -> None:
    assert failed_checks(fresh.live(SECOND, share(49))) == ["extract_size"]
    result = fresh.live(THIRD, people(CUSTOMERS + 1))
    assert result.success
    assert failed_checks(result) == []
    shown = fresh.deployment.metadata(DELIVERY, THIRD)
    assert (shown["joined"].value, shown["changed"].value, shown["left"].value) == (1, 0, 0)
    assert fresh.held("vip") == CUSTOMERS + 1


def test_each_guard_is_let_through_by_its_own_run_config(fresh: Partners) -> None:
    heard = fresh.heard()
    leave = {RAW: ["extract_size"]}
    result = fresh.live(SECOND, share(49), allow=leave)
    assert failed_checks(result) == ["removals_within_bounds"] * 2
    assert not result.success
    assert description(result, "extract_size").startswith(
        f"{SECOND}: it was let through: the extract has 196"
    )
    assert fresh.heard() == heard
    leave |= {DELTA: ["removals"], "meta/delta": ["removals:all", "removals:vip"]}
    result = fresh.live(SECOND, share(49), allow=leave)
    assert result.success
    assert failed_checks(result) == []
    assert (len(fresh.deployment.keys(SECOND)), fresh.held("all"), fresh.held("vip")) == (1, 196, 196)
    assert "204 of 400" in fresh.deployment.metadata("meta/delta", SECOND)["let through"].value


def test_the_settings_can_let_everything_through(
    s3_server: S3Server, bucket: Bucket, server: MetaServer, tmp_path: Path
) -> None:
    off = {"smallest_extract": 0.0, "removals": 1.0, "lost_values": 1.0, "columns": "ignore"}
    with started(s3_server, bucket, server, tmp_path, guards=off) as running:
        result = running.live(SECOND, csv_of(share(49)).replace("email", "e_mail", 1))
        assert result.success
        assert failed_checks(result) == []


def test_a_stopped_audience_holds_up_no_other(fresh: Partners) -> None:
    fewer = with_field(people(), 160, audiences="all")
    result = fresh.live(SECOND, fewer)
    assert failed_checks(result) == ["removals_within_bounds"]
    words = f"{SECOND}, vip: 160 of 400 customers (40.0%) would be taken out"
    assert description(result, "removals_within_bounds").startswith(words)
    asset, sentence = failure(result)
    assert asset == "meta/delivery"
    assert one_sentence(
        sentence, "1 of meta's audiences could not be delivered, the others were: vip: a guard"
    )
    assert (fresh.held("vip"), len(fresh.deployment.keys(SECOND))) == (400, 1)
    asset, sentence = failure(fresh.deployment.run(SECOND, "meta/delivery"))
    assert asset == "meta/delivery"
    leave = {"meta/delta": ["removals:vip"]}
    assert fresh.live(SECOND, fewer, "meta/delta", "meta/delivery", allow=leave).success
    assert (fresh.held("vip"), fresh.held("all")) == (240, 400)


def test_audiences_that_are_gone_are_not_emptied_though_the_values_were_let_through(fresh: Partners) -> None:
    result = fresh.live(
        SECOND, with_field(people(), CUSTOMERS, audiences=""), allow={NORMALIZED: ["usable_values"]}
    )
    assert failed_checks(result) == ["removals_within_bounds"]
    assert failure(result)[0] == "meta/delivery"
    assert (fresh.held("all"), fresh.held("vip")) == (400, 400)


def test_in_a_run_of_several_days_the_next_day_is_planned_on_what_the_days_before_bring(
    fresh: Partners,
) -> None:
    for day, extract in (
        (FIRST, people(CUSTOMERS + 1)),
        (SECOND, with_field(people(CUSTOMERS + 1), 160, audiences="all")),
        (THIRD, people(CUSTOMERS + 2)),
    ):
        fresh.land(day, extract)
    result = fresh.deployment.run_range(FIRST, THIRD)
    assert failed_checks(result) == ["removals_within_bounds"]
    asset, sentence = failure(result)
    assert (asset, SECOND in sentence, fresh.held("vip")) == ("meta/delivery", True, CUSTOMERS + 1)
    assert fresh.deployment.run(THIRD, "meta/delivery").success
    assert (fresh.held("all"), fresh.held("vip")) == (CUSTOMERS + 2, CUSTOMERS + 2)
