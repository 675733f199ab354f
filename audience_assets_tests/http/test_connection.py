import logging

import httpx2
import pytest

from audience_assets.errors import SettingsError
from audience_assets.http.connection import fits_a_header, open_connection


@pytest.mark.parametrize(
    "address", ["https://graph.facebook.com", "http://127.0.0.1:80/x", "http://localhost", "http://[::1]:1"]
)
def test_https_and_this_machine_are_addresses(address: str) -> None:
    with open_connection(address, 1.0) as connection:
        assert connection.timeout == httpx2.Timeout(1.0)


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.1", "http://graph.facebook.com", "", "nonsense", "https://", "ftp://a.b", "http://a b"],
)
def test_an_address_that_is_none_or_not_encrypted_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="base_url"):
        open_connection(address, 1.0)


def test_logged_addresses_have_no_query_however_often_a_connection_is_opened(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(3):
        open_connection("https://graph.facebook.com", 1.0).close()
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx2").info(
        "HTTP Request: %s %s", "GET", httpx2.URL("https://a.b/c?signature=secret")
    )
    assert caplog.messages == ["HTTP Request: GET https://a.b/c"]
    assert len(logging.getLogger("httpx2").filters) == 1


@pytest.mark.parametrize("secret", ["a b", "a\n", "clé", "a\x00", "a\u200b"])
def test_a_secret_with_an_odd_sign_fits_no_header(secret: str) -> None:
    assert not fits_a_header(secret)
    assert fits_a_header("EAA-b_c.d/e+f=")
