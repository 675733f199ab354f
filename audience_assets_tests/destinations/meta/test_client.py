import json
from datetime import UTC, datetime

import pytest

from audience_assets.destinations.meta.answers import MetaRefusedError
from audience_assets.destinations.meta.client import MetaClient, Operation, RemoteAudience, connect
from audience_assets.errors import SettingsError
from audience_assets_tests.destinations.meta.scripted import (
    AUDIENCE,
    BATCH_3,
    DIGEST,
    PEOPLE,
    PROOF,
    TOKEN,
    Answer,
    Clock,
    Scripted,
    people_of,
    refusal,
)

SESSION = {"session_id": 9778993, "batch_seq": 3, "last_batch_flag": True, "estimated_num_total": 1}


def test_every_request_is_signed_outside_of_the_url_and_says_who_asks(
    meta: Scripted, client: MetaClient
) -> None:
    client.change_users("123", Operation.ADD, PEOPLE, BATCH_3)
    asked = meta.asked[0]
    assert asked.target == "/v26.0/123/users"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["user-agent"].startswith("audience-assets/")
    assert asked.fields["appsecret_proof"] == PROOF


def test_without_an_app_secret_there_is_no_proof(meta: Scripted, clock: Clock) -> None:
    with connect(meta.access(app_secret=None), sleep=clock.sleep, now=clock.now) as client:
        client.change_users("123", Operation.ADD, PEOPLE, BATCH_3)
    assert "appsecret_proof" not in meta.asked[0].fields


@pytest.mark.parametrize(
    ("operation", "path", "method"),
    [
        (Operation.ADD, "/v26.0/123/users", None),
        (Operation.REMOVE, "/v26.0/123/users", "DELETE"),
        (Operation.REPLACE, "/v26.0/123/usersreplace", None),
    ],
)
def test_people_are_changed_by_a_form_with_payload_and_session(
    meta: Scripted, client: MetaClient, operation: Operation, path: str, method: str | None
) -> None:
    answer = client.change_users("123", operation, PEOPLE, BATCH_3)
    asked = meta.asked[0]
    assert (asked.method, asked.path, asked.fields.get("method")) == ("POST", path, method)
    assert json.loads(asked.fields["payload"]) == {"schema": ["EMAIL"], "is_raw": True, "data": [[DIGEST]]}
    assert json.loads(asked.fields["session"]) == SESSION
    assert "customer_consent" not in asked.fields
    assert (answer.received, answer.invalid, answer.samples) == (1, 0, ())


def test_consent_stands_beside_the_payload(meta: Scripted, client: MetaClient) -> None:
    consenting = people_of(("EMAIL",), (DIGEST,), customer_consent=True)
    client.change_users("123", Operation.ADD, consenting, BATCH_3)
    assert meta.asked[0].fields["customer_consent"] == "true"
    assert "customer_consent" not in json.loads(meta.asked[0].fields["payload"])


def test_erasing_goes_to_the_ad_account(meta: Scripted, client: MetaClient) -> None:
    client.remove_everywhere(PEOPLE, BATCH_3)
    asked = meta.asked[0]
    assert (asked.method, asked.path, asked.fields["method"]) == (
        "POST",
        "/v26.0/act_42/usersofanyaudience",
        "DELETE",
    )


@pytest.mark.parametrize("value_based", [True, False])
def test_an_audience_is_created_empty(meta: Scripted, client: MetaClient, value_based: bool) -> None:  # noqa: FBT001
    meta.answers = [Answer({"id": "777"})]
    created = client.create_audience(
        name="vip", description="", customer_file_source="USER_PROVIDED_ONLY", value_based=value_based
    )
    assert created == "777"
    assert meta.asked[0].path == "/v26.0/act_42/customaudiences"
    assert meta.asked[0].fields == {
        "name": "vip",
        "subtype": "CUSTOM",
        "description": "",
        "customer_file_source": "USER_PROVIDED_ONLY",
        **({"is_value_based": "true"} if value_based else {}),
        "appsecret_proof": PROOF,
    }


def test_an_audience_is_read_with_its_number_of_status(meta: Scripted, client: MetaClient) -> None:
    meta.answers = [Answer(AUDIENCE)]
    assert client.audience("123") == RemoteAudience(
        id="123",
        name="vip",
        description="best customers",
        subtype="CUSTOM",
        value_based=False,
        status=200,
        status_text="Normal",
        count_lower=1000,
        count_upper=1200,
        delivery=300,
    )
    assert set(meta.asked[0].query["fields"].split(",")) == set(AUDIENCE)


def test_only_what_is_given_of_name_and_description_is_told(meta: Scripted, client: MetaClient) -> None:
    meta.answers = [Answer({"success": True})]
    client.describe_audience("123", name="VIP", description=None)
    assert meta.asked[0].path == "/v26.0/123"
    assert meta.asked[0].fields == {"name": "VIP", "appsecret_proof": PROOF}


