"""What the UI shows beside each materialization: figures that can be plotted and the partner's own column names."""

import json
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
    HASHED: {"dagster/row_count", "left"},
    QUARANTINE: {"dagster/row_count", "new today", "gone today"},
    DELTA: {"dagster/row_count", "joined", "changed", "left", "files"},
    DELIVERY: {"dagster/row_count", "files sent", "joined", "changed", "left"},
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
