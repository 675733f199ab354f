"""The reference for Meta against published digests, and the reach of the corpora."""

from __future__ import annotations

from datetime import date

import pytest

from audience_assets_tests.reference import corpus, meta
from audience_assets_tests.reference.canonical import Canonical, canonical

AS_OF = date(2026, 11, 22)
REASONS = {
    "GEN": {"neither m nor f"},
    "LN": {"nothing but punctuation"},
    "FN": {"nothing but punctuation"},
    "FI": {"nothing but punctuation"},
    "CT": {"no letter a to z"},
    "ST": {"no letter a to z", "not a US state"},
    "ZIP": {"not a US ZIP code", "nothing but dashes"},
}


def one(field: str, value: str, country: str = "", hashed: frozenset[str] = frozenset()) -> Canonical:
    return canonical({"customer_id": "1", "country": country, field: value}, as_of=AS_OF, hashed=hashed)


@pytest.mark.parametrize(
    ("key", "field", "value", "country", "normalized", "digest"),
    [
        ("EMAIL", "email", "mary@example.com", "", "mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("PHONE", "phone", "+15559876543", "", "15559876543", "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"),
        ("GEN", "gender", "Female", "", "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
        ("DOBY", "birth_date", "16/02/1997", "", "1997", "0985b889a1fe4f4e1fb925061ac6fb2247f10875f5fcbe63eec2ab55ed68970e"),
        ("DOBM", "birth_date", "16/02/1997", "", "02", "a953f09a1b6b6725b81956e9ad0b1eb49e3ad40004c04307ef8af6246a054116"),
        ("DOBD", "birth_date", "16/02/1997", "", "16", "b17ef6d19c7a5b1ee83b907c595526dcb1eb06db8227d650d5dda0a9f4ce8cd9"),
        ("FN", "first_name", "Valéry", "", "valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        ("FN", "first_name", "정", "", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("LN", "last_name", "O'Brien", "", "obrien", "b4cb6cb33fe4b865868de825023a1e2790dc12ac01ecc8d7c5afe8254071c8ba"),
        ("FI", "first_name", "Mary", "", "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
        ("CT", "city", "São Paulo", "", "saopaulo", "8f7f2f7ccd3f2898cf4850905346e8fb333d00aac1c974f8f37326e068cf7b1e"),
        ("ST", "state", "California", "US", "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
        ("ZIP", "postal_code", "94035-1234", "US", "94035", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
        ("ZIP", "postal_code", "M1 1AE", "UK", "m11ae", "1dc694c2070e697769fb959b50671d76cafd430d8ca191fbdd0affcaea344ac5"),
        ("COUNTRY", "country", "USA", "USA", "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ],
)  # fmt: skip
def test_published_digests_of_meta(
    key: str, field: str, value: str, country: str, normalized: str, digest: str
) -> None:
    result = one(field, value, country)
    values, refusals = meta.normalized(result)
    assert (values[key], refusals) == (normalized, {})
    assert meta.digests(result, values)[key] == digest


def test_a_dropped_letter_is_the_other_reading_of_a_city() -> None:
    result = one("city", "São Paulo")
    values, _ = meta.normalized(result, "drop")
    digest = "4a287883aa51936209f313e4c62d9b38b41b7df896dfdff33b98dc1a86607668"
    assert (values["CT"], meta.digests(result, values)["CT"]) == ("sopaulo", digest)


def test_a_ready_made_digest_is_of_the_whole_field() -> None:
    result = one("first_name", "AB" * 32, hashed=frozenset({"first_name"}))
    values, refusals = meta.normalized(result)
    assert (values["FN"], values["FI"]) == ("ab" * 32, None)
    assert refusals == {"FI": "only a digest of the whole field"}


def test_records_reach_every_key_and_every_reason_under_either_country() -> None:
    reasons: dict[str, set[str]] = {}
    given = set()
    for default_country in ("BR", "US"):
        for raw in corpus.records(6_000, 2):
            result = canonical(raw, as_of=AS_OF, default_country=default_country)
            values, refusals = meta.normalized(result)
            given |= {key for key, value in values.items() if value is not None}
            for key, reason in refusals.items():
                reasons.setdefault(key, set()).add(reason)
    assert given == set(meta.FIELDS)
    assert reasons == REASONS
