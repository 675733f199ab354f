"""A file reaches the store once under a known key, and a lost answer never doubles it unnoticed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audience_assets.destinations.vtex_ads.newtail import NewtailAccess, Uploaded
from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError, StateError
from audience_assets.sandbox.newtail import Fault, NewtailServer
from audience_assets_tests.destinations.vtex_ads.conftest import ROWS, Publisher, Time

Make = Callable[..., Publisher]


def keys(server: NewtailServer) -> list[str]:
    """The keys of all forms that were handed out, in order."""
    return [form.key for form in server.issued]


def objects_of(server: NewtailServer) -> dict[str, bytes]:
    """What stands under the keys of this test."""
    return {key: content for key, content in server.stored().items() if key in keys(server)}


def test_a_file_arrives_byte_for_byte_under_the_key_that_newtail_chose(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    assert publisher().upload() == Uploaded(keys(server)[0], ())
    assert objects_of(server) == {keys(server)[0]: ROWS}
    assert time.pauses == []


def test_the_key_is_told_before_the_first_byte_goes_there(server: NewtailServer, publisher: Make) -> None:
    one = publisher()
    stood_there: list[bool] = []

    def note(key: str) -> None:
        stood_there.append(key in server.stored())

    one.newtail.upload(one.path, note_key=note)
    assert stood_there == [False]


def test_nothing_is_sent_when_the_key_cannot_be_noted(server: NewtailServer, publisher: Make) -> None:
    one = publisher()

    def note(_: str) -> None:
        raise StateError("the ledger is gone")

    with pytest.raises(StateError, match="the ledger is gone"):
        one.newtail.upload(one.path, note_key=note)
    assert objects_of(server) == {}


def test_each_file_gets_a_form_of_its_own(server: NewtailServer, publisher: Make) -> None:
    one = publisher()
    delivered = [one.upload().key, one.upload().key]
    assert delivered == keys(server) == one.noted
    assert len(set(delivered)) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("upload", "drop before"),
        Fault("upload", "drop after"),
        Fault("upload", "answer", status=500),
        Fault("upload", "answer", status=503, body="<Error><Code>SlowDown</Code></Error>"),
        Fault("upload", "answer", status=429),
        Fault("upload", "answer", status=408),
        Fault("upload", "answer", status=400, body="<Error><Code>RequestTimeout</Code></Error>"),
        Fault("upload", "answer", status=200, body="<html>signed in to the wireless network</html>"),
        Fault("upload", "answer", status=200, headers={"ETag": ""}),
    ],
    ids=str,
)
def test_a_lost_or_passing_answer_is_followed_by_the_same_form(
    server: NewtailServer, publisher: Make, fault: Fault
) -> None:
    server.faults += [fault, fault]
    one = publisher()
    assert one.upload() == Uploaded(keys(server)[0], ())
    assert len(keys(server)) == len(one.noted) == 1
    assert objects_of(server) == {one.noted[0]: ROWS}


def test_an_answer_that_comes_too_late_is_a_lost_one(
    server: NewtailServer, publisher: Make, access: NewtailAccess
) -> None:
    server.faults.append(Fault("upload", "delay", seconds=0.6))
    one = publisher(replace(access, timeout_seconds=0.3))
    assert one.upload() == Uploaded(keys(server)[0], ())
    assert objects_of(server) == {one.noted[0]: ROWS}


def test_when_the_form_ran_out_after_a_lost_answer_both_keys_are_named(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    server.faults.append(Fault("upload", "drop after"))
    time.seconds_per_pause = 1000
    one = publisher()
    delivered = one.upload()
    first, second = keys(server)
    assert delivered == Uploaded(second, (first,))
    assert one.noted == [first, second]
    assert objects_of(server) == {first: ROWS, second: ROWS}


def test_a_form_is_not_used_near_its_end(server: NewtailServer, publisher: Make, time: Time) -> None:
    server.faults.append(Fault("upload", "answer", status=429))
    time.seconds_per_pause = 0.95 * server.expires_in
    assert publisher().upload().key == keys(server)[1]


def test_when_the_form_ran_out_after_a_clear_no_there_is_no_doubt(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    server.faults.append(Fault("upload", "answer", status=429))
    time.seconds_per_pause = 1000
    assert publisher().upload() == Uploaded(keys(server)[1], ())
    assert list(objects_of(server)) == keys(server)[1:]


def test_a_doubt_about_one_key_does_not_pass_to_the_next(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    server.faults += [Fault("upload", "drop before"), Fault("upload", "answer", status=429)]
    time.seconds_per_pause = 1000
    assert publisher().upload() == Uploaded(keys(server)[2], (keys(server)[0],))


def test_a_form_that_the_store_finds_too_old_is_replaced_at_once(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    one = publisher()

    def delayed(key: str) -> None:
        if key == keys(server)[0]:
            server.clock.advance(server.expires_in + 1)

    assert one.newtail.upload(one.path, note_key=delayed) == Uploaded(keys(server)[1], ())
    assert time.pauses == []


def test_a_lost_answer_and_then_a_form_that_is_too_old_leave_a_doubt(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    server.faults += [
        Fault("upload", "drop after"),
        Fault(
            "upload",
            "answer",
            status=403,
            body="<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>",
        ),
    ]
    assert publisher().upload() == Uploaded(keys(server)[1], (keys(server)[0],))
    assert time.pauses == [1.0]


def test_keys_of_an_earlier_run_are_named_again(server: NewtailServer, publisher: Make) -> None:
    assert publisher().upload("earlier-1", "earlier-2") == Uploaded(
        keys(server)[0], ("earlier-1", "earlier-2")
    )


def test_an_interruption_names_the_key_that_the_next_run_is_given(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    server.faults += [Fault("upload", "drop after"), *[Fault("upload", "answer", status=429)] * 4]
    one = publisher()
    with pytest.raises(DeliveryInterruptedError) as caught:
        one.upload()
    (first,) = one.noted
    assert str(caught.value) == (
        "part-0001.parquet.snappy was not delivered to VTEX Ads, the store is busy (429): run it again"
        f" (it may stand under {first}; the delivery says so when it is done)"
    )
    assert time.pauses == [1.0, 2.0, 4.0, 8.0]
    again = one.upload(*one.noted)
    assert again == Uploaded(keys(server)[1], (first,))


@pytest.mark.parametrize("step", ["form", "upload"])
def test_the_pause_is_as_long_as_the_answer_asks_for(
    server: NewtailServer, publisher: Make, time: Time, step: str
) -> None:
    asked = Fault(step, "answer", status=429, headers={"Retry-After": "7"})  # type: ignore[arg-type]
    dated = replace(asked, headers={"Retry-After": "Sun, 22 Nov 2026 07:28:00 GMT"})
    server.faults += [asked, dated]
    publisher().upload()
    assert time.pauses == [7.0, 1.0]


def test_a_pause_beyond_all_patience_ends_the_run_at_once(
    server: NewtailServer, publisher: Make, time: Time
) -> None:
    server.faults.append(Fault("form", "answer", status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(DeliveryInterruptedError, match=r"Newtail is busy or failing \(429\): run it again"):
        publisher().upload()
    assert time.pauses == []


@pytest.mark.parametrize("attempts", [1, 3])
def test_there_are_as_many_tries_as_the_settings_allow(
    server: NewtailServer, publisher: Make, access: NewtailAccess, time: Time, attempts: int
) -> None:
    server.faults += [Fault("form", "drop before")] * 9
    with pytest.raises(DeliveryInterruptedError, match="no answer after the request had left"):
        publisher(replace(access, max_attempts=attempts)).upload()
    assert len(server.faults) == 9 - attempts
    assert len(time.pauses) == attempts - 1


def test_a_form_that_was_lost_on_its_way_is_asked_for_again(server: NewtailServer, publisher: Make) -> None:
    server.faults += [
        Fault("form", "drop after"),
        Fault("form", "answer", status=502),
        Fault("form", "answer", status=200, body="<html>"),
        Fault("form", "answer", status=200, body="null"),
    ]
    one = publisher()
    assert one.upload() == Uploaded(keys(server)[1], ())
    assert one.noted == keys(server)[1:]


def test_a_file_above_the_limit_is_refused_before_it_is_sent(server: NewtailServer, publisher: Make) -> None:
    server.max_bytes = len(ROWS) - 1
    one = publisher()
    with pytest.raises(
        DestinationRefusedError,
        match="more than the 26 bytes that Newtail takes in one file; set a smaller rows_per_file",
    ):
        one.upload()
    assert one.noted == []
    server.max_bytes = len(ROWS)
    assert one.upload().maybe_also == ()


def test_a_missing_file_is_told_before_a_form_is_asked_for(
    server: NewtailServer, publisher: Make, tmp_path: Path
) -> None:
    one = publisher()
    one.path = tmp_path / "gone.parquet"
    with pytest.raises(StateError, match=r"gone\.parquet is missing: materialize it again"):
        one.upload()
    assert keys(server) == []
