"""`normalize` for Meta: each key's string and digest, and the reason why there is none."""

import json
from collections.abc import Callable, Iterator
from typing import Any, get_args

import duckdb
import pytest

from audience_assets.destinations.meta.columns import destination
from audience_assets.destinations.meta.settings import Key, MetaSettings
from audience_assets.normalize import Normalizer
from audience_assets.rules import engine
from audience_assets.settings import Settings

META = destination(
    "meta_br",
    MetaSettings.model_validate(
        {
            "type": "meta",
            "ad_account": "123",
            "access_token": {"env": "META_TOKEN"},
            "keys": get_args(Key),
            "app_ids": ("1",),
            "page_ids": ("2",),
            "audiences": {"worth": {"value_based": True}},
        }
    ),
)

AskMeta = Callable[..., list[tuple[Any, Any, Any]]]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


@pytest.fixture
def ask_meta(connection: duckdb.DuckDBPyConnection) -> AskMeta:
    """Normalized string, digest and reason for each question: a key, a value, and whatever else the line says."""

    def ask(
        questions: list[tuple[str, Any, dict[str, Any]]], settings: Settings | None = None
    ) -> list[tuple[Any, Any, Any]]:
        normalizer = Normalizer(connection, settings or Settings(), {"meta_br": META})
        lines = [
            json.dumps({"destination": "meta_br", "field": key, "value": value} | more)
            for key, value, more in questions
        ]
        answers = [json.loads(line) for line in normalizer.lines(lines)]
        return [(answer["normalized"], answer["sha256"], answer["reason"]) for answer in answers]

    return ask


USA = {"country": "US"}
GOLDEN: list[tuple[str, Any, dict[str, Any], str, str | None]] = [
    ("EXTERN_ID", " CUST-0001 ", {}, "CUST-0001", None),
    ("EMAIL", " Mary@Example.com", {}, "mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
    ("PHONE", "(650)555-1212", USA, "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("GEN", "Female", {}, "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
    ("DOBY", "16/02/1997", {}, "1997", "0985b889a1fe4f4e1fb925061ac6fb2247f10875f5fcbe63eec2ab55ed68970e"),
    ("DOBM", "2/16/1997", {"date_order": "mdy"}, "02", "a953f09a1b6b6725b81956e9ad0b1eb49e3ad40004c04307ef8af6246a054116"),
    ("DOBD", "16/02/1997", {}, "16", "b17ef6d19c7a5b1ee83b907c595526dcb1eb06db8227d650d5dda0a9f4ce8cd9"),
    ("LN", "O'Brien", {}, "obrien", "b4cb6cb33fe4b865868de825023a1e2790dc12ac01ecc8d7c5afe8254071c8ba"),
    ("FN", "Val\u00e9ry", {}, "val\u00e9ry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("FI", "Mary", {}, "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
    ("CT", "S\u00e3o Paulo", {}, "saopaulo", "8f7f2f7ccd3f2898cf4850905346e8fb333d00aac1c974f8f37326e068cf7b1e"),
    ("ST", "California", USA, "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
    ("ST", "California", USA | {"from": "state"}, "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
    ("ZIP", "94035-1234", USA, "94035", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
    ("ZIP", "M1 1AE", {"country": "GB"}, "m11ae", "1dc694c2070e697769fb959b50671d76cafd430d8ca191fbdd0affcaea344ac5"),
    ("ZIP", 1310100, {}, "01310100", "9a4a139dfbfcd2fc89a3cb4302dad65a35abd8d29a56c09a962b69c5cf3bca40"),
    ("COUNTRY", "Estados Unidos", {}, "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ("MADID", "AECE52E7-03EE-455A-B3C4-E57283966239", {}, "aece52e7-03ee-455a-b3c4-e57283966239", None),
    ("APPUID", "0123", {}, "0123", None),
    ("PAGEUID", " 4567", {}, "4567", None),
    ("LOOKALIKE_VALUE", "12.50", {}, "12.5", None),
]  # fmt: skip

REFUSED: list[tuple[str, Any, dict[str, Any], str]] = [
    ("EMAIL", "mary", {}, "no @"),
    ("PHONE", "98765-4321", {}, "no area code"),
    ("GEN", "outro", {}, "neither m nor f"),
    ("GEN", "azul", {}, "unknown word"),
    ("GEN", "n/a", {}, "blank"),
    ("DOBY", "30/02/1997", {}, "no such day"),
    ("FN", "...", {}, "nothing but punctuation"),
    ("LN", "\u200b", {}, "blank"),
    ("FI", "-", {}, "nothing but punctuation"),
    ("CT", "\u6771\u4eac", {}, "no letter a to z"),
    ("ST", "\u6771\u4eac\u90fd", {"country": "JP"}, "no letter a to z"),
    ("ST", "Bayern", USA, "not a US state"),
    ("ZIP", "123456", USA, "not a US ZIP code"),
    ("ZIP", "-", {"country": "PT"}, "nothing but dashes"),
    ("ZIP", "123", {}, "not a CEP"),
    ("COUNTRY", "Atlantis", {}, "unknown country"),
    ("MADID", "00000000-0000-0000-0000-000000000000", {}, "all zeros"),
    ("LOOKALIKE_VALUE", "-1", {}, "negative"),
    ("EXTERN_ID", " ", {}, "blank"),
    ("ZIP", "94035", {"from": "region"}, "from must be one of postal_code for ZIP"),
]


def test_every_key_has_an_example() -> None:
    assert {key for key, *_ in GOLDEN} == {column.name for column in META.columns}


def test_each_key_is_answered_with_meta_s_string_and_digest(ask_meta: AskMeta) -> None:
    answers = ask_meta([(key, value, more) for key, value, more, _, _ in GOLDEN])
    assert answers == [(normalized, sha256, None) for *_, normalized, sha256 in GOLDEN]


def test_what_meta_cannot_be_told_has_a_reason(ask_meta: AskMeta) -> None:
    answers = ask_meta([(key, value, more) for key, value, more, _ in REFUSED])
    assert answers == [(None, None, reason) for *_, reason in REFUSED]


def test_a_field_of_ready_made_digests_gives_its_whole_and_no_part(ask_meta: AskMeta) -> None:
    digest = "AB" * 32
    settings = Settings.model_validate({"source": {"hashed": ["birth_date", "first_name", "gender"]}})
    answers = ask_meta([(key, digest, {}) for key in ("FN", "GEN", "FI", "DOBY")], settings)
    part = (None, None, "only a digest of the whole field")
    assert answers == [(None, digest.lower(), None), (None, digest.lower(), None), part, part]
