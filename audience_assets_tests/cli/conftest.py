"""Runs `audience-assets` in this process or in one of its own, with nothing of ours in its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audience_assets.cli import app

PROGRAM = (sys.executable, "-c", "from audience_assets.cli import app; app()")

Command = Callable[..., "subprocess.CompletedProcess[bytes]"]
Ask = Callable[[Sequence[Any]], list[dict[str, Any]]]


def environment(**more: str) -> dict[str, str]:
    """The tests' environment without the variables that this package, Dagster, Python or a coloured terminal read."""
    ours = ("AUDIENCE_ASSETS", "DAGSTER", "PYTHON", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more


def run(
    folder: Path, *arguments: str, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own and wait for its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=environment(**variables),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def program(tmp_path: Path) -> Command:
    """`audience-assets` as a process of its own, in a folder of the test's own."""

    def call(*arguments: str, **given: Any) -> subprocess.CompletedProcess[bytes]:
        return run(tmp_path, *arguments, **given)

    return call


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same in this process, which need not import everything again; what `app` does not catch fails the test."""
    monkeypatch.chdir(tmp_path)
    without: dict[str, str | None] = {name: None for name in os.environ if name not in environment()}

    def call(*arguments: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
        ended = CliRunner(env=without | variables).invoke(app, arguments, stdin, catch_exceptions=False)
        return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout_bytes, ended.stderr_bytes)

    return call


@pytest.fixture
def ask(command: Command) -> Ask:
    """Puts questions to `normalize`; one that is text already goes in as it is."""

    def answers(questions: Sequence[Any]) -> list[dict[str, Any]]:
        lines = [each if isinstance(each, str) else json.dumps(each) for each in questions]
        ended = command("normalize", stdin="\n".join(lines).encode())
        assert ended.returncode == 0, ended.stderr.decode()
        assert ended.stderr == b""
        return [json.loads(line) for line in ended.stdout.decode().split("\n")[:-1]]

    return answers


def one_line_error(ended: "subprocess.CompletedProcess[bytes]", *words: str) -> None:
    """What an error looks like: exit code 1, one line on standard error, nothing else."""
    said = ended.stderr.decode()
    assert ended.returncode == 1, said
    assert said.startswith("audience-assets: "), said
    assert said.count("\n") == 1, said
    assert all(word in said for word in words), said
    assert ended.stdout == b""
