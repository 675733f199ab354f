"""The reference for TikTok against published digests, and the reach of the corpora."""

from __future__ import annotations

from datetime import date

import pytest

from audience_assets_tests.reference import corpus, tiktok
from audience_assets_tests.reference.canonical import Canonical, canonical
from audience_assets_tests.reference.tiktok import Reading

AS_OF = date(2026, 11, 22)


def one(field: str, value: str, hashed: frozenset[str] = frozenset()) -> Canonical:
    return canonical({"customer_id": "1", "country": "US", field: value}, as_of=AS_OF, hashed=hashed)


@pytest.mark.parametrize(
    ("column", "field", "value", "normalized", "digest"),
    [
        ("email_SHA256", "email", "local-part.123+suffix@domain.com", "local-part123@domain.com", "8d771c407c5ac0a6d864156f7f3018b8f3b6f5ce3a6ab66ed8da18a6903f8978"),
        ("email_SHA256", "email", "John.Doe+News@Gmail.com", "johndoe@gmail.com", "06a240d11cc201676da976f7b49341181fd180da37cbe40a77432c0a366c80c3"),
        ("email_SHA256", "email", "janedoe@gmail.com", "janedoe@gmail.com", "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
        ("phone_SHA256", "phone", "(657) 777-0000", "+16577770000", "a6e82c2f4091baff57a4f33d01efb65bfbeacbbfbcfaa9d0ff9f57d28d78fedb"),
        ("phone_SHA256_digits", "phone", "+37493828222", "37493828222", "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"),
        ("MAID", "mobile_ad_id", "5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25", "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25", "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd"),
    ],
)  # fmt: skip
def test_published_digests_of_tiktok(
    column: str, field: str, value: str, normalized: str, digest: str
) -> None:
    result = one(field, value)
    values, refusals = tiktok.normalized(result, Reading())
    assert (values[column], refusals) == (normalized, {})
    assert tiktok.digests(result, values)[column] == digest


@pytest.mark.parametrize("value", ["+tag@example.com", "...@example.com", ".+.@example.com"])
def test_an_address_of_nothing_but_dots_and_a_tag_has_no_seed_form(value: str) -> None:
    assert tiktok.normalized(one("email", value), Reading())[1] == {"email_SHA256": "nothing left before @"}
    assert tiktok.normalized(one("email", value), Reading(email="plain"))[1] == {}


def test_records_and_values_reach_every_column_and_every_reason() -> None:
    given, reasons = set(), set()
    rows = [*corpus.records(1_000, 2), *({"email": value} for value in corpus.values("email", 10_500, 11))]
    for raw in rows:
        values, refusals = tiktok.normalized(canonical(raw, as_of=AS_OF), Reading())
        given |= {column for column, value in values.items() if value is not None}
        reasons |= set(refusals.values())
    assert (given, reasons) == (set(tiktok.FIELDS), {tiktok.NOTHING_LEFT})
