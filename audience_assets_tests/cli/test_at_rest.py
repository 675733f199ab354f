"""The commands for what lies on the disk: a new key, and removing what is old."""

import base64
from pathlib import Path

import pytest

from audience_assets.storage.keys import KEY_BYTES
from audience_assets_tests.cli.conftest import Command, one_line_error


def test_key_prints_a_new_key_and_nothing_else(command: Command) -> None:
    printed = [command("key") for _ in range(2)]
    assert [(each.returncode, each.stderr) for each in printed] == [(0, b"")] * 2
    found = [base64.b64decode(each.stdout.strip(), validate=True) for each in printed]
    assert [len(each) for each in found] == [KEY_BYTES] * 2
    assert found[0] != found[1]


@pytest.mark.parametrize(("arguments", "begin"), [((), "removed"), (("--dry-run",), "would remove")])
def test_purge_says_how_much_of_each_kind(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], begin: str
) -> None:
    (tmp_path / "settings.toml").write_text('state_dir = "state"\n')
    ended = command("purge", *arguments, AUDIENCE_ASSETS_SETTINGS="settings.toml")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.decode().splitlines() == [
        f"{begin} 0 files of {kind}, 0 bytes"
        for kind in ("normalized records", "batch files", "state", "leftovers of killed processes")
    ]


def test_purge_with_settings_that_are_wrong_is_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('encryption_key = "c2VjcmV0"\n[retention]\nstate_days = -1\n')
    ended = command("purge", "--settings", "settings.toml")
    one_line_error(
        ended,
        "encryption_key: a secret does not belong in the file",
        "retention.state_days",
    )
    assert b"c2VjcmV0" not in ended.stderr
