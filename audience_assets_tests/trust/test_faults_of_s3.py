"""VTEX Ads' store refuses, is busy, hangs up, or loses what it was sent: after the next run it holds each file of the day once."""

from datetime import date
from typing import Any

import pytest

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, DestinationRefusedError
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import EVERYBODY, World
from audience_assets_tests.trust.store_in_front import Spoilt, store_in_front

FAULTS: dict[str, tuple[Spoilt, type[AudienceAssetsError] | None]] = {
    "403": (Spoilt("answer", 403, "AccessDenied"), DestinationRefusedError),
    "409": (Spoilt("answer", 409, "ConditionalRequestConflict"), None),
    "500": (Spoilt("answer", 500, "InternalError"), DeliveryInterruptedError),
    "503": (Spoilt("answer", 503, "SlowDown"), DeliveryInterruptedError),
    "an upload that is cut off": (Spoilt("cut"), DeliveryInterruptedError),
    "no connection": (Spoilt("before"), DeliveryInterruptedError),
    "an answer that is lost, and 412 afterwards": (Spoilt("after"), DeliveryInterruptedError),
}
"""What becomes of the second file of three, and the error; none where it is tried again at once."""


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_next_run_sends_what_is_missing_and_no_file_twice(make: Any, fault: str) -> None:
    spoilt, error = FAULTS[fault]
    with store_in_front(make().s3.endpoint_url) as front:
        world: World = make(vtex_ads={"endpoint_url": front.endpoint_url, "rows_per_file": 4})
        world.land(DAYS[0], EVERYBODY)
        world.prepare(DAYS[0])
        day = date.fromisoformat(DAYS[0])
        world.pipeline.plan("vtex_ads", day)
        front.spoilt[:] = [None, spoilt]
        if error is not None:
            with pytest.raises(error, match="was not delivered") as told:
                world.pipeline.deliver("vtex_ads", day)
            assert "\n" not in str(told.value)
            stored = 8 if spoilt.kind == "after" else 4
            assert len(world.at_vtex_ads()) == stored
        world.pipeline.deliver("vtex_ads", day)
        assert set(world.at_vtex_ads()) == {row["customer_id"] for row in EVERYBODY}
        assert len(keys(world)) == 3
        assert front.puts == 4


def keys(world: World) -> list[str]:
    """The objects that the partner has."""
    listed = world.client.list_objects_v2(Bucket=world.s3.bucket, Prefix=f"{world.prefix}/")
    return [each["Key"] for each in listed.get("Contents", [])]
