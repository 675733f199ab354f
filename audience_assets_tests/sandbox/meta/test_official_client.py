"""Meta's own client, `facebook-business`, goes through a whole delivery against the sandbox.

So neither side of this conversation was written with the other in mind.
"""

from collections.abc import Iterator

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from requests.exceptions import ConnectionError as Disconnected

from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import batch, digest, digests, emails


@pytest.fixture
def official(
    meta_server: MetaServer, account: Account, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdAccount]:
    """The ad account as Meta's client sees it; its proof of the app secret is demanded."""
    account.proof_required = True
    monkeypatch.setattr(FacebookSession, "GRAPH", meta_server.base_url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    session = FacebookSession("1", account.app_secret, account.access_token, timeout=20)
    yield AdAccount(account.id, api=FacebookAdsApi(session))
    session.requests.close()


def created(official: AdAccount, **more: object) -> CustomAudience:
    params = {"name": "Buyers", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY", **more}
    return official.create_custom_audience(params=params)


def test_a_whole_delivery(official: AdAccount, account: Account) -> None:
    remote = created(official, description="Who bought")
    audience = account.audiences[remote["id"]]
    assert audience.description == "Who bought"

    added = remote.add_users(
        ["EMAIL", "FN"],
        [[digest("a"), digest("ana")], [digest("b"), digest("bia")]],
        is_raw=True,
        pre_hashed=True,
        session=batch(9_778_993, 1),
    ).json()
    assert (added["num_received"], added["session_id"]) == (2, 9_778_993)
    payload = {"schema": ["EMAIL", "FN"], "data": [[digest("c"), ""], ["bad", ""]], "is_raw": True}
    answer = remote.create_user(params={"payload": payload, "session": batch(9_778_993, 2, last=True)})
    assert answer["num_received"] == 4
    assert answer["num_invalid_entries"] == 1
    assert emails(audience) == digests("a", "b", "c")

    remote.remove_users(["EMAIL"], [[digest("b")]], is_raw=True, pre_hashed=True)
    assert emails(audience) == digests("a", "c")

    status = remote.api_get(fields=["operation_status", "approximate_count_lower_bound"])
    assert status["operation_status"]["code"] == 200
    assert [(one["session_id"], one["num_received"]) for one in remote.get_sessions()] == [("9778993", "4")]

    replacement = {"schema": ["EMAIL"], "data": [[digest("d")]], "is_raw": True}
    remote.create_users_replace(params={"payload": replacement, "session": batch(7, 1)})
    assert remote.api_get(fields=["operation_status"])["operation_status"]["code"] == 414
    replacement["data"] = [[digest("e")]]
    remote.create_users_replace(params={"payload": replacement, "session": batch(7, 2, last=True)})
    assert emails(audience) == digests("d", "e")

    official.delete_users_of_any_audience(params={"payload": replacement})
    assert emails(audience) == digests("d")
    remote.api_delete()
    assert account.audiences == {}


def test_a_single_key_that_the_client_hashes_itself(official: AdAccount, account: Account) -> None:
    remote = created(official)
    remote.add_users(CustomAudience.Schema.email_hash, [" Mary@Example.com "])
    assert emails(account.audiences[remote["id"]]) == digests("mary@example.com")


def test_a_list_is_followed_through_its_pages(official: AdAccount) -> None:
    made = [created(official, name=str(number))["id"] for number in range(5)]
    listed = official.get_custom_audiences(fields=["name"], params={"limit": 2})
    assert [(one["id"], one["name"]) for one in listed] == [(each, str(at)) for at, each in enumerate(made)]


def test_a_refusal_reaches_the_client_with_its_codes(official: AdAccount, account: Account) -> None:
    remote = created(official)
    account.audiences[remote["id"]].forced_status = 414
    with pytest.raises(FacebookRequestError) as refused:
        remote.add_users(["EMAIL"], [[digest("a")]], is_raw=True, pre_hashed=True)
    assert (refused.value.api_error_code(), refused.value.api_error_subcode()) == (2650, 1870145)
    assert refused.value.http_status() == 400


def test_a_large_removal_of_the_official_client_is_cut_off(official: AdAccount, account: Account) -> None:
    remote = created(official)
    rows = [[digest(str(number))] for number in range(10_000)]
    remote.add_users(["EMAIL"], rows, is_raw=True, pre_hashed=True)
    with pytest.raises(Disconnected):
        remote.remove_users(["EMAIL"], rows, is_raw=True, pre_hashed=True)
    assert len(account.audiences[remote["id"]].members()) == 10_000
