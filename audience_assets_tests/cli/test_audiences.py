"""`audience-assets holdout` and `reconcile`: what they print, and the one sentence when they cannot."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets_tests.cli.conftest import Command, one_line_error
from audience_assets_tests.reference.holdout import held_out

DAY = "2026-01-05"
SETTINGS = """
[source]
path = "{day}.parquet"
[holdout]
salt = "2026"
shares = { vip = 0.5 }
[destinations.vtex_ads]
type = "vtex_ads"
"""
IDS = [f"c,{number}" for number in range(40)]


def deployed(folder: Path) -> None:
    (folder / "settings.toml").write_text(SETTINGS)
    labels = [["vip"] if number % 2 else ["all"] for number in range(len(IDS))]
    pq.write_table(pa.table({"customer_id": IDS, "audiences": labels}), folder / f"{DAY}.parquet")


def test_holdout_prints_the_control_group_as_csv(command: Command, tmp_path: Path) -> None:
    deployed(tmp_path)
    ended = command("holdout", "vip", "--day", DAY, "--settings", "settings.toml")
    assert ended.returncode == 0, ended.stderr
    header, *rows = csv.reader(io.StringIO(ended.stdout.decode()))
    assert header == ["customer_id"]
    assert [customer for (customer,) in rows] == sorted(
        each for each in IDS[1::2] if held_out("2026", "vip", each, 0.5)
    )
    assert 0 < len(rows) < len(IDS) / 2


def test_holdout_of_an_audience_without_a_share_is_one_line(command: Command, tmp_path: Path) -> None:
    deployed(tmp_path)
    one_line_error(
        command("holdout", "all", "--day", DAY, "--settings", "settings.toml"),
        "nobody is held out of all: holdout.shares names vip",
    )


def test_holdout_of_a_day_that_has_not_landed_is_one_line(command: Command, tmp_path: Path) -> None:
    deployed(tmp_path)
    one_line_error(
        command("holdout", "vip", "--day", "2026-01-06", "--settings", "settings.toml"), "has not landed"
    )


def test_reconcile_where_no_partner_keeps_lists_counts_nothing(command: Command, tmp_path: Path) -> None:
    deployed(tmp_path)
    ended = command("reconcile", "--day", DAY, "--json", "--settings", "settings.toml")
    assert ended.returncode == 0, ended.stderr
    assert b'"missing": []' in ended.stdout
