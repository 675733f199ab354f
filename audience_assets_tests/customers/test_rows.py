"""Rows: which are set aside, which count once, and what makes two of them different."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audience_assets.customers import canonical_rows
from audience_assets.errors import ExtractError
from audience_assets_tests.customers.extracts import MARKER, Extracts

NEXT_DAY = date(2026, 1, 6)


def test_set_aside_and_repeated_rows_are_counted_exactly(extracts: Extracts) -> None:
    rows = [("1", "a")] * 3 + [("2", "a"), ("2", "b"), ("2", "b")] + [("", "x"), (" ", "x"), ("\u200b", "x")]
    rows += [("3", ""), ("4", "a"), (" 4", "b")]
    found = extracts.write_csv([{"customer_id": who, "city": city} for who, city in rows]).read()
    assert found.rows == 12
    assert found.customers == 4
    assert found.repeated_rows == 2
    assert found.set_aside == {"no customer_id": 3, "customer_id stands twice with different content": 3}
    assert set(extracts.customers()) == {"1", "3", "4", " 4"}


def test_a_refused_value_blanks_its_field_and_is_counted(extracts: Extracts) -> None:
    extracts.write_csv(
        [
            {"customer_id": "1", "email": "no at sign", "social_id": "11111111111", "city": "Rio"},
            {"customer_id": "2", "email": "a@b@c", "social_id": "x", "city": "Rio"},
            {"customer_id": "3", "email": "a@b.c", "social_id": "", "city": "Rio"},
        ]
    )
    found = extracts.normalize()
    assert found.customers == 3
    assert found.refused == {
        "email": {"more than one @": 1, "no @": 1},
        "social_id": {"repeated digit": 1, "unexpected character": 1},
    }
    assert found.usable["city"] == 3
    assert extracts.customers()["1"]["email"] is None


def test_an_empty_extract_is_refused_unless_it_is_allowed(extracts: Extracts) -> None:
    for content in (
        "customer_id,city\n",
        f"customer_id,city\n,{MARKER}\n",
        f"customer_id,city\n1,{MARKER}\n1,x\n",
    ):
        extracts.write("2026-01-05.csv", content)
        said = extracts.refusal(ExtractError)
        assert "has no usable customer" in said
        assert "source.allow_empty = true" in said
        extracts.write("2026-01-05.csv", content, path="{day}.csv", allow_empty=True)
        assert extracts.normalize().customers == 0


@pytest.mark.parametrize("kind", ["parquet", "json"])
def test_an_empty_file_of_every_kind_is_refused_or_allowed(extracts: Extracts, kind: str) -> None:
    def write(**source: Any) -> None:
        if kind == "json":
            extracts.write("2026-01-05.json", "", **source)
        else:
            extracts.write_parquet({"customer_id": pa.array([], pa.string())}, **source)

    write()
    assert "has no usable customer" in extracts.refusal(ExtractError)
    write(path=f"{{day}}.{kind}", allow_empty=True)
    assert extracts.normalize().customers == 0


def test_null_and_empty_are_the_same_content(extracts: Extracts) -> None:
    columns: dict[str, Any] = {
        "customer_id": ["1", "1", "2", "2"],
        "city": ["", None, "Rio", "Rio"],
        "audiences": pa.array([None, None, [], None], pa.list_(pa.string())),
    }
    found = extracts.write_parquet(columns).read()
    assert (found.customers, found.repeated_rows, found.set_aside) == (2, 2, {})


TEXTS = st.text(st.sampled_from("a1: -',;\"\\[]N\x00\x1fé"), max_size=4) | st.sampled_from(
    ["NULL", "null", "1:a"]
)
CONTENTS = st.tuples(TEXTS, TEXTS, TEXTS, st.lists(st.none() | TEXTS, max_size=3))


@given(contents=st.lists(CONTENTS, min_size=60, max_size=60))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_fingerprints_are_equal_exactly_when_the_content_is(extracts: Extracts, contents: list[Any]) -> None:
    ids = [str(number) for number in range(len(contents))]
    first, last, city, audiences = zip(*contents, strict=True)
    columns: dict[str, Any] = {"first_name": first, "last_name": last, "city": city, "audiences": audiences}
    types = [pa.string()] * 3 + [pa.list_(pa.string())]
    arrays = [pa.array(values, kind) for values, kind in zip(columns.values(), types, strict=True)]
    found = extracts.write_parquet(
        pa.table([pa.array(ids), *arrays], ["customer_id", *columns])
    ).fingerprints()
    same: dict[str, set[str]] = {}
    for who, (*texts, labels) in zip(ids, contents, strict=True):
        # An empty text in a list is none, as it is in a field.
        same.setdefault(repr((texts, [label or None for label in labels])), set()).add(found[who])
    assert all(len(prints) == 1 for prints in same.values())
    assert len({next(iter(prints)) for prints in same.values()}) == len(same)


def test_a_text_split_differently_over_two_fields_is_different(extracts: Extracts) -> None:
    pairs = [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("a 2:bc", ""), ("1:a", "2:bc"), ("-", "")]
    extracts.write_parquet(
        {
            "customer_id": [str(number) for number in range(len(pairs))],
            "first_name": [first for first, _ in pairs],
            "last_name": [last for _, last in pairs],
        }
    )
    assert len(set(extracts.fingerprints().values())) == len(pairs)


def test_a_comma_in_a_list_is_not_two_elements(extracts: Extracts) -> None:
    lists = [["a, b"], ["a", "b"], ["a,b"], ["[a", "b]"], [None], ["NULL"], ["'a', 'b'"], ["a', 'b"]]
    ids = [str(number) for number in range(len(lists))]
    found = extracts.write_parquet({"customer_id": ids, "audiences": lists}).fingerprints()
    assert len(set(found.values())) == len(lists)


def test_column_order_unused_columns_and_the_format_do_not_matter(extracts: Extracts) -> None:
    row = {"customer_id": "1", "email": "a@b.c", "city": "Rio"}
    prints = [
        extracts.write_csv([row]).fingerprints(),
        extracts.write_csv([dict(reversed(row.items()))]).fingerprints(),
        extracts.write_csv([{"x": "1", **row, "loaded_at": "now"}]).fingerprints(),
        extracts.write_json([row]).fingerprints(),
        extracts.write_parquet({name: [value] for name, value in row.items()}).fingerprints(),
    ]
    assert all(each == prints[0] for each in prints)


def test_only_a_birthday_changes_the_fingerprint_by_itself(extracts: Extracts) -> None:
    content = "customer_id,birth_date\nbirthday,06/01/1990\nother,07/01/1990\nborn tomorrow,06/01/2026\n"
    for day in ("2026-01-05", "2026-01-06"):
        extracts.write(f"{day}.csv", content, path="{day}.csv")
    before, after = extracts.fingerprints(), extracts.fingerprints(NEXT_DAY)
    assert {who for who in before if before[who] != after[who]} == {"birthday", "born tomorrow"}


def test_a_date_that_is_one_has_birthdays_as_a_text_has(extracts: Extracts) -> None:
    born = {
        "birthday": date(1990, 1, 6),
        "other": date(1990, 1, 7),
        "born tomorrow": NEXT_DAY,
        "too long ago": date(20, 1, 6),
    }
    for day in ("2026-01-05", "2026-01-06"):
        columns = {"customer_id": list(born), "birth_date": pa.array(born.values(), pa.date32())}
        extracts.write_parquet(columns, f"{day}.parquet", path="{day}.parquet")
    before, after = extracts.fingerprints(), extracts.fingerprints(NEXT_DAY)
    assert {who for who in before if before[who] != after[who]} == {"birthday", "born tomorrow"}


@pytest.mark.parametrize(
    "set_aside",
    [[], [{"customer_id": "0", "city": "x"}], [{"customer_id": "", "city": "x"}]],
    ids=["", "contradicting", "no id"],
)
@pytest.mark.parametrize("changed", [2, 11, 28])
def test_the_changed_customers_are_found_however_many_they_are(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, set_aside: list[dict[str, str]], changed: int
) -> None:
    monkeypatch.setattr(canonical_rows, "AT_ONCE", 3)
    source = {"path": "{day}.csv"}
    rows = [{"customer_id": str(number), "city": "Rio"} for number in range(30)]
    extracts.write_csv(rows, **source).normalize()
    anew = {str(number): f"City {number}" for number in range(changed)}
    rows = [{**row, "city": anew.get(row["customer_id"], row["city"])} for row in rows]
    extracts.write_csv([*rows, *set_aside, rows[5], rows[29]], "2026-01-06.csv", **source)
    found = extracts.customers(NEXT_DAY)
    contradicted = {row["customer_id"] for row in set_aside}
    assert {who: row["city"] for who, row in found.items()} == {
        who: city for who, city in anew.items() if who not in contradicted
    }
