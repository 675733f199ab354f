from typing import Any

import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.sandbox.meta.caller import Caller, batch, digest, digests, emails

DEVICE = "aece52e7-03ee-455a-b3c4-e57283966239"
DIGEST_OF_NOTHING = digest("")


def test_an_array_schema_takes_one_cell_for_each_key(caller: Caller, audience: Audience) -> None:
    row = [digest("mary"), "C-1", digest("m@x")]
    answer = caller.add(audience, row, schema=["FN", "EXTERN_ID", "EMAIL"], is_raw=True)
    assert answer.body["num_received"] == 1
    assert audience.members() == [{"FN": digest("mary"), "EXTERN_ID": "C-1", "EMAIL": digest("m@x")}]
    assert audience.schema_kind == "array"


@pytest.mark.parametrize(
    ("schema", "key", "cell"),
    [
        ("EMAIL", "EMAIL", digest("a")),
        ("EMAIL_SHA256", "EMAIL", digest("a")),
        ("PHONE_SHA256", "PHONE", digest("1")),
        ("MOBILE_ADVERTISER_ID", "MADID", DEVICE),
        ("EXTERN_ID", "EXTERN_ID", "C-1"),
    ],
)
def test_a_string_schema_takes_flat_data(
    caller: Caller, audience: Audience, schema: str, key: str, cell: str
) -> None:
    assert caller.add(audience, cell, schema=schema).refusal is None
    assert audience.members() == [{key: cell}]
    assert audience.schema_kind == "string"


@pytest.mark.parametrize("first", ["string", "array"])
def test_one_audience_never_takes_both_kinds_of_schema(
    caller: Caller, audience: Audience, first: str
) -> None:
    ways: dict[str, Any] = {"string": (digest("a"), "EMAIL"), "array": ([digest("a")], ["EMAIL"])}
    row, schema = ways.pop(first)
    assert caller.add(audience, row, schema=schema).refusal is None
    [(other_row, other_schema)] = ways.values()
    assert caller.add(audience, other_row, schema=other_schema).refusal == (2650, None)
    assert caller.remove(audience, other_row, schema=other_schema).refusal == (2650, None)
    session = batch(1, 1, last=True)
    assert caller.replace(audience, other_row, schema=other_schema, session=session).refusal == (2650, None)
    assert emails(audience) == digests("a")


@pytest.mark.parametrize(
    ("schema", "row"),
    [
        (["DOBYM"], ["x"]),
        (["LN_FN_ZIP"], ["x"]),
        (["EMAIL", "EMAIL"], [digest("a"), digest("b")]),
        (["EMAIL", "EMAIL_SHA256"], [digest("a"), digest("b")]),
        (["email"], [digest("a")]),
        (["LOOKALIKE_VALUE"], [1]),
        (["DATA_PROCESSING_OPTIONS"], [[]]),
        ([], []),
        ([1], ["x"]),
        (["EMAIL", "FN"], [digest("a")]),
        (["EMAIL"], [digest("a"), digest("b")]),
        (["EMAIL"], digest("a")),
        ("EMAIL", [digest("a")]),
        ("UID", "1"),
    ],
)
def test_a_payload_of_another_shape_is_refused_whole(
    caller: Caller, audience: Audience, schema: Any, row: object
) -> None:
    payload = {"schema": schema, "data": [row]}
    assert caller.post(f"{audience.id}/users", payload=payload).refusal == (100, None)
    assert audience.members() == []


@pytest.mark.parametrize(
    "payload",
    [
        "not JSON",
        [],
        {"schema": ["EMAIL"]},
        {"schema": ["EMAIL"], "data": []},
        {"schema": ["EMAIL"], "data": "x"},
        {"data": [["x"]]},
        {"schema": ["EMAIL"], "data": [[digest("a")]], "colour": "red"},
    ],
)
def test_a_payload_that_is_incomplete_is_refused(caller: Caller, audience: Audience, payload: object) -> None:
    assert caller.post(f"{audience.id}/users", payload=payload).refusal == (100, None)
    assert caller.post(f"{audience.id}/users").refusal == (100, None)


