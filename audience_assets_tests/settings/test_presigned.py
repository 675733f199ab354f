"""A VTEX Ads destination's two transports: each takes its own keys, refuses the other's, and shows no secret."""

import pytest

from audience_assets.destinations.vtex_ads.newtail import NewtailAccess
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import SettingsError
from audience_assets.settings import Settings
from audience_assets_tests.settings.conftest import Load

PRESIGNED = """
[destinations.x]
type = "vtex_ads"
transport = "presigned"
app_id = { env = "TEST_APP_ID" }
api_key = { env = "TEST_API_KEY" }
"""


def publisher(loaded: Settings) -> VtexAdsSettings:
    """The destination `x`."""
    found = loaded.destinations["x"]
    assert isinstance(found, VtexAdsSettings)
    return found


def test_the_transport_is_s3_unless_told_otherwise(load: Load) -> None:
    assert publisher(load("[destinations.x]")) == VtexAdsSettings(transport="s3")


def test_presigned_is_an_access_to_newtails_address(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_APP_ID", "hunter2-app")
    monkeypatch.setenv("TEST_API_KEY", "hunter2-key")
    loaded = load(PRESIGNED)
    access = publisher(loaded).newtail("x")
    assert access == NewtailAccess(
        base_url="https://api-retail-media.newtail.com.br",
        app_id="hunter2-app",
        api_key="hunter2-key",
        timeout_seconds=60,
        max_attempts=5,
    )
    assert "hunter2" not in f"{loaded!r} {loaded.model_dump()}"
    assert "hunter2-key" not in repr(access)


def test_presigned_takes_its_own_keys_and_the_shared_ones(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_APP_ID", "a")
    monkeypatch.setenv("TEST_API_KEY", "k")
    more = "upload_url = 'http://127.0.0.1:8000/'\ntimeout_seconds = 5\nmax_attempts = 2\nrows_per_file = 10\ndeparted = 'keep'"
    access = publisher(load(PRESIGNED + more)).newtail("x")
    assert (access.base_url, access.timeout_seconds, access.max_attempts) == ("http://127.0.0.1:8000", 5, 2)


def test_a_missing_credential_is_told_when_it_is_used_and_not_at_load(load: Load) -> None:
    x = publisher(load(PRESIGNED))
    with pytest.raises(SettingsError, match="the environment variable TEST_APP_ID is not set"):
        x.newtail("x")


def test_the_other_transport_has_no_access(load: Load) -> None:
    with pytest.raises(
        SettingsError, match=r'destinations\.x\.transport is not "presigned": set it, with app_id'
    ):
        publisher(load("[destinations.x]")).newtail("x")


@pytest.mark.parametrize("missing", ["app_id", "api_key"])
def test_presigned_needs_both_credentials(load: Load, missing: str) -> None:
    text = "\n".join(line for line in PRESIGNED.splitlines() if not line.startswith(missing))
    with pytest.raises(
        SettingsError, match=r'destinations\.x: transport = "presigned" needs app_id and api_key'
    ):
        load(text)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("bucket = 'b'", "bucket"),
        ("prefix = 'p'\nbucket = 'b'", "bucket, prefix"),
        ("region = 'sa-east-1'", "region"),
        ("role_arn = 'arn:aws:iam::1:role/x'", "role_arn"),
        ("conditional = 'off'", "conditional"),
        ("acl = 'private'", "acl"),
        ("kms_key_id = 'k'\nserver_side_encryption = 'aws:kms'", "server_side_encryption, kms_key_id"),
    ],
)
def test_what_presigned_does_not_use_is_refused_by_name(load: Load, given: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(PRESIGNED + given)
    assert str(caught.value).endswith(
        f'destinations.x: transport = "presigned" does not use {named}: remove that, or set transport = "s3"'
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ('app_id = { env = "A" }\napi_key = { env = "B" }', "app_id, api_key"),
        ("timeout_seconds = 5", "timeout_seconds"),
        ("upload_url = 'https://api.example.com'", "upload_url"),
    ],
)
def test_what_s3_does_not_use_is_refused_by_name(load: Load, given: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"[destinations.x]\nbucket = 'b'\n{given}")
    assert str(caught.value).endswith(
        f'transport = "s3" does not use {named}: remove that, or set transport = "presigned"'
    )


@pytest.mark.parametrize(
    "address",
    ["http://api.example.com", "ftp://api.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1"],
)
def test_an_address_without_tls_is_refused(load: Load, address: str) -> None:
    with pytest.raises(SettingsError, match=r"destinations\.x\.upload_url: .* must begin with https://"):
        load(f"{PRESIGNED}upload_url = '{address}'")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.example.com",
        "https://",
        "https://[x",
        "https://h:port",
        "https://u:hunter2@h",
        "https://h?key=hunter2",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(load: Load, address: str) -> None:
    with pytest.raises(
        SettingsError, match=r"destinations\.x\.upload_url: write the API's address"
    ) as caught:
        load(f"{PRESIGNED}upload_url = '{address}'")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["app_id", "api_key"])
def test_a_credential_in_clear_is_refused_and_not_repeated(load: Load, key: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"destinations\.x\.{key}: a secret does not belong in the file"
    ) as caught:
        load(f'[destinations.x]\n{key} = "hunter2"')
    assert "hunter2" not in str(caught.value)
