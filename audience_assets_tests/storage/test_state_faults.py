"""What goes wrong with a state on S3 is one sentence of ours, and no secret or word of the store is in it."""

from pathlib import Path

import pytest

from audience_assets import database
from audience_assets.errors import DeliveryInterruptedError, SettingsError, StateError
from audience_assets.sandbox.s3 import Credentials, S3Server
from audience_assets.settings import Settings
from audience_assets.storage import files, state_reading
from audience_assets.storage.object_path import ObjectPath
from audience_assets_tests.storage.on_s3 import SECRET, credentials, settings_on_s3


def state_of(settings: Settings) -> ObjectPath:
    assert isinstance(settings.state, ObjectPath)
    return settings.state


def test_a_put_that_is_refused_names_the_rights(
    s3_server: S3Server, on_s3: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials(monkeypatch, s3_server.write_only)
    elsewhere = on_s3.model_copy(update={"state_dir": f"s3://{s3_server.bucket}/not-theirs"})
    with pytest.raises(
        SettingsError, match=r"not-theirs/note\.json cannot be written, the answer was 403 AccessDenied"
    ):
        files.write_text(elsewhere.state / "note.json", "{}")


def test_a_wrong_secret_is_told_without_it(on_s3: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "a-wrong-secret")
    with pytest.raises(SettingsError, match="cannot be written") as caught:
        files.write_text(on_s3.state / "note.json", "{}")
    assert "a-wrong-secret" not in str(caught.value)
    with pytest.raises(SettingsError, match="cannot be read"), database.connect(on_s3) as connection:
        connection.read_parquet(state_reading.names(connection, [on_s3.state / "some.parquet"]))


def test_credentials_that_may_not_read_are_told(
    s3_server: S3Server, on_s3: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write_text(on_s3.state / "note.json", "{}")
    credentials(monkeypatch, s3_server.write_only)
    with pytest.raises(SettingsError, match=r"cannot be read, .*403.* allow s3:GetObject, s3:PutObject"):
        (on_s3.state / "note.json").read_bytes()
    with pytest.raises(SettingsError, match=r"cannot be read.*mend state_on_s3"):
        state_reading.plain_columns(on_s3.state / "note.json")


def test_an_object_that_is_missing_is_told(on_s3: Settings) -> None:
    gone = on_s3.state / "gone.parquet"
    with pytest.raises(StateError, match=r"gone\.parquet is missing"):
        state_reading.plain_columns(gone)
    with pytest.raises(StateError, match=r"gone\.parquet is missing"), files.at_hand(gone):
        pass
    with pytest.raises(StateError, match=r"gone\.parquet is missing"), database.connect(on_s3) as connection:
        connection.read_parquet(state_reading.names(connection, [gone]))


def test_an_object_that_is_no_parquet_file_is_told(on_s3: Settings) -> None:
    files.write_text(on_s3.state / "text.parquet", "text")
    with pytest.raises(StateError, match=r"text\.parquet is not a readable Parquet file"):
        state_reading.plain_columns(on_s3.state / "text.parquet")


def test_a_bucket_that_is_not_there_is_told(on_s3: Settings) -> None:
    nowhere = on_s3.model_copy(update={"state_dir": "s3://no-such-bucket/state"})
    with pytest.raises(SettingsError, match="there is no such bucket"):
        files.write_text(nowhere.state / "note.json", "{}")


def test_a_store_that_does_not_answer_is_run_again(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials(monkeypatch, Credentials("someone", "secret"))
    settings = settings_on_s3(s3_server, tmp_path)
    access = settings.state_on_s3.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    away = settings.model_copy(update={"state_on_s3": access})
    with pytest.raises(DeliveryInterruptedError, match="it is safe to run again"):
        files.write_text(state_of(away) / "note.json", "{}")


def test_a_scratch_folder_of_somebody_else_is_not_used(
    on_s3: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    unset = on_s3.model_copy(update={"scratch_dir": None})
    assert unset.scratch.stat().st_mode & 0o777 == 0o700
    unset.scratch.chmod(0o755)
    with pytest.raises(
        SettingsError, match="not a private folder of this user: remove it, or set scratch_dir"
    ):
        files.workplace(unset.state)
