"""Secrets are named in the file, read when they are used, and shown nowhere."""

import traceback

import pytest

from audience_assets import settings
from audience_assets.errors import SettingsError
from audience_assets.secret import Secret, revealed
from audience_assets.storage.objects import S3Target
from audience_assets_tests.settings.conftest import Load
from audience_assets_tests.settings.declared import vtex_ads

IN_CLEAR = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYhunter2KEY"
KEYS = "secret_access_key = { env = 'TEST_S3_SECRET' }\naccess_key_id = { env = 'TEST_S3_KEY_ID' }"


@pytest.mark.parametrize(
    "given",
    [
        f'"{IN_CLEAR}"',
        f'{{ env = "{IN_CLEAR}" }}',
        '{ env = "wJalrXUtnFEMIhunter2KEY" }',
        f'{{ env = "A", value = "{IN_CLEAR}" }}',
        f'{{ "{IN_CLEAR}" = "A" }}',
        f'["{IN_CLEAR}"]',
        '{ env = "" }',
        '{ env = "nome_é" }',
        "{}",
        "12345",
    ],
)
@pytest.mark.parametrize("key", ["secret_access_key", "access_key_id", "session_token"])
def test_a_secret_in_clear_is_refused_and_not_repeated(load: Load, key: str, given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"[destinations.x]\n{key} = {given}")
    told = "".join(traceback.format_exception(caught.value))
    assert f"destinations.x.{key}: a secret does not belong in the file: put it in the environment" in told
    assert 'write { env = "NAME" }' in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@db/ledger",
        "postgresql+psycopg://u:hunter2@db",
        "postgresql://db/x?user=u&password=hunter2",
    ],
)
def test_a_password_in_the_ledgers_url_is_refused_and_not_repeated(load: Load, url: str) -> None:
    with pytest.raises(
        SettingsError, match="ledger_url: the URL holds a password: put the whole URL"
    ) as caught:
        load(f'ledger_url = "{url}"')
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_ledger_url_without_password_may_stand_in_the_file(load: Load) -> None:
    assert (
        load('ledger_url = "postgresql://ledger@db:5432/ledger"').ledger
        == "postgresql://ledger@db:5432/ledger"
    )
    assert (
        load('ledger_url = "sqlite:////state/ledger.db?timeout=10"').ledger
        == "sqlite:////state/ledger.db?timeout=10"
    )


def test_a_ledger_url_is_read_from_the_environment_when_it_is_used(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load('ledger_url = { env = "TEST_LEDGER" }')
    with pytest.raises(SettingsError, match="the environment variable TEST_LEDGER is not set"):
        _ = loaded.ledger
    monkeypatch.setenv("TEST_LEDGER", "postgresql://u:hunter2@db/ledger")
    assert loaded.ledger == "postgresql://u:hunter2@db/ledger"
    assert "hunter2" not in f"{loaded!r} {loaded}"


def test_a_missing_secret_is_told_when_it_is_used_and_not_at_load(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = vtex_ads(load(f"[destinations.x]\nbucket = 'b'\n{KEYS}"), "x")
    with pytest.raises(
        SettingsError, match="the environment variable TEST_S3_KEY_ID is not set: set it where"
    ):
        publisher.target("x")
    monkeypatch.setenv("TEST_S3_KEY_ID", "")
    with pytest.raises(SettingsError, match="the environment variable TEST_S3_KEY_ID is not set"):
        publisher.target("x")


def test_a_target_needs_a_bucket_and_names_the_key(load: Load) -> None:
    publisher = vtex_ads(load("[destinations.x]"), "x")
    with pytest.raises(
        SettingsError, match=r"destinations.x.bucket is not set: name the bucket that your Newtail contact"
    ):
        publisher.target("x")


def test_a_target_has_every_setting_and_shows_no_secret(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(f"""
        [destinations.x]
        bucket = "b"
        endpoint_url = "https://s3.example.com"
        region = "sa-east-1"
        role_arn = "arn:aws:iam::1:role/x"
        external_id = "hunter2-external"
        conditional = "off"
        server_side_encryption = "aws:kms"
        kms_key_id = "k"
        acl = "bucket-owner-full-control"
        max_attempts = 2
        session_token = {{ env = "TEST_S3_TOKEN" }}
        {KEYS}
    """)
    for name in ("TEST_S3_SECRET", "TEST_S3_TOKEN"):
        monkeypatch.setenv(name, f"hunter2-{name}")
    monkeypatch.setenv("TEST_S3_KEY_ID", "AKIA1")
    target = vtex_ads(loaded, "x").target("x")
    assert target == S3Target(
        bucket="b",
        endpoint_url="https://s3.example.com",
        region="sa-east-1",
        access_key_id="AKIA1",
        secret_access_key="hunter2-TEST_S3_SECRET",
        session_token="hunter2-TEST_S3_TOKEN",
        role_arn="arn:aws:iam::1:role/x",
        external_id="hunter2-external",
        conditional="off",
        server_side_encryption="aws:kms",
        kms_key_id="k",
        acl="bucket-owner-full-control",
        max_attempts=2,
    )
    assert "hunter2" not in f"{target!r} {target}"
    assert "hunter2-TEST" not in f"{loaded!r} {loaded} {loaded.model_dump()}"


def test_the_environment_may_name_a_secret_and_not_hold_it(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_ASSETS__DESTINATIONS__X__SECRET_ACCESS_KEY", IN_CLEAR)
    with pytest.raises(
        SettingsError, match="variable AUDIENCE_ASSETS__DESTINATIONS__X__SECRET_ACCESS_KEY: a secret"
    ) as caught:
        load("[destinations.x]")
    assert "hunter2" not in str(caught.value)
    monkeypatch.delenv("AUDIENCE_ASSETS__DESTINATIONS__X__SECRET_ACCESS_KEY")
    monkeypatch.setenv("AUDIENCE_ASSETS__DESTINATIONS__X__SECRET_ACCESS_KEY__ENV", "A")
    monkeypatch.setenv("AUDIENCE_ASSETS__DESTINATIONS__X__ACCESS_KEY_ID__ENV", "B")
    assert vtex_ads(load("[destinations.x]"), "x").secret_access_key == Secret(env="A")


def test_nothing_is_revealed_where_no_secret_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert revealed(None) is None
    monkeypatch.setenv("TEST_SECRET", "x")
    assert revealed(Secret(env="TEST_SECRET")) == "x"


def test_defaults_name_no_secret() -> None:
    assert set(vtex_ads(settings.load()).credentials().values()) == {None}
