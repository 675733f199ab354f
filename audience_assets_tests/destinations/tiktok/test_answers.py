from typing import Any

import httpx2
import pytest

from audience_assets.destinations.tiktok.answers import (
    AudienceBusyError,
    Call,
    ExpiredFileError,
    TikTokRefusedError,
    TooFewPeopleError,
    outcome_of,
)
from audience_assets.destinations.tiktok.codes import BY_CODE, LIMITS, NOT_YET
from audience_assets.errors import AudienceNotReadyError
from audience_assets.http.outcome import Done, Outcome, Refused, Retry, Unknown
from audience_assets_tests.destinations.tiktok.scripted import DIGEST, TOKEN, refusal

ON_AUDIENCE = Call("append to audience 123", "audience")
ON_ACCOUNT = Call("read advertiser 1", "account")
PAUSE = 7.0
UNFINISHED = (
    "This replace operation is rejected as there is an existing unfinished replace operation for this audience. Please wait"
    " until the current operation completes on this audience before re trying."
)


def answered(code: int, message: str | None = None, *, call: Call = ON_AUDIENCE, **more: Any) -> Outcome:
    answer = refusal(code, message, **more)
    return outcome_of(httpx2.Response(answer.status, json=answer.body), call, lambda: PAUSE)


def refused(
    code: int, message: str | None = None, *, call: Call = ON_AUDIENCE, **more: Any
) -> TikTokRefusedError:
    outcome = answered(code, message, call=call, **more)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, TikTokRefusedError)
    return outcome.error


REFUSALS = [
    (40000, "audience", "a parameter is not as the API wants it"),
    (40001, "account", "the access token may not do this"),
    (40002, "audience", "a parameter is not as the API wants it"),
    (40003, "account", "the access token may not do this"),
    (40006, "account", "a newer audience_assets is needed"),
    (40007, "audience", "TikTok does not find it"),
    (40008, "account", "a newer audience_assets is needed"),
    (40009, "account", "TikTok's own sandbox cannot do this"),
    (40010, "account", "TikTok's own sandbox cannot do this"),
    (40011, "audience", "a fault of audience_assets"),
    (40012, "audience", "TikTok takes no changes of it"),
    (40013, "account", "mend advertiser_id"),
    (40051, "account", "a newer audience_assets is needed"),
    (40062, "audience", "not hashed"),
    (40101, "account", "the access token may not do this"),
    (40102, "account", "the access token has expired"),
    (40104, "account", "the access token is empty"),
    (40105, "account", "the access token is not valid"),
    (40106, "account", "user is no longer valid"),
    (40113, "account", "TikTok has blocked the app"),
    (40114, "account", "withdrawn the app's access"),
    (40117, "account", "the access token may not do this"),
    (40118, "account", "allow list"),
    (40119, "account", "the access token may not do this"),
    (40124, "account", "the access token may not do this"),
    (40125, "account", "the access token may not do this"),
    (40130, "account", "the access token may not do this"),
    (40300, "account", "mend advertiser_id"),
    (40301, "account", "the role of the token's user"),
    (40302, "account", "mend advertiser_id"),
    (40309, "account", "the access token is not valid"),
    (40400, "account", "a newer audience_assets is needed"),
    (40502, "audience", "as many audiences as TikTok allows"),
    (40900, "audience", "did not arrive as it was sent"),
    (40905, "audience", "cannot use the uploaded file"),
    (40906, "audience", "cannot use the uploaded file"),
    (40907, "audience", "set a smaller file_bytes"),
    (40908, "audience", "cannot use the uploaded file"),
    (40909, "audience", "cannot use the uploaded file"),
    (40910, "audience", "it is uploaded anew"),
    (40915, "audience", "cannot use the uploaded file"),
    (41000, "account", "TikTok has blocked this"),
    (41001, "account", "a newer audience_assets is needed"),
    (41002, "account", "a newer audience_assets is needed"),
    (49999, "audience", "TikTok's return codes"),
]


@pytest.mark.parametrize(("code", "scope", "says"), REFUSALS)
def test_a_code_says_what_stops_and_what_to_do(code: int, scope: str, says: str) -> None:
    error = refused(code)
    assert (error.code, error.scope, error.one_audience) == (code, scope, scope != "account")
    assert says in str(error)


def test_every_code_that_has_a_meaning_is_tried() -> None:
    assert BY_CODE.keys() <= {code for code, *_ in REFUSALS}


def test_a_missing_advertiser_is_told_from_a_missing_audience() -> None:
    error = refused(40007, call=ON_ACCOUNT)
    assert (error.scope, "mend advertiser_id" in str(error)) == ("account", True)


@pytest.mark.parametrize(
    "message",
    ["The audience is being processed", "audience in process", "Audience is still calculating", UNFINISHED],
)
@pytest.mark.parametrize("code", [40000, 40002])
def test_an_audience_that_is_being_processed_is_busy_and_not_refused(code: int, message: str) -> None:
    with pytest.raises(AudienceBusyError, match=rf"append to audience 123 \(code {code}.*run again") as error:
        answered(code, message)
    assert isinstance(error.value, AudienceNotReadyError)


