"""Whom Meta does not take is found, written down by name in a file of ours, and counted; everybody else is delivered."""

import json
from collections.abc import Callable
from typing import Literal

import pytest

from audience_assets.errors import DestinationRefusedError
from audience_assets.sandbox.meta import uploads
from audience_assets.sandbox.meta.answers import bad_parameter
from audience_assets.sandbox.meta.payload import Payload, Refuses, Upload, check_rows
from audience_assets_tests.destinations.meta.delivering import (
    DAYS,
    NAME,
    Ads,
    digest,
    emails_of,
    member,
    members,
    outcome,
)
from audience_assets_tests.on_disk import on_disk

FIRST, SECOND, THIRD, *_ = DAYS
BATCH = 10_000
Shape = Literal["cells", "rows", "map", "none"]


def refused_in_ledger(ads: Ads) -> list[int]:
    return [batch.refused for batch in ads.batches()]


def large(ads: Ads, shape: Shape) -> None:
    """An account that shows refusals in this shape, and full batches."""
    ads.configure(rows_per_batch=BATCH, keys=("EMAIL",))
    ads.account.samples, ads.account.record = shape, False


@pytest.mark.parametrize(("shape", "rows"), [("cells", BATCH), ("rows", 4000), ("map", 4000)])
def test_half_of_a_large_batch_is_refused_by_name_within_few_calls(ads: Ads, shape: Shape, rows: int) -> None:
    large(ads, shape)
    people = members(rows)
    bad = list(people)[::2]
    ads.refuse(*bad)
    report = ads.run(FIRST, people)
    assert ads.refused(FIRST) == {(name, "vip", "add") for name in bad}
    assert refused_in_ledger(ads) == [len(bad)]
    assert [batch.refused for batch in report.sent] == [len(bad)]
    assert len(ads.audience().identifiers()) == rows - len(bad)
    assert len(ads.calls()) <= 2 + len(bad) // 100  # Meta shows at most 100 an answer


def test_without_any_sample_the_refused_are_found_by_halves(ads: Ads) -> None:
    large(ads, "none")
    people = members(BATCH)
    bad = list(people)[5::1000]
    ads.refuse(*bad)
    ads.run(FIRST, people)
    assert ads.refused(FIRST) == {(name, "vip", "add") for name in bad}
    assert refused_in_ledger(ads) == [10]
    assert len(ads.audience().identifiers()) == BATCH - 10
    assert len(ads.calls()) <= 2 * 10 * 14 + 3


def test_a_cell_that_many_share_names_all_of_them_within_few_calls(ads: Ads) -> None:
    """Such as a country that Meta finds badly formed."""
    ads.configure(rows_per_batch=BATCH, keys=("EMAIL", "COUNTRY"))
    ads.account.record = False
    ads.account.refuses = lambda key, _cell: key == "COUNTRY"
    people = members(400, COUNTRY="br") | members(400, start=400)
    ads.run(FIRST, people)
    assert ads.refused(FIRST) == {(name, "vip", "add") for name in list(people)[:400]}
    assert len(ads.calls()) <= 20


@pytest.mark.parametrize("shape", ["cells", "rows", "map", "none"])
def test_who_shares_a_cell_with_a_refused_row_is_not_refused(ads: Ads, shape: Shape) -> None:
    ads.configure(rows_per_batch=BATCH)
    ads.account.samples = shape
    people = {name: member(name, PHONE="5511") for name in members(20)}
    people["twin"] = people["c00003"]
    ads.refuse("c00003")
    ads.run(FIRST, people)
    assert ads.refused(FIRST) == {("c00003", "vip", "add"), ("twin", "vip", "add")}
    assert refused_in_ledger(ads) == [2]


def test_a_sample_that_also_stands_in_a_row_that_was_taken_names_only_the_refused(ads: Ads) -> None:
    ads.configure(rows_per_batch=BATCH)
    bad = digest("c00003@example.com")
    ads.account.refuses = lambda key, cell: (key, cell) == ("EMAIL", bad)
    ads.run(FIRST, members(20) | {"other": member("other", PHONE="c00003@example.com")})
    assert ads.refused(FIRST) == {("c00003", "vip", "add")}


@pytest.mark.parametrize("shape", ["cells", "rows", "map", "none"])
def test_whom_a_replacement_did_not_take_is_found_when_it_is_over(ads: Ads, shape: Shape) -> None:
    ads.configure(rows_per_batch=200)
    ads.account.samples = shape
    ads.account.processing_seconds = 100
    ads.run(FIRST, members(1))
    people = members(400)
    bad = list(people)[1:200:20]
    ads.refuse(*bad)
    before = len(ads.calls())
    ads.publish(SECOND, people)
    ads.plan(SECOND, replace=["vip"])
    report = ads.deliver(SECOND)
    assert ads.refused(SECOND) == {(name, "vip", "replace") for name in bad}
    assert refused_in_ledger(ads) == [10, 0]
    assert sorted(batch.refused for batch in outcome(report).sent) == [0, 10]
    assert ads.emails() == emails_of(*(people.keys() - set(bad)))
    assert len(ads.calls()[before:]) <= (5 if shape != "none" else 2 * 10 * 8 + 5)


