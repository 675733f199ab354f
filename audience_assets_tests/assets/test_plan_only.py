"""A day that was only planned shows what would be sent, and nothing of it leaves until it is planned again to be delivered."""

from typing import Any

from audience_assets_tests.assets.deployment import (
    DAYS,
    DELIVERY,
    DELTA,
    Deployment,
    checks,
    failure,
    materialized,
    numbered,
    one_sentence,
)

PLAN_ONLY: dict[str, Any] = {"ops": {"vtex_ads__delta": {"config": {"plan_only": True}}}}


def test_a_day_that_was_only_planned_is_not_delivered_and_is_once_it_is_planned_without(
    deployed: Deployment,
) -> None:
    deployed.land(DAYS[0], numbered(20))
    planned = deployed.run(DAYS[0], config=PLAN_ONLY)
    asset, sentence = failure(planned)
    assert asset == DELIVERY
    assert one_sentence(sentence, "it was only planned", f"{DELTA} for {DAYS[0]} without plan_only")
    assert DELTA in materialized(planned)
    assert checks(planned)["removals_within_bounds"]
    shown = deployed.metadata(DELTA, DAYS[0])
    assert (shown["only planned"].value, shown["forecast: calls"].value) == (True, 1)
    assert deployed.keys() == []

    assert deployed.run(DAYS[0], DELTA, DELIVERY).success
    assert deployed.delivered(DAYS[0]).num_rows == 20
    assert deployed.metadata(DELTA, DAYS[0])["only planned"].value is False
    assert deployed.metadata(DELIVERY, DAYS[0])["calls"].value == 1