@pytest.mark.parametrize(
    "message",
    [
        "The audience size is less than 1,000 after the operation",
        "fewer than 1000 people",
        "too few entries",
        "audience too small",
    ],
)
def test_an_audience_that_would_be_too_small_is_told_from_a_wrong_parameter(message: str) -> None:
    error = refused(40002, message)
    assert isinstance(error, TooFewPeopleError)
    assert (error.scope, "fewer people than TikTok takes" in str(error)) == ("audience", True)


@pytest.mark.parametrize(
    "message", ["The file could not be processed", "custom_audience_name must have at least 1 character", ""]
)
def test_other_words_are_a_wrong_parameter(message: str) -> None:
    assert "a parameter is not as the API wants it" in str(refused(40002, message))


@pytest.mark.parametrize("code", [40001, 40105, 40007])
def test_words_count_only_where_the_code_says_little(code: int) -> None:
    assert type(refused(code, "being processed: fewer than 1000")) is TikTokRefusedError


def test_an_expired_file_is_raised_for_the_sender_to_upload_it_again() -> None:
    assert isinstance(refused(40910), ExpiredFileError)


@pytest.mark.parametrize("code", sorted(LIMITS))
def test_a_limit_is_waited_for_as_long_as_the_pace_says(code: int) -> None:
    outcome = answered(code)
    assert isinstance(outcome, Retry)
    assert outcome.seconds == PAUSE


@pytest.mark.parametrize("code", sorted(NOT_YET))
def test_what_is_not_ready_is_asked_again_after_a_growing_pause(code: int) -> None:
    outcome = answered(code)
    assert isinstance(outcome, Retry)
    assert outcome.seconds is None


@pytest.mark.parametrize("code", [20001, 50000, 50002, 51003, 51010, 60001])
def test_what_fails_at_tiktok_leaves_open_what_was_done(code: int) -> None:
    assert isinstance(answered(code), Unknown)


@pytest.mark.parametrize(
    ("status", "page", "kind"),
    [
        (200, b"null", Unknown),
        (200, b"", Unknown),
        (200, b"[]", Unknown),
        (200, b'"fine"', Unknown),
        (200, b"{}", Unknown),
        (200, b'{"message": "OK", "data": {}}', Unknown),
        (200, b'{"code": "0", "data": {}}', Unknown),
        (200, b'{"code": null}', Unknown),
        (200, b'{"code": false}', Unknown),
        (200, b"<html>Welcome to the hotel's network</html>", Unknown),
        (200, b'{"code": 0, "mess', Unknown),
        (200, b"\xff\xfe\x00", Unknown),
        (201, b'{"code": 0}', Unknown),
        (302, b"", Refused),
        (403, b"<html>Forbidden by the proxy</html>", Refused),
        (404, b"<html>Not Found</html>", Refused),
        (404, b'{"code": 0}', Refused),
        (408, b"", Unknown),
        (413, b"<html>too large</html>", Refused),
        (429, b"slow down", Retry),
        (500, b'{"code": 0}', Unknown),
        (502, b"<html>Bad Gateway</html>", Unknown),
    ],
)
def test_what_is_not_the_apis_answer_is_never_success(status: int, page: bytes, kind: type) -> None:
    outcome = outcome_of(httpx2.Response(status, content=page), ON_AUDIENCE, lambda: PAUSE)
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, Retry) or outcome.seconds == PAUSE


@pytest.mark.parametrize(
    ("status", "scope", "says"), [(413, "audience", "file_bytes"), (404, "account", "base_url")]
)
def test_a_page_of_something_on_the_way_says_what_to_mend(status: int, scope: str, says: str) -> None:
    outcome = outcome_of(httpx2.Response(status, content=b"<html>"), ON_AUDIENCE, lambda: PAUSE)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, TikTokRefusedError)
    assert (outcome.error.code, outcome.error.scope, says in str(outcome.error)) == (None, scope, True)


def test_code_0_with_status_200_is_success() -> None:
    body = {"code": 0, "data": {"file_path": "x"}}
    assert outcome_of(httpx2.Response(200, json=body), ON_AUDIENCE, lambda: PAUSE) == Done(body)


def test_a_refusal_is_told_with_its_code_and_request_and_never_with_its_message() -> None:
    error = refused(40105)
    assert str(error).startswith(
        "TikTok refused to append to audience 123 (code 40105, request 20261122000000ABCDEF0123456789): the access token"
    )
    assert DIGEST not in str(error)
    assert TOKEN not in str(error)


@pytest.mark.parametrize("odd", [None, 3, "", "line\nbreak", "x" * 500, {"a": 1}])
def test_an_odd_request_id_is_left_out(odd: object) -> None:
    assert str(refused(40105, request_id=odd)).startswith(
        "TikTok refused to append to audience 123 (code 40105): "
    )
