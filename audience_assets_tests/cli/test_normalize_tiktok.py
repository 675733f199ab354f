"""`normalize` for TikTok: each column's string and digest, and the reason why there is none."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from audience_assets.destinations.tiktok.columns import HEADERS, destination
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.normalize import Normalizer
from audience_assets.rules import engine
from audience_assets.settings import Settings

TIKTOK = destination(
    "tiktok_br",
    TikTokSettings.model_validate(
        {"type": "tiktok", "advertiser_id": "1", "access_token": {"env": "TIKTOK_TOKEN"}}
    ),
    also=HEADERS,
)
UUID = "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"
ANSWERED = [
    ("email_SHA256", "local-part.123+suffix@domain.com", "local-part123@domain.com", "8d771c407c5ac0a6d864156f7f3018b8f3b6f5ce3a6ab66ed8da18a6903f8978"),
    ("phone_SHA256", "11 98765-4321", "+5511987654321", "38225ec3dccec4189659c110ddc4f3dc9c27539850cb6a9ddae31ae03a5cf441"),
    ("phone_SHA256_digits", "+37493828222", "37493828222", "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"),
    ("MAID", UUID.upper(), UUID, "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd"),
    ("MAID_plain", UUID.upper(), UUID, None),
]  # fmt: skip
REFUSED = [
    ("email_SHA256", "mary", "no @"),
    ("email_SHA256", "+tag@example.com", "nothing left before @"),
    ("email_SHA256", "..@example.com", "nothing left before @"),
    ("email_SHA256", " ", "blank"),
    ("phone_SHA256", "98765-4321", "no area code"),
    ("MAID", "00000000-0000-0000-0000-000000000000", "all zeros"),
    ("MAID", "aece52e7", "not a device id"),
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


def answers(
    connection: duckdb.DuckDBPyConnection, questions: list[tuple[str, Any]]
) -> list[tuple[Any, Any, Any]]:
    normalizer = Normalizer(connection, Settings(), {"tiktok_br": TIKTOK})
    lines = [
        json.dumps({"destination": "tiktok_br", "field": column, "value": value})
        for column, value in questions
    ]
    found = [json.loads(line) for line in normalizer.lines(lines)]
    return [(answer["normalized"], answer["sha256"], answer["reason"]) for answer in found]


def test_every_column_has_an_example() -> None:
    assert {column for column, *_ in ANSWERED} == {column.name for column in TIKTOK.columns}


def test_each_column_is_answered_with_tiktoks_string_and_digest(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = answers(connection, [(column, value) for column, value, *_ in ANSWERED])
    assert found == [(normalized, digest, None) for *_, normalized, digest in ANSWERED]


def test_what_tiktok_cannot_be_told_has_a_reason(connection: duckdb.DuckDBPyConnection) -> None:
    found = answers(connection, [(column, value) for column, value, _ in REFUSED])
    assert found == [(None, None, reason) for *_, reason in REFUSED]
