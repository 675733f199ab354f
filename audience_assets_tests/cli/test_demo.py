"""`audience-assets demo`: three days through Dagster to a real S3 server, told in three tables."""

import re
from pathlib import Path

import pytest

from audience_assets_tests.cli.conftest import Command, one_line_error

pytestmark = pytest.mark.slow


def test_the_demo_prints_three_days_and_what_to_do_next_and_can_be_run_again(
    program: Command, tmp_path: Path
) -> None:
    for customers in ("200", "50"):
        ended = program("demo", "--customers", customers, "--directory", "my demo", COLUMNS="80")
        said = ended.stdout.decode()
        assert ended.returncode == 0, ended.stderr.decode()
        assert re.findall(r"^2026-01-0\d", said, re.MULTILINE) == ["2026-01-05", "2026-01-06", "2026-01-07"]
        assert said.count("rows delivered to VTEX Ads") == 3
        assert "equal the truth that\nthe generator wrote" in said
        assert f"audience-assets ui --directory '{tmp_path}/my demo'" in said
        assert "make ui" in said
        assert "Traceback" not in ended.stderr.decode()
    assert not list((tmp_path / "my demo/s3").glob("*.sock"))


def test_a_folder_that_is_not_the_demo_s_is_left_alone(command: Command, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/thesis.txt").write_text("years of it")
    one_line_error(
        command("demo", "--directory", "work"),
        "work is not a demo's folder: name an empty or new one with --directory",
    )
    assert (tmp_path / "work/thesis.txt").read_text() == "years of it"


def test_the_ui_needs_a_demo_first(command: Command) -> None:
    one_line_error(command("ui", "--directory", "nothing"), "there is no demo in", "run make demo first")