def test_an_audience_that_is_gone_is_deleted(meta: Scripted, client: MetaClient) -> None:
    meta.answers = [refusal(100, 33)]
    client.delete_audience("123")
    assert meta.asked[0].fields["method"] == "DELETE"


def test_a_deletion_that_is_refused_is_no_deletion(meta: Scripted, client: MetaClient) -> None:
    meta.answers = [refusal(100, 1713098)]
    with pytest.raises(MetaRefusedError):
        client.delete_audience("123")


def test_audiences_of_one_name_are_found_on_all_pages(meta: Scripted, client: MetaClient) -> None:
    def page(*audiences: dict[str, object], after: str | None) -> Answer:
        following = {"next": f"https://other.example/?access_token={TOKEN}"} if after else {}
        return Answer({"data": audiences, "paging": {"cursors": {"after": after or "end"}, **following}})

    meta.answers = [
        page({**AUDIENCE, "id": "1"}, {**AUDIENCE, "id": "2", "name": "VIP"}, after="c1"),
        page({**AUDIENCE, "id": "3", "name": "vip "}, after="c2"),
        page({**AUDIENCE, "id": "4"}, after=None),
    ]
    assert [each.id for each in client.audiences_named("vip")] == ["1", "4"]
    assert [asked.query.get("after") for asked in meta.asked] == [None, "c1", "c2"]


def test_pages_that_lead_nowhere_end(meta: Scripted, client: MetaClient) -> None:
    meta.answers = [Answer({"data": [], "paging": {"cursors": {"after": "c1"}, "next": "again"}})] * 5
    meta.usual = Answer({"data": []})
    client.audiences_named("vip")
    assert len(meta.asked) == 2


def test_no_audience_of_a_name_is_an_empty_list(meta: Scripted, client: MetaClient) -> None:
    meta.answers = [Answer({"data": []})]
    assert client.audiences_named("vip") == []


def test_sessions_come_with_figures_in_texts(meta: Scripted, client: MetaClient) -> None:
    told = {"session_id": "9778993", "stage": "matching", "progress": "0.5", "num_received": "10"}
    meta.answers = [Answer({"data": [told]})]
    session = client.sessions("123")[0]
    assert (session.session_id, session.stage, session.received, session.matched) == (
        "9778993",
        "matching",
        10,
        None,
    )


@pytest.mark.parametrize(
    ("terms", "accepted"),
    [({"tos_accepted": {"custom_audience_tos": 1}}, True), ({"tos_accepted": {}}, False), ({}, None)],
)
def test_the_account_says_whether_the_terms_are_accepted(
    meta: Scripted,
    client: MetaClient,
    terms: dict[str, object],
    accepted: bool | None,  # noqa: FBT001
) -> None:
    meta.answers = [Answer({"id": "act_42", "name": "Loja", "account_status": 1, **terms})]
    account = client.account()
    assert (account.id, account.name, account.status, account.terms_accepted) == (
        "act_42",
        "Loja",
        1,
        accepted,
    )


def test_permissions_are_granted_or_not(meta: Scripted, client: MetaClient) -> None:
    granted = [
        {"permission": "ads_management", "status": "granted"},
        {"permission": "email", "status": "declined"},
    ]
    meta.answers = [Answer({"data": granted})]
    assert client.permissions() == {"ads_management": True, "email": False}


@pytest.mark.parametrize(
    ("answer", "expires"),
    [
        (Answer({"data": {"expires_at": 1800000000}}), datetime(2027, 1, 15, 8, 0, tzinfo=UTC)),
        (Answer({"data": {"expires_at": 0}}), None),
        (Answer({"data": {}}), None),
        (refusal(100), None),
    ],
)
def test_the_tokens_end_is_told_where_meta_tells_it(
    meta: Scripted, client: MetaClient, answer: Answer, expires: datetime | None
) -> None:
    meta.answers = [answer]
    assert client.token_expires_at() == expires
    assert meta.asked[0].fields["input_token"] == TOKEN
    assert meta.asked[0].query == {}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"base_url": "http://graph.example"}, "would carry credentials unencrypted"),
        ({"base_url": "graph.facebook.com"}, "not a web address"),
        ({"base_url": "https://"}, "not a web address"),
        ({"base_url": "ftp://graph.facebook.com"}, "not a web address"),
        ({"access_token": f"{TOKEN}\n"}, "access_token of act_42 holds a space, a line end"),
        ({"app_secret": "clé"}, "app_secret of act_42 holds a space, a line end"),
    ],
)
def test_wrong_settings_are_named_before_anything_is_sent(
    meta: Scripted, given: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says) as error, connect(meta.access(**given)):
        pass
    assert TOKEN not in str(error.value)
    assert meta.asked == []
