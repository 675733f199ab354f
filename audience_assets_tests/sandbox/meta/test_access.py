import hashlib
import hmac
from collections.abc import Iterator

import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Caller, answer_of


@pytest.fixture
def anonymous(caller: Caller) -> Caller:
    caller.http.headers.pop("Authorization")
    return caller


@pytest.fixture
def oldest_version(meta_server: MetaServer) -> Iterator[None]:
    before = meta_server.platform.minimum_version
    meta_server.platform.minimum_version = (25, 0)
    yield
    meta_server.platform.minimum_version = before


def proof(account: Account) -> str:
    return hmac.new(account.app_secret.encode(), account.access_token.encode(), hashlib.sha256).hexdigest()


def test_the_token_may_stand_in_the_query_or_the_form(anonymous: Caller, account: Account) -> None:
    assert anonymous.get(account.id, access_token=account.access_token).refusal is None
    answer = anonymous.post(
        f"{account.id}/customaudiences",
        access_token=account.access_token,
        name="Buyers",
        subtype="CUSTOM",
        customer_file_source="USER_PROVIDED_ONLY",
    )
    assert answer.refusal is None


def test_a_missing_or_wrong_token_is_refused(anonymous: Caller, account: Account) -> None:
    assert anonymous.get(account.id).refusal == (190, None)
    assert anonymous.get(account.id, access_token="wrong").refusal == (190, None)


def test_another_accounts_token_opens_nothing(
    caller: Caller, meta_server: MetaServer, audience: Audience
) -> None:
    with Caller(meta_server.base_url, meta_server.platform.add_account()) as other:
        assert other.get(audience.id).refusal == (100, 33)
        assert other.get(caller.account.id).refusal == (100, 33)
        assert other.add(audience, "a").refusal == (100, 33)
    assert audience.members() == []


def test_a_token_expires(caller: Caller, account: Account, meta_server: MetaServer) -> None:
    account.token_expires_at = meta_server.platform.clock.now() + 600
    assert caller.get(account.id).refusal is None
    meta_server.platform.clock.advance(600)
    assert caller.get(account.id).refusal == (190, 463)


def test_a_token_is_revoked(caller: Caller, account: Account) -> None:
    account.token_revoked = True
    assert caller.get(account.id).refusal == (190, 460)


def test_a_proof_must_be_right_when_it_is_given(caller: Caller, account: Account) -> None:
    assert caller.get(account.id, appsecret_proof=proof(account)).refusal is None
    assert caller.get(account.id, appsecret_proof=proof(account).upper()).refusal == (100, None)
    assert caller.get(account.id, appsecret_proof="é").refusal == (100, None)


def test_a_proof_must_be_given_when_it_is_demanded(caller: Caller, account: Account) -> None:
    account.proof_required = True
    assert caller.get(account.id).refusal == (100, None)
    assert caller.get(account.id, appsecret_proof=proof(account)).refusal is None


@pytest.mark.usefixtures("oldest_version")
def test_an_expired_version_is_refused(caller: Caller, account: Account) -> None:
    for version, refusal in (("v24.0", (2635, None)), ("v25.0", None), ("v131.0", None)):
        answer = caller.http.get(f"{caller.base_url}/{version}/{account.id}")
        assert answer_of(answer).refusal == refusal


def test_without_the_permission_only_the_token_itself_can_be_asked(
    caller: Caller, account: Account, audience: Audience
) -> None:
    account.permissions = {"ads_read"}
    assert caller.get(account.id).refusal == (200, None)
    assert caller.add(audience, "a").refusal == (200, None)
    assert caller.get("me/permissions").body == {"data": [{"permission": "ads_read", "status": "granted"}]}


def test_a_token_tells_what_it_is_good_for(caller: Caller, account: Account) -> None:
    account.token_expires_at = 4_000_000_000.0
    answer = caller.get("debug_token", input_token=account.access_token)
    assert answer.body["data"]["is_valid"] is True
    assert answer.body["data"]["expires_at"] == 4_000_000_000
    assert answer.body["data"]["scopes"] == ["ads_management", "ads_read"]
    assert caller.get("debug_token", input_token="another").body == {"data": {"is_valid": False}}


def test_before_the_terms_are_accepted_nothing_is_created_or_uploaded(
    caller: Caller, account: Account, audience: Audience
) -> None:
    account.terms_accepted = False
    assert caller.add(audience, "a").refusal == (200, 1870090)
    assert caller.remove(audience, "a").refusal == (200, 1870090)
    assert caller.replace(audience, "a").refusal == (200, 1870090)
    assert caller.post(f"{account.id}/customaudiences", name="Others").refusal == (200, 1870090)
    told = caller.get(account.id, fields="tos_accepted").body["tos_accepted"]
    assert "custom_audience_tos" not in told
    account.terms_accepted = True
    told = caller.get(account.id, fields="tos_accepted").body["tos_accepted"]
    assert told["custom_audience_tos"] == 1


def test_a_blocked_account_can_do_nothing(caller: Caller, account: Account) -> None:
    account.policy_blocked = True
    assert caller.get(account.id).refusal == (368, None)


def test_a_refusal_has_metas_form(caller: Caller, account: Account) -> None:
    account.terms_accepted = False
    error = caller.post(f"{account.id}/customaudiences").body["error"]
    assert error.keys() == {
        "message",
        "type",
        "code",
        "error_subcode",
        "error_user_title",
        "error_user_msg",
        "is_transient",
        "fbtrace_id",
    }
    assert (error["type"], error["is_transient"]) == ("OAuthException", False)
