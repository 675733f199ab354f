"""The other commands: what they write, how they fail, and that they stop when they are told to."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audience_assets_tests.cli.conftest import PROGRAM, Command, environment, one_line_error

SETTINGS = '[destinations.vtex_ads]\ntype = "vtex_ads"\nsecret_access_key = "in clear"\n'


def test_help_names_every_command(program: Command) -> None:
    said = program("--help").stdout.decode()
    assert all(name in said for name in ("demo", "ui", "normalize", "generate", "sandbox"))


def test_generate_writes_the_extract_and_its_truth_the_same_for_the_same_seed(
    command: Command, tmp_path: Path
) -> None:
    for out, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        ended = command("generate", "--customers", "40", "--days", "2", "--out", out, "--seed", seed)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == b""
        assert f"Wrote {out}/extract and {out}/truth." in ended.stderr.decode()
    written = sorted(str(file.relative_to(tmp_path / "a")) for file in (tmp_path / "a").rglob("*.*"))
    days = ("2026-01-05", "2026-01-06")
    assert written == sorted(
        [
            "truth/summary.json",
            *(f"extract/{day}/customers.parquet" for day in days),
            *(f"truth/{kind}-{day}.parquet" for kind in ("changes", "delivered") for day in days),
        ]
    )
    files = [pq.read_table(tmp_path / out / f"extract/{days[0]}/customers.parquet") for out in "abc"]
    assert files[0] == files[1] != files[2]
    assert len(set(files[0].column("customer_id").to_pylist())) >= 40


def test_settings_that_are_wrong_are_one_line(command: Command, program: Command, tmp_path: Path) -> None:
    missing = command("normalize", "--settings", "missing.toml")
    one_line_error(missing, "missing.toml does not exist", "AUDIENCE_ASSETS_SETTINGS")
    (tmp_path / "clear.toml").write_text(SETTINGS)
    one_line_error(
        command("normalize", AUDIENCE_ASSETS_SETTINGS="clear.toml"),
        "destinations.vtex_ads.secret_access_key: a secret does not belong in the file",
    )
    one_line_error(program("demo", AUDIENCE_ASSETS_SETTINGS="missing.toml"), "missing.toml does not exist")


def test_a_place_that_cannot_be_written_is_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    generated = command("generate", "--customers", "4", "--days", "1", "--out", "file/x")
    assert generated.returncode == 1
    assert generated.stderr.decode().splitlines()[-1] == (
        "audience-assets: [Errno 20] Not a directory: 'file/x/extract/2026-01-05'"
    )
    assert "Traceback" not in generated.stderr.decode()
    one_line_error(command("demo", "--directory", "file"), "Not a directory", "file")


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--customers", "0", "--days", "1", "--out", "x"),
        ("generate", "--customers", "20000001", "--days", "1", "--out", "x"),
        ("generate", "--customers", "5", "--days", "301", "--out", "x"),
        ("demo", "--customers", "1"),
    ],
)
def test_numbers_out_of_range_are_a_usage_error(
    command: Command, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ended = command(*arguments, COLUMNS="200")
    assert ended.returncode == 2
    assert b"Invalid value for '--" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_has_had_enough_is_no_error_to_be_shown(tmp_path: Path) -> None:
    line = '{"destination": "vtex_ads", "field": "CITY", "value": "Rio"}\n'
    (tmp_path / "lines").write_text(line * 60_000)
    with (
        (tmp_path / "lines").open("rb") as lines,
        subprocess.Popen(
            [*PROGRAM, "normalize"],
            stdin=lines,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=tmp_path,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_the_sandbox_says_when_it_is_ready_and_stops_on_sigterm(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with subprocess.Popen(
        [*PROGRAM, "sandbox", "--ready", str(ready), "--directory", str(tmp_path / "kept")],
        env=environment(),
        cwd=tmp_path,
    ) as process:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        section = json.loads(ready.read_text(encoding="utf-8"))["s3"]
        assert section["endpoint_url"].startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert not ready.exists()
    assert (tmp_path / "kept").is_dir()
