import json
from typing import Any, Literal

import httpx2
import pytest

from audience_assets.destinations.meta.answers import Call, MetaRefusedError, ReplaceError, outcome_of
from audience_assets.errors import DestinationRefusedError
from audience_assets.http.outcome import Done, Refused, Retry, Unknown
from audience_assets_tests.destinations.meta.scripted import DIGEST, TOKEN, refusal

ON_AUDIENCE = Call("add batch 3 of audience 123", "audience")
ON_ACCOUNT = Call("read act_42", "account")


def answered(
    code: int, subcode: int | None = None, *, call: Call = ON_AUDIENCE, status: int = 400, **more: Any
) -> object:
    return outcome_of(httpx2.Response(status, json=refusal(code, subcode, **more).body), call)


def refused(
    code: int, subcode: int | None = None, *, call: Call = ON_AUDIENCE, **more: Any
) -> MetaRefusedError:
    outcome = answered(code, subcode, call=call, **more)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, MetaRefusedError)
    return outcome.error


@pytest.mark.parametrize(
    ("code", "subcode", "scope", "says"),
    [
        (190, None, "account", "the access token is not valid: make a new one"),
        (190, 463, "account", "the access token has expired: make a new one"),
        (190, 460, "account", "the access token was revoked"),
        (190, 467, "account", "the access token is not valid: make a new one"),
        (102, None, "account", "the access token's session has ended: make a new one"),
        (10, None, "account", "give its user ads_management"),
        (200, None, "account", "give its user ads_management"),
        (299, None, "account", "give its user ads_management"),
        (294, None, "account", "lacks ads_management"),
        (270, None, "account", "only development access"),
        (2635, None, "account", "raise api_version"),
        (368, None, "account", "blocked this for a breach of its policies"),
        (100, 33, "audience", "the audience does not exist or the token has no access"),
        (1487301, None, "audience", "is not shared with this ad account"),
        (100, 1487301, "audience", "is not shared with this ad account"),
        (1487366, None, "audience", "was deleted at Meta"),
        (100, 1487366, "audience", "was deleted at Meta"),
        (2655, None, "audience", "terms that this audience needs are not accepted"),
        (2650, None, "audience", "another form of schema"),
        (2650, 1870999, "audience", "another form of schema"),
        (803, None, "audience", "there is no such object"),
        (100, None, "batch", "a parameter is not as the API wants it"),
        (100, 1870, "batch", "a parameter is not as the API wants it"),
        (105, None, "batch", "set a smaller rows_per_batch"),
        (100, 1713098, "batch", "integrity checks"),
        (100, 1713228, "batch", "integrity checks"),
        (100, 1713230, "batch", "integrity checks"),
        (100, 1713231, "batch", "integrity checks"),
        (987654, None, "audience", "Meta's error reference"),
    ],
)
def test_a_code_says_what_stops_and_what_to_do(code: int, subcode: int | None, scope: str, says: str) -> None:
    error = refused(code, subcode)
    assert (error.code, error.subcode, error.scope) == (code, subcode, scope)
    assert says in str(error)
    assert not isinstance(error, ReplaceError)


@pytest.mark.parametrize("code", [200, 100, 294, 2650])
def test_the_customer_list_terms_are_named_under_any_code(code: int) -> None:
    error = refused(code, 1870090)
    assert error.scope == "account"
    assert "a person with access to it accepts them once at https://business.facebook.com/ads/manage" in str(
        error
    )


def test_a_missing_ad_account_is_told_from_a_missing_audience() -> None:
    error = refused(100, 33, call=ON_ACCOUNT)
    assert error.scope == "account"
    assert "the ad account does not exist" in str(error)


def test_a_wrong_proof_is_told_from_a_wrong_parameter() -> None:
    error = refused(100, message="Invalid appsecret_proof provided in the API argument")
    assert error.scope == "account"
    assert "mend app_secret" in str(error)


@pytest.mark.parametrize(
    ("subcode", "says"),
    [
        (1870144, "100 million"),
        (1870145, "wait until its status is normal"),
        (1870147, "begin a new session with batch 1"),
        (1870148, "replace it again"),
        (1870158, "90 minutes are over"),
        (1870159, "finished by its last batch"),
    ],
)
def test_what_stops_a_replacing_is_raised_for_the_sender_to_act(subcode: int, says: str) -> None:
    error = refused(2650, subcode)
    assert isinstance(error, ReplaceError)
    assert (error.subcode, error.scope) == (subcode, "audience")
    assert says in str(error)


def test_a_replacing_is_not_repeated_even_if_meta_calls_its_state_transient() -> None:
    assert isinstance(refused(2650, 1870145, is_transient=True), ReplaceError)


