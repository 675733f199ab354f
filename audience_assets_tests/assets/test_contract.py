"""A row that breaks the partner's contract stops the delta before anything is published."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from audience_assets.destinations.column import VERBATIM, Column
from audience_assets.destinations.vtex_ads import columns
from audience_assets_tests.assets.deployment import (
    DAYS,
    DELTA,
    HASHED,
    NORMALIZED,
    RAW,
    Deployment,
    failure,
    materialized,
    numbered,
    one_sentence,
)

EMAIL, PHONE, DIGEST = "ana@example.com", "+5511987654321", "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"


def upper_case_digests(patch: pytest.MonkeyPatch) -> None:
    def delivered_sql(self: Column, stored: str) -> str:
        return f"upper(hex({stored}))" if self.hashed else stored

    patch.setattr(Column, "delivered_sql", delivered_sql)


def digests_with_a_blank(patch: pytest.MonkeyPatch) -> None:
    def delivered_sql(self: Column, stored: str) -> str:
        return f"lower(hex({stored})) || ' '" if self.hashed else stored

    patch.setattr(Column, "delivered_sql", delivered_sql)


def empty_ids(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(columns, "VERBATIM", replace(VERBATIM, version=2, expression="''"))


def no_ids(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(columns, "VERBATIM", replace(VERBATIM, version=2, expression="nullif({0}, {0})"))


@pytest.mark.parametrize(
    ("broken", "rules"),
    [
        (upper_case_digests, ["EMAIL_HASHED: 64 lower-case hex digits (1)", "PHONE_HASHED: 64 lower-case hex"]),
        (digests_with_a_blank, ["FIRST_NAME_HASHED: 64 lower-case hex digits (1)"]),
        (empty_ids, ["CUSTOMER_ID: not blank (1)"]),
        (no_ids, ["CUSTOMER_ID"]),
    ],
)
def test_a_broken_contract_publishes_nothing_and_names_rules_and_counts_never_values(
    deployed: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    rules: list[str],
) -> None:
    broken(monkeypatch)
    deployed.land(DAYS[0], numbered(4, email=EMAIL, phone=PHONE))
    result = deployed.run(DAYS[0])
    asset, sentence = failure(result)
    assert asset == DELTA
    assert one_sentence(sentence, "break its contract, so nothing was published", *rules)
    assert not any(value in sentence.lower() for value in (EMAIL, PHONE, DIGEST, "c0"))
    assert materialized(result) == [RAW, NORMALIZED, HASHED]
    delta = deployed.pipeline.layout.delta("vtex_ads", deployed.settings.partitions.start)
    assert list(delta.iterdir()) == []
    assert deployed.keys() == []


def test_the_mended_rule_delivers_the_same_day(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.land(DAYS[0], numbered(4, email=EMAIL))
    with monkeypatch.context() as patch:
        upper_case_digests(patch)
        assert not deployed.run(DAYS[0]).success
    assert deployed.run(DAYS[0]).success
    assert deployed.delivered(DAYS[0]).column("EMAIL_HASHED").to_pylist() == [
        "a61a90f3aba15ad93a0fc3b21a7a9ca0b5f87a93d0f3b9c0d6a1d6f8e7c3c0a1"
    ] * 4
