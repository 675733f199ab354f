import json

import httpx2
import pytest

from audience_assets.destinations.meta.client import MetaClient, connect
from audience_assets.destinations.meta.limits import LONGEST_SPREAD, UNTIL_EASED, Pace, Usage, usage_in
from audience_assets.errors import DeliveryInterruptedError
from audience_assets_tests.destinations.meta.scripted import AUDIENCE, Answer, Clock, Scripted


def business_use(**figures: float) -> dict[str, str]:
    return {"X-Business-Use-Case-Usage": json.dumps({"42": [{"type": "custom_audience", **figures}]})}


def rest_after(headers: dict[str, str]) -> float:
    pace = Pace(10.0, Clock().now)
    pace.saw(httpx2.Headers(headers))
    return pace.seconds_of_the_limit()


@pytest.mark.parametrize(
    ("headers", "usage"),
    [
        ({}, Usage()),
        (business_use(call_count=28, total_cputime=25, total_time=61), Usage(61.0)),
        (business_use(call_count=100, estimated_time_to_regain_access=3), Usage(100.0, 180.0)),
        ({"X-App-Usage": '{"call_count": 80, "total_time": 5}'}, Usage(80.0)),
        ({"X-Ad-Account-Usage": '{"acc_id_util_pct": 9.67}'}, Usage(9.67)),
        ({**business_use(call_count=20), "X-App-Usage": '{"call_count": 90}'}, Usage(90.0)),
        ({"X-App-Usage": "{broken"}, Usage()),
        ({"X-App-Usage": "[80]"}, Usage()),
        ({"X-App-Usage": '{"call_count": "many", "other": [1, null]}'}, Usage()),
    ],
)
def test_the_worst_of_all_usage_headers_counts(headers: dict[str, str], usage: Usage) -> None:
    assert usage_in(httpx2.Headers(headers)) == usage


@pytest.mark.parametrize("share", ["call_count", "total_cputime", "total_time"])
def test_calls_spread_out_before_the_limit_and_pause_at_it(share: str) -> None:
    rests = [rest_after(business_use(**{share: used})) for used in (0, 50, 75, 80, 85, 90, 94.9, 95, 100)]
    assert rests[:3] == [0.0, 0.0, 0.0]
    assert rests == sorted(rests)
    assert rests[3:6] == pytest.approx([LONGEST_SPREAD / 4, LONGEST_SPREAD / 2, LONGEST_SPREAD * 3 / 4])
    assert rests[6] < LONGEST_SPREAD
    assert rests[7:] == [UNTIL_EASED, UNTIL_EASED]


def test_a_pause_at_the_limit_is_as_long_as_meta_says() -> None:
    assert rest_after(business_use(call_count=97, estimated_time_to_regain_access=2)) == 120.0


def test_time_that_passed_anyhow_is_not_waited_again() -> None:
    clock = Clock()
    pace = Pace(10.0, clock.now)
    pace.saw(httpx2.Headers(business_use(call_count=95)))
    clock.moment += 299.0
    assert pace.seconds_of_the_limit() == pytest.approx(1.0)
    clock.moment += 5.0
    assert pace.seconds_of_the_limit() == 0.0


def test_the_client_waits_after_a_telling_answer_and_not_once_it_has_eased(
    meta: Scripted, client: MetaClient, clock: Clock
) -> None:
    meta.answers = [Answer(AUDIENCE, headers=business_use(call_count=96)), Answer(AUDIENCE), Answer(AUDIENCE)]
    for _ in range(3):
        client.audience("123")
    assert clock.slept == [UNTIL_EASED]


def test_a_rest_beyond_the_patience_is_said_before_asking(meta: Scripted, clock: Clock) -> None:
    meta.answers = [Answer(AUDIENCE, headers=business_use(call_count=96, estimated_time_to_regain_access=40))]
    with connect(meta.access(patience_seconds=60), sleep=clock.sleep, now=clock.now) as client:
        client.audience("123")
        with pytest.raises(DeliveryInterruptedError, match=r"nearly used up; run again in 40 minutes"):
            client.audience("123")
    assert len(meta.asked) == 1