@pytest.mark.parametrize(
    ("code", "subcode"),
    [
        (4, None),
        (17, None),
        (17, 2446079),
        (613, None),
        (613, 1487742),
        (613, 5044001),
        (341, None),
        (80004, None),
    ],
)
def test_a_limit_is_waited_for_as_long_as_it_takes(code: int, subcode: int | None) -> None:
    outcome = answered(code, subcode)
    assert isinstance(outcome, Retry)
    assert outcome.seconds is None
    assert outcome.said.startswith(f"code {code}")


@pytest.mark.parametrize("place", ["body", "header"])
def test_the_custom_audience_limit_is_waited_for_as_many_minutes_as_named(
    place: Literal["body", "header"],
) -> None:
    usage = {"42": [{"type": "custom_audience", "call_count": 100, "estimated_time_to_regain_access": 7}]}
    outcome = outcome_of(
        httpx2.Response(
            400,
            json=refusal(80003, **({"estimated_time_to_regain_access": 7} if place == "body" else {})).body,
            headers={"X-Business-Use-Case-Usage": json.dumps(usage)} if place == "header" else {},
        ),
        ON_AUDIENCE,
    )
    assert isinstance(outcome, Retry)
    assert outcome.seconds == 7 * 60


@pytest.mark.parametrize(
    "outcome",
    [
        answered(1),
        answered(1, 99),
        answered(2),
        answered(2, status=500),
        answered(987654, is_transient=True),
    ],
)
def test_an_unknown_or_temporary_error_leaves_open_what_was_done(outcome: object) -> None:
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("status", "page", "kind"),
    [
        (200, b"null", Unknown),
        (200, b"", Unknown),
        (200, b"[]", Unknown),
        (200, b'"fine"', Unknown),
        (200, b"<html>Welcome to the hotel's network</html>", Unknown),
        (200, b'{"num_received": 1, "num_inv', Unknown),
        (200, b"\xff\xfe\x00", Unknown),
        (200, b'{"error": "odd"}', Unknown),
        (200, b'{"error": {"message": "no code"}}', Unknown),
        (204, b"", Unknown),
        (302, b"", Refused),
        (403, b"<html>Forbidden by the proxy</html>", Refused),
        (404, b'{"detail": "Not Found"}', Refused),
        (407, b"", Refused),
        (408, b"", Unknown),
        (413, b"<html>too large</html>", Refused),
        (414, b"<html>URI too long</html>", Refused),
        (429, b"slow down", Retry),
        (500, b"", Unknown),
        (502, b"<html>Bad Gateway</html>", Unknown),
        (503, b'{"num_received": 1, "num_invalid_entries": 0}', Unknown),
    ],
)
def test_what_is_not_the_apis_answer_is_never_success(status: int, page: bytes, kind: type) -> None:
    assert isinstance(outcome_of(httpx2.Response(status, content=page), ON_AUDIENCE), kind)


@pytest.mark.parametrize(
    ("status", "scope"), [(413, "batch"), (414, "batch"), (404, "account"), (302, "account")]
)
def test_a_page_of_something_on_the_way_says_what_to_mend(status: int, scope: str) -> None:
    outcome = outcome_of(httpx2.Response(status, content=b"<html>"), ON_AUDIENCE)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, MetaRefusedError)
    assert (outcome.error.code, outcome.error.scope) == (None, scope)
    assert "rows_per_batch" in str(outcome.error) if scope == "batch" else "base_url" in str(outcome.error)


def test_an_object_without_an_error_and_with_status_200_is_success() -> None:
    assert outcome_of(httpx2.Response(200, json={"id": "1"}), ON_AUDIENCE) == Done({"id": "1"})


def test_an_error_is_told_with_its_codes_trace_and_title_and_never_with_its_message() -> None:
    error = refused(200, 1870090, error_user_title="Terms not accepted", error_user_msg=f"see {DIGEST}")
    assert isinstance(error, DestinationRefusedError)
    assert str(error).startswith(
        "Meta refused to add batch 3 of audience 123"
        ' (code 200, subcode 1870090, "Terms not accepted", trace A1b2C3): the customer-list terms'
    )
    assert DIGEST not in str(error)
    assert TOKEN not in str(error)


@pytest.mark.parametrize("odd", [None, 3, "", "line\nbreak", "x" * 500, {"a": 1}])
def test_an_odd_title_or_trace_is_left_out(odd: object) -> None:
    said = str(refused(105, error_user_title=odd, fbtrace_id={"not": "a trace"}, error_subcode="text"))
    assert said.startswith("Meta refused to add batch 3 of audience 123 (code 105): ")
