from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets.synthetic.extract import generate
from audience_assets_tests.synthetic import plain_pipeline

if TYPE_CHECKING:
    from pathlib import Path

START = date(2026, 1, 5)
CUSTOMERS = 2000
DAYS = 5
KINDS = ("new", "changed", "left", "cosmetic")


def day(index: int, start: date = START) -> date:
    return start + timedelta(days=index)


def extract(out: Path, when: date) -> list[dict[str, Any]]:
    return plain_pipeline.rows_of(out / "extract" / f"{when}" / "customers.parquet")


def delivered(out: Path, when: date) -> list[dict[str, Any]]:
    return plain_pipeline.rows_of(out / "truth" / f"delivered-{when}.parquet")


def changes(out: Path, when: date) -> dict[str, str]:
    table = pq.read_table(out / "truth" / f"changes-{when}.parquet")
    return dict(zip(table["customer_id"].to_pylist(), table["change"].to_pylist(), strict=True))


def summary(out: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((out / "truth" / "summary.json").read_text(encoding="utf-8"))
    return figures


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    generate(CUSTOMERS, DAYS, folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    generate(120, 3, tmp_path / "one")
    generate(120, 3, tmp_path / "two")
    generate(120, 3, tmp_path / "three", seed=8)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert files(tmp_path / "one") != files(tmp_path / "three")


def test_columns_types_and_compression(out: Path) -> None:
    extract_schema = pq.read_schema(out / "extract" / f"{START}" / "customers.parquet")
    assert " ".join(extract_schema.names) == (
        "customer_id email phone social_id first_name last_name gender birth_date postal_code country state city "
        "neighborhood audiences nbo_products nbo_categories mobile_ad_id external_id value consent"
    )
    assert {str(kind) for kind in extract_schema.types} == {"string", "list<element: string>"}
    truth_schema = pq.read_schema(out / "truth" / f"delivered-{START}.parquet")
    assert " ".join(truth_schema.names) == (
        "CUSTOMER_ID EMAIL_HASHED PHONE_HASHED SOCIAL_ID_HASHED FIRST_NAME_HASHED LAST_NAME_HASHED GENDER AGE CEP "
        "COUNTRY STATE CITY NEIGHBORHOOD AUDIENCES NBO_PRODUCTS NBO_CATEGORIES"
    )
    assert [
        name for name, kind in zip(truth_schema.names, truth_schema.types, strict=True) if kind == pa.int32()
    ] == ["AGE"]
    parquet = pq.ParquetFile(out / "extract" / f"{START}" / "customers.parquet")
    assert parquet.metadata.row_group(0).column(1).compression == "SNAPPY"


@pytest.mark.parametrize(
    ("customers", "seed", "start"),
    [
        (CUSTOMERS, 7, START),
        (300, 1, date(2027, 2, 26)),
        (50, 2, date(2028, 2, 27)),
        (7, 3, date(2025, 12, 30)),
    ],
)
def test_a_third_reading_of_the_rules_gives_the_same_rows(
    tmp_path: Path, customers: int, seed: int, start: date
) -> None:
    generate(customers, DAYS, tmp_path, seed=seed, start=start)
    pipeline = plain_pipeline.PlainPipeline()
    for index in range(DAYS):
        when = day(index, start)
        rows, kinds = pipeline.run(extract(tmp_path, when), when)
        assert rows == delivered(tmp_path, when)
        assert kinds == changes(tmp_path, when)


def test_the_summary_counts_what_the_files_hold(out: Path) -> None:
    for index in range(DAYS):
        figures, rows = summary(out)[f"{day(index)}"], extract(out, day(index))
        usable, contradictory, without_id = plain_pipeline.usable_rows(rows)
        conflicting = sum(row["customer_id"] in contradictory for row in rows)
        kinds = list(changes(out, day(index)).values())
        assert figures["rows_read"] == len(rows)
        assert figures["rows_set_aside"] == {
            "no customer_id": without_id,
            "customer_id stands twice with different content": conflicting,
        }
        assert figures["repeated_rows"] == len(rows) - without_id - conflicting - len(usable)
        assert [figures[kind] for kind in KINDS] == [kinds.count(kind) for kind in KINDS]
        assert (
            figures["rows_delivered"]
            == len(delivered(out, day(index)))
            == len(kinds) - kinds.count("cosmetic")
        )
        emails = [plain_pipeline.squeezed(row["email"]) for row in usable.values()]
        assert figures["blanked"]["email"] == {
            "already hashed": sum(len(email) == 64 and "@" not in email for email in emails),
            "no @": sum(len(email) not in {0, 64} and "@" not in email for email in emails),
        }
        assert figures["blanked"].keys() == {"email", "phone", "social_id", "birth_date"}
        assert without_id
        assert conflicting
        assert figures["repeated_rows"]


def test_churn_is_about_what_was_asked_for(tmp_path: Path) -> None:
    generate(20_000, 2, tmp_path)
    first, second = summary(tmp_path).values()
    assert (
        first["new"]
        == 20_000 - first["rows_set_aside"]["customer_id stands twice with different content"] / 2
    )
    assert 100 <= second["new"] <= 105
    assert second["left"] == 100
    assert second["cosmetic"] == 200
    assert 220 <= second["changed"] <= 320  # 1% of changes and some 50 birthdays


@pytest.mark.parametrize("seed", range(8))
def test_from_fifty_customers_on_there_is_one_of_each_kind_a_day(tmp_path: Path, seed: int) -> None:
    generate(50, 8, tmp_path, seed=seed)
    for index in range(1, 8):
        assert set(changes(tmp_path, day(index)).values()) == set(KINDS)


@pytest.mark.parametrize("customers", [1, 2, 3, 9, 10, 11, 49])
def test_tiny_extracts_work(tmp_path: Path, customers: int) -> None:
    generate(customers, 12, tmp_path)
    assert len(extract(tmp_path, day(11))) >= customers


def test_some_of_the_departed_return_and_are_new_again(out: Path) -> None:
    kinds = [changes(out, day(index)) for index in range(DAYS)]
    left = {key for key, kind in kinds[1].items() if kind == "left"}
    returned = left & {key for later in kinds[2:] for key, kind in later.items() if kind == "new"}
    assert left
    assert returned
    gone = min(left)
    (row,) = [row for row in delivered(out, day(1)) if row["CUSTOMER_ID"] == gone]
    assert [column for column, value in row.items() if value is not None] == ["CUSTOMER_ID"]
    assert gone not in {row["customer_id"] for row in extract(out, day(1))}


def test_who_contradicts_himself_is_left_as_he_was_until_he_is_clean(out: Path) -> None:
    settled = 0
    for index in range(DAYS):
        _, contradictory, _ = plain_pipeline.usable_rows(extract(out, day(index)))
        assert not contradictory & changes(out, day(index)).keys()
        if index + 1 < DAYS:
            usable, _, _ = plain_pipeline.usable_rows(extract(out, day(index + 1)))
            settled += len(contradictory & usable.keys())
    assert settled


def test_a_birthday_alone_is_a_change(out: Path) -> None:
    alone = 0
    for index in range(1, DAYS):
        before = {row["customer_id"]: row for row in extract(out, day(index - 1))}
        today = {row["customer_id"]: row for row in extract(out, day(index))}
        changed = [key for key, kind in changes(out, day(index)).items() if kind == "changed"]
        alone += sum(before.get(key) == today[key] for key in changed)
    assert alone


def test_leap_day_birthdays_count_on_the_first_of_march(tmp_path: Path) -> None:
    start = date(2027, 2, 27)
    generate(3000, 3, tmp_path, start=start)
    born = {
        row["customer_id"]
        for row in extract(tmp_path, start)
        if re.match(r"\d{4}-02-29|29/02/", row["birth_date"] or "")
    }
    changed = [
        {key for key, kind in changes(tmp_path, day(index, start)).items() if kind == "changed"}
        for index in (1, 2)
    ]
    assert len(born & changed[1]) > len(born) / 2
    assert len(born & changed[0]) < len(born) / 2


def test_reordered_audiences_are_cosmetic_and_reordered_offers_are_not(tmp_path: Path) -> None:
    generate(5000, 2, tmp_path)
    before = {row["customer_id"]: row for row in extract(tmp_path, START)}
    after = {row["customer_id"]: row for row in extract(tmp_path, day(1))}
    found = set()
    for key, kind in changes(tmp_path, day(1)).items():
        if kind in {"cosmetic", "changed"} and key in before:
            old, new = (plain_pipeline.row_to_send(rows[key], START) for rows in (before, after))
            for column in ("AUDIENCES", "NBO_PRODUCTS"):
                one, other = (row[column] or "" for row in (old, new))
                if one != other and sorted(one.split(";")) == sorted(other.split(";")):
                    found.add((column, kind))
    assert found == {("AUDIENCES", "cosmetic"), ("NBO_PRODUCTS", "changed")}


def test_progress_is_told_and_impossible_sizes_are_refused(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    generate(60, 2, tmp_path, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert {stage for stage, _, _ in told} == {"plan", "customers"}
    assert told[-1][1] == told[-1][2]
    for customers, days in ((0, 1), (1, 0), (1, 10_000)):
        with pytest.raises(ValueError, match="must be 1 to"):
            generate(customers, days, tmp_path)