def test_a_call_takes_10_000_rows_and_no_more(caller: Caller, audience: Audience) -> None:
    rows = [[digest(str(number))] for number in range(10_001)]
    assert caller.add(audience, *rows).refusal == (105, None)
    assert audience.members() == []
    assert caller.add(audience, *rows[:10_000]).body["num_received"] == 10_000
    assert len(audience.members()) == 10_000


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("EMAIL", "mary@example.com"),
        ("EMAIL", digest("a").upper()),
        ("EMAIL", digest("a")[:-1]),
        ("EMAIL", f"{digest('a')}\n"),
        ("EMAIL", DIGEST_OF_NOTHING),
        ("EMAIL", " "),
        ("FN", "mary"),
        ("MADID", DEVICE.upper()),
        ("MADID", DEVICE.replace("-", "")),
        ("MADID", digest(DEVICE)),
        ("EXTERN_ID", 7),
        ("EXTERN_ID", None),
        ("EMAIL", "\ud800"),
        ("EMAIL", ""),
    ],
)
def test_a_row_with_a_bad_cell_is_left_out_and_counted(
    caller: Caller, audience: Audience, key: str, cell: object
) -> None:
    good = {"MADID": DEVICE, "EXTERN_ID": "C-1"}.get(key, digest("good"))
    answer = caller.add(audience, [cell], [good], schema=[key])
    assert (answer.body["num_received"], answer.body["num_invalid_entries"]) == (2, 1)
    assert len(answer.body["invalid_entry_samples"]) == 1
    assert audience.members() == [{key: good}]


def test_one_bad_cell_makes_the_whole_row_invalid(caller: Caller, audience: Audience) -> None:
    answer = caller.add(audience, [digest("a"), "Mary"], schema=["EMAIL", "FN"])
    assert answer.body["num_invalid_entries"] == 1
    assert answer.body["invalid_entry_samples"] == ["Mary"]
    assert audience.members() == []


def test_invalid_entries_are_counted_for_each_call_and_rows_for_the_session(
    caller: Caller, audience: Audience
) -> None:
    caller.add(audience, "a", ["bad"], session=batch(1, 1))
    answer = caller.add(audience, "b", session=batch(1, 2))
    assert (answer.body["num_received"], answer.body["num_invalid_entries"]) == (3, 0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("cells", ["bad"]),
        ("rows", [f'["{digest("a")}", "bad"]']),
        ("map", {"bad": "not a SHA-256 digest in lower-case hex"}),
        ("none", []),
    ],
)
def test_samples_come_in_the_shape_that_the_account_is_set_to(
    caller: Caller, account: Account, audience: Audience, shape: Any, expected: object
) -> None:
    account.samples = shape
    answer = caller.add(audience, [digest("a"), "bad"], schema=["EMAIL", "FN"])
    assert answer.body["invalid_entry_samples"] == expected
    assert answer.body["num_invalid_entries"] == 1


def test_at_most_100_samples_are_shown(caller: Caller, audience: Audience) -> None:
    answer = caller.add(audience, *([f"bad {number}"] for number in range(150)))
    assert answer.body["num_invalid_entries"] == 150
    assert len(answer.body["invalid_entry_samples"]) == 100


def test_an_account_can_refuse_more(caller: Caller, account: Account, audience: Audience) -> None:
    account.refuses = lambda key, value: key == "EMAIL" and value == digest("b")
    answer = caller.add(audience, "a", "b", "c")
    assert answer.body["num_invalid_entries"] == 1
    assert emails(audience) == digests("a", "c")


