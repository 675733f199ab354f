"""What the UI shows beside each materialization: figures that can be plotted and the partner's own column names."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    DELIVERY,
    DELTA,
    HASHED,
    NORMALIZED,
    QUARANTINE,
    RAW,
    Deployment,
)
from audience_assets_tests.assets.test_delivered_rows import COLUMNS

FIGURES = {
    RAW: {"dagster/row_count", "customers", "rows set aside", "repeated rows"},
    NORMALIZED: {
        "dagster/row_count",
        "customers",
        "new",
        "changed",
        "left",
        "values refused",
        "usable email %",
    },
    HASHED: {"dagster/row_count", "left", "values left out"},
    QUARANTINE: {"dagster/row_count", "new today", "gone today"},
    DELTA: {
        "dagster/row_count",
        "joined",
        "changed",
        "left",
        "removals",
        "size before",
        "size after",
        "audiences held",
        "files",
        "forecast: calls",
        "forecast: bytes",
        "forecast: minutes",
        "seconds",
    },
    DELIVERY: {
        "dagster/row_count",
        "files sent",
        "joined",
        "changed",
        "left",
        "rows refused",
        "audiences held",
        "calls",
        "calls while waiting",
        "calls saved",
        "bytes sent",
        "seconds",
    },
}


@pytest.fixture
def truth(crm: Path) -> dict[str, Any]:
    """The generator's own counts, by day."""
    counted: dict[str, Any] = json.loads((crm / "truth/summary.json").read_text(encoding="utf-8"))
    return counted


@pytest.mark.parametrize("asset", ASSETS)
def test_figures_are_numbers_on_every_day(three_days: Deployment, asset: str) -> None:
    for day in DAYS:
        shown = three_days.metadata(asset, day)
        for name in FIGURES[asset]:
            assert isinstance(shown[name], dg.IntMetadataValue | dg.FloatMetadataValue), name


@pytest.mark.parametrize("day", DAYS)
def test_figures_agree_with_each_other_and_with_what_the_partner_has(
    three_days: Deployment, day: str
) -> None:
    shown = {
        asset: {name: each.value for name, each in three_days.metadata(asset, day).items()}
        for asset in ASSETS
    }
    delivered = three_days.delivered(day).num_rows
    assert shown[DELTA]["dagster/row_count"] == shown[DELIVERY]["dagster/row_count"] == delivered
    assert sum(shown[DELTA][name] for name in ("joined", "changed", "left")) == delivered
    assert {name: shown[DELIVERY][name] for name in ("joined", "changed", "left")} == {
        name: shown[DELTA][name] for name in ("joined", "changed", "left")
    }
    assert shown[NORMALIZED]["new"] + shown[NORMALIZED]["changed"] == shown[HASHED]["dagster/row_count"]
    assert shown[RAW]["customers"] <= shown[RAW]["dagster/row_count"]
    assert shown[DELIVERY]["result"].startswith(f"vtex_ads acknowledged {delivered} rows (")
    [key] = three_days.keys(day)
    assert f"| {key} | {delivered} |" in shown[DELIVERY]["objects"]


def test_the_first_day_counts_what_the_generator_made_untidy(
    three_days: Deployment, truth: dict[str, Any]
) -> None:
    assert set(truth) == set(DAYS)
    shown = three_days.metadata(RAW, DAYS[0])
    assert shown["rows set aside"].value > 0
    assert "| no customer_id |" in shown["set aside by reason"].value
    refused = three_days.metadata(NORMALIZED, DAYS[0])
    assert refused["values refused"].value > 0
    assert "| email | already hashed |" in refused["refused by field"].value


def test_the_delta_shows_the_partner_s_columns_in_the_partner_s_case_and_which_is_required(
    three_days: Deployment,
) -> None:
    columns = three_days.metadata(DELTA, DAYS[0])["dagster/column_schema"].value.columns
    assert [column.name for column in columns] == COLUMNS
    assert [column.type for column in columns] == ["int32" if name == "AGE" else "string" for name in COLUMNS]
    assert [column.name for column in columns if not column.constraints.nullable] == ["CUSTOMER_ID"]
    assert all(column.description for column in columns)