def test_a_removal_that_meta_does_not_take_is_written_down_too(ads: Ads) -> None:
    ads.run(FIRST, members(3))
    ads.refuse("c00000")
    ads.run(SECOND, members(2, start=1))
    assert ads.refused(SECOND) == {("c00000", "vip", "remove")}


def test_a_second_run_after_a_lost_answer_finds_the_same_people(ads: Ads) -> None:
    ads.configure(patience_seconds=0, rows_per_batch=10)
    ads.refuse("c00004")
    ads.publish(FIRST, members(10))
    ads.plan(FIRST)
    ads.fault("users_add", "drop_after", after=1)  # while the refused are looked for
    with pytest.raises(Exception, match="run again"):
        ads.deliver(FIRST)
    ads.deliver(FIRST)
    assert ads.refused(FIRST) == {("c00004", "vip", "add")}
    assert refused_in_ledger(ads) == [1]
    assert len(ads.emails()) == 9


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let Meta refuse each request as such in which one of these customers stands."""

    def refuse_whole(*names: str) -> None:
        bad = {digest(f"{name}@example.com") for name in names}

        def check(payload: Payload, refuses: Refuses | None = None) -> Upload:
            if any(cell in bad for row in payload.data for cell in row if isinstance(cell, str)):
                raise bad_parameter("a row is not as it should be")
            return check_rows(payload, refuses)

        monkeypatch.setattr(uploads, "check_rows", check)

    return refuse_whole


def test_a_batch_that_is_refused_for_one_row_is_delivered_without_it(
    ads: Ads, whole: Callable[..., None]
) -> None:
    ads.configure(rows_per_batch=100)
    whole("c00017")
    people = members(250)
    ads.run(FIRST, people)
    assert ads.refused(FIRST) == {("c00017", "vip", "add")}
    assert refused_in_ledger(ads) == [1, 0, 0]
    assert ads.emails() == emails_of(*(people.keys() - {"c00017"}))
    assert len(ads.calls()) <= 1 + 8 + 2 * 8 + 4
    assert [call.rows for call in ads.calls()[-2:]] == [100, 50]


@pytest.mark.parametrize(
    "names", [("c00017", "c00120", "c00121"), ("c00249",), ("c00000", "c00100", "c00200")]
)
def test_whichever_batches_are_refused_as_such_the_others_follow(
    ads: Ads, whole: Callable[..., None], names: tuple[str, ...]
) -> None:
    ads.configure(rows_per_batch=100)
    whole(*names)
    people = members(250)
    ads.run(FIRST, people)
    assert ads.refused(FIRST) == {(name, "vip", "add") for name in names}
    assert ads.emails() == emails_of(*(people.keys() - set(names)))


def test_a_refusal_of_whatever_is_sent_stops_that_audience_after_few_calls(ads: Ads) -> None:
    ads.configure(rows_per_batch=100)
    ads.publish(FIRST, members(150, "all") | members(150, "vip", start=150))
    ads.plan(FIRST)
    ads.fault("users_add", "code", code=100, times=9)
    with pytest.raises(
        DestinationRefusedError, match=r"1 of meta's audiences .* all: Meta refused to add batch 1"
    ):
        ads.deliver(FIRST)
    assert len(ads.calls()) == 9 + 2
    assert len(ads.emails("vip")) == 150
    ads.deliver(FIRST)
    assert len(ads.emails("all")) == 150


@pytest.mark.parametrize(
    "refusal",
    [
        {"code": 190, "subcode": 463},
        {"code": 200, "subcode": 1870090},
        {"code": 2635},
        {"code": 368},
    ],
    ids=str,
)
def test_a_refusal_of_the_account_stops_at_once(ads: Ads, refusal: dict[str, int]) -> None:
    ads.run(FIRST, members(1, "all", "vip"))
    ads.publish(SECOND, members(2, "all", "vip"))
    ads.plan(SECOND)
    before = len(ads.account.calls)
    ads.fault("users_add", "code", times=100, **refusal)
    with pytest.raises(DestinationRefusedError) as caught:
        ads.deliver(SECOND)
    assert f"code {refusal['code']}" in str(caught.value)
    asked = [call.operation for call in ads.account.calls[before:]]
    assert (asked[-1], asked.count("users_add")) == ("users_add", 1)
    assert len({call.path for call in ads.account.calls[before:] if call.operation == "get"}) == 1


def test_what_is_written_down_names_the_customer_and_nothing_else(ads: Ads) -> None:
    ads.refuse("c00001")
    ads.run(FIRST, members(3))
    [file] = on_disk(ads.state.layout.refused(NAME, FIRST)).iterdir()
    assert digest("c00001@example.com").encode() not in file.read_bytes()
    assert json.loads(ads.batches()[0].answer or "") == {"received": 2, "invalid": 1}
