"""Opens the HTTP connections of one partner, and keeps the queries of URLs out of the logs."""

import logging
from importlib.metadata import version

import httpx2

from audience_assets.errors import SettingsError

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class _WithoutQueries(logging.Filter):
    """httpx2 logs every URL; some partners take signatures in the query, and a log is no place for them."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.copy_with(query=None) if isinstance(each, httpx2.URL) else each for each in record.args
            )
        return True


_without_queries = _WithoutQueries()


def open_connection(base_url: str, timeout_seconds: float) -> httpx2.Client:
    """A client for one partner, that goes through the environment's proxies and trusts its certificates.

    Raises:
        SettingsError: `base_url` is not an address, or would send credentials in clear to another machine.
    """
    logging.getLogger("httpx2").addFilter(_without_queries)
    _require_safe(base_url)
    agent = f"audience-assets/{version('audience-assets')}"
    return httpx2.Client(timeout=timeout_seconds, headers={"User-Agent": agent})


def fits_a_header(secret: str) -> bool:
    """Whether a secret can stand in a header; an HTTP library does not send another one and then shows it in its error."""
    return secret.isascii() and secret.isprintable() and " " not in secret


def _require_safe(base_url: str) -> None:
    try:
        address = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        address = httpx2.URL("")
    if not address.host or address.scheme not in {"http", "https"}:
        raise SettingsError("base_url is not a web address: mend the settings")
    if address.scheme == "http" and address.host not in LOOPBACK:
        raise SettingsError(
            f"base_url http://{address.host} would carry credentials unencrypted: write https://"
        )
