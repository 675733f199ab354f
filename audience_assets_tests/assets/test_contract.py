"""A row that breaks the partner's contract stops the delta before anything is published."""

from hashlib import sha256

import pytest

from audience_assets.destinations.column import Column
from audience_assets_tests.assets.deployment import (
    DAYS,
    DELTA,
    HASHED,
    NORMALIZED,
    QUARANTINE,
    RAW,
    Deployment,
    failure,
    materialized,
    numbered,
    one_sentence,
)
from audience_assets_tests.on_disk import on_disk

EMAIL, PHONE = "ana@example.com", "+5511987654321"
DIGEST = sha256(EMAIL.encode()).hexdigest()


def deliver(patch: pytest.MonkeyPatch, *, digest: str = "lower(hex({0}))", customer_id: str = "{0}") -> None:
    """Let every column come out of the log by other SQL than it should."""

    def delivered_sql(self: Column, stored: str) -> str:
        sql = digest if self.hashed else customer_id if self.required else "{0}"
        return sql.format(stored)

    patch.setattr(Column, "delivered_sql", delivered_sql)


@pytest.mark.parametrize(
    ("broken", "rules"),
    [
        (
            {"digest": "upper(hex({0}))"},
            ["EMAIL_HASHED: 64 lower-case hex digits (4 of 4 rows)", "PHONE_HASHED: 64 lower-case hex"],
        ),
        ({"digest": "lower(hex({0})) || ' '"}, ["FIRST_NAME_HASHED: 64 lower-case hex digits (4 of 4 rows)"]),
        ({"customer_id": "''"}, ["CUSTOMER_ID: not blank (4 of 4 rows)"]),
        ({"customer_id": "null"}, ["CUSTOMER_ID: not null (4 of 4 rows)"]),
    ],
)
def test_a_broken_contract_publishes_nothing_and_names_rules_and_counts_never_values(
    deployed: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    broken: dict[str, str],
    rules: list[str],
) -> None:
    deliver(monkeypatch, **broken)
    deployed.land(DAYS[0], numbered(4, email=EMAIL, phone=PHONE))
    result = deployed.run(DAYS[0])
    asset, sentence = failure(result)
    assert asset == DELTA
    assert one_sentence(sentence, "break its contract, so nothing was published", *rules)
    assert not any(value in sentence.lower() for value in (EMAIL, PHONE, DIGEST, "c0"))
    assert materialized(result) == [RAW, NORMALIZED, HASHED, QUARANTINE]
    delta = on_disk(deployed.pipeline.layout.delta("vtex_ads", deployed.settings.partitions.start))
    assert list(delta.iterdir()) == []
    assert deployed.keys() == []


def test_the_mended_rule_delivers_the_same_day(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.land(DAYS[0], numbered(4, email=EMAIL))
    with monkeypatch.context() as patch:
        deliver(patch, digest="upper(hex({0}))")
        assert not deployed.run(DAYS[0]).success
    assert deployed.run(DAYS[0]).success
    due = sha256(EMAIL.encode()).hexdigest()
    assert deployed.delivered(DAYS[0]).column("EMAIL_HASHED").to_pylist() == [due] * 4