@pytest.mark.parametrize(
    ("asset", "some"),
    [
        (NORMALIZED, {"customer_id": "varchar", "email": "varchar", "birth_date": "date"}),
        (HASHED, {"vtex_ads/EMAIL_HASHED": "blob", "vtex_ads/AGE": "integer", "vtex_ads/CITY": "varchar"}),
    ],
)
def test_our_own_tables_show_their_columns_too(
    three_days: Deployment, asset: str, some: dict[str, str]
) -> None:
    columns = three_days.metadata(asset, DAYS[0])["dagster/column_schema"].value.columns
    assert {column.name: column.type for column in columns}.items() >= some.items()


@pytest.mark.parametrize("day", DAYS)
def test_a_delivery_makes_the_calls_and_sends_the_bytes_that_its_delta_foretold(
    three_days: Deployment, day: str
) -> None:
    delta, delivery = three_days.metadata(DELTA, day), three_days.metadata(DELIVERY, day)
    for foretold, counted in (("forecast: calls", "calls"), ("forecast: bytes", "bytes sent")):
        assert delta[foretold].value == delivery[counted].value > 0
    assert delivery["bytes sent"].value == sum(len(three_days.object(key)) for key in three_days.keys(day))


def test_the_delivery_has_a_line_for_what_the_partner_holds_and_says_where_it_lies(
    three_days: Deployment,
) -> None:
    delta, delivery = three_days.metadata(DELTA, DAYS[1]), three_days.metadata(DELIVERY, DAYS[1])
    before, after = delta["size before"].value, delta["size after"].value
    assert delta["size before"].value == three_days.metadata(DELTA, DAYS[0])["size after"].value
    joined, changed, left = (delta[name].value for name in ("joined", "changed", "left"))
    assert after == before + joined - left
    line = f"| - | {before} | {after} | {joined} | {changed} | {left} | 0 | - | - | acknowledged |"
    assert line in delivery["audiences"].value
    assert delivery["dagster/uri"].value == f"s3://{three_days.bucket.name}/{three_days.prefix}/audiences/"
    assert "at the partner" not in delivery  # a store of one's own has no page that we know


@pytest.mark.parametrize("asset", [RAW, NORMALIZED, HASHED, DELTA])
def test_what_is_ours_says_where_it_lies(three_days: Deployment, asset: str) -> None:
    uri = three_days.metadata(asset, DAYS[0])["dagster/uri"].value
    assert uri.startswith("file:///")
    assert uri.endswith(f"{asset}/{DAYS[0]}")


def test_each_column_names_the_column_that_it_comes_from_and_the_rule_with_its_version(
    three_days: Deployment,
) -> None:
    chain = [
        (DELTA, "EMAIL_HASHED"),
        (HASHED, "vtex_ads/EMAIL_HASHED"),
        (NORMALIZED, "email"),
        (RAW, "email"),
    ]
    for (asset, name), (upstream, source) in pairwise(chain):
        shown = three_days.metadata(asset, DAYS[0])
        [dep] = shown["dagster/column_lineage"].value.deps_by_column[name]
        assert (dep.asset_key.to_user_string(), dep.column_name) == (upstream, source)
        [column] = [each for each in shown["dagster/column_schema"].value.columns if each.name == name]
        assert re.search(r"email.*Rule email[.\w]*@\d+\.$", column.description), column.description
    assert "email" in three_days.metadata(RAW, DAYS[0])["columns used"].value


def test_the_first_rows_show_which_columns_are_filled_and_nobody_s_value(three_days: Deployment) -> None:
    header, rule, *lines = three_days.metadata(DELTA, DAYS[0])["first rows, masked"].value.splitlines()
    assert header == f"| {' | '.join(COLUMNS)} |"
    assert set(rule) == set("| -")
    rows = [dict(zip(COLUMNS, line.strip("|").split("|"), strict=True)) for line in lines]
    assert len(rows) == 5
    sent = {row["CUSTOMER_ID"]: row for row in three_days.delivered(DAYS[0]).to_pylist()}
    digests = {str(row["EMAIL_HASHED"])[:8] for row in sent.values()}
    shown = {row[name].strip() for row in rows for name in COLUMNS}
    assert {cell for cell in shown if not re.fullmatch(r"[0-9a-f]{8}…", cell)} <= {"", "•"}
    assert {row["CUSTOMER_ID"].strip() for row in rows} == {"•"}
    assert any(row["EMAIL_HASHED"].strip().removesuffix("…") in digests for row in rows)