def test_a_value_based_audience_needs_a_value_in_every_addition(caller: Caller) -> None:
    audience = caller.create(is_value_based=True)
    schema = ["EMAIL", "LOOKALIKE_VALUE"]
    answer = caller.add(
        audience,
        [digest("a"), 5],
        [digest("b"), "1.5"],
        [digest("c"), -1],
        [digest("d"), ""],
        [digest("e"), 1e999],
        [digest("f"), True],
        schema=schema,
    )
    assert answer.body["num_invalid_entries"] == 4
    assert [row["LOOKALIKE_VALUE"] for row in audience.members()] == [5, 1.5]
    assert caller.add(audience, "e").refusal == (100, None)
    assert caller.replace(audience, "e", session=batch(1, 1)).refusal == (2650, None)
    assert caller.remove(audience, "a").refusal is None
    assert emails(audience) == digests("b")


def test_other_audiences_refuse_a_value(caller: Caller, audience: Audience) -> None:
    row, schema = [digest("a"), 5], ["EMAIL", "LOOKALIKE_VALUE"]
    assert caller.add(audience, row, schema=schema).refusal == (100, None)
    assert caller.replace(audience, row, schema=schema, session=batch(1, 1)).refusal == (2650, None)


def test_an_equal_row_again_brings_only_its_value_up_to_date(caller: Caller) -> None:
    audience = caller.create(is_value_based=True)
    for value in (5, 7):
        caller.add(audience, [value, digest("a")], schema=["LOOKALIKE_VALUE", "EMAIL"])
    assert audience.members() == [{"EMAIL": digest("a"), "LOOKALIKE_VALUE": 7}]


def test_page_and_app_user_ids_need_the_pages_and_apps_that_they_are_of(
    caller: Caller, audience: Audience
) -> None:
    for key, name in (("PAGEUID", "page_ids"), ("APPUID", "app_ids")):
        assert caller.add(audience, ["12"], schema=[key]).refusal == (100, None)
        assert caller.add(audience, ["12"], schema=[key], **{name: []}).refusal == (100, None)
        assert (
            caller.add(audience, ["12"], ["x"], schema=[key], **{name: ["9"]}).body["num_invalid_entries"]
            == 1
        )
    assert caller.add(audience, ["12"], schema=["PAGEUID"], page_ids=["8", "9"]).refusal == (100, None)
    assert audience.identifiers() == {("PAGEUID", "12"), ("APPUID", "12")}


def test_limited_data_use_is_kept_with_the_row(caller: Caller, audience: Audience) -> None:
    schema = ["EMAIL", "DATA_PROCESSING_OPTIONS"]
    caller.add(audience, [digest("a"), []], [digest("b"), ["LDU"]], schema=schema)
    assert [row["DATA_PROCESSING_OPTIONS"] for row in audience.members()] == [[], ["LDU"]]
    caller.add(audience, [digest("a"), ["LDU"]], schema=schema)
    assert [row["DATA_PROCESSING_OPTIONS"] for row in audience.members()] == [["LDU"], ["LDU"]]
    for wrong in ("LDU", ["XYZ"], "", None):
        assert caller.add(audience, [digest("c"), wrong], schema=schema).refusal == (100, None)


def test_limited_data_use_in_a_place_needs_country_state_and_consent(
    caller: Caller, audience: Audience
) -> None:
    options, country, state = (f"DATA_PROCESSING_OPTIONS{part}" for part in ("", "_COUNTRY", "_STATE"))
    row = [digest("a"), ["LDU"], 1, 1000]
    schema = ["EMAIL", options, country, state]
    consent = {"customer_consent": True}
    assert caller.add(audience, row, schema=schema, params=consent).refusal is None
    assert audience.members() == [{"EMAIL": digest("a"), options: ["LDU"], country: 1, state: 1000}]
    assert caller.add(audience, row, schema=schema).refusal == (100, None)
    assert caller.add(audience, row[:3], schema=schema[:3], params=consent).refusal == (100, None)
    assert caller.add(
        audience, row[:1] + row[2:], schema=[schema[0], *schema[2:]], params=consent
    ).refusal == (100, None)
    assert caller.add(
        audience, [digest("a"), ["LDU"], "US", 1000], schema=schema, params=consent
    ).refusal == (100, None)
