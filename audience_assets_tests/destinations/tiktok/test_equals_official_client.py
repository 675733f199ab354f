"""Our requests against those of TikTok's own client, both taken down by the same server and brought to one form."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from business_api_client.api.account_management_api import AccountManagementApi
from business_api_client.api.audience_api import AudienceApi
from business_api_client.api_client import ApiClient
from business_api_client.configuration import Configuration
from business_api_client.models import (
    CustomAudienceCreateBody,
    CustomAudienceDeleteBody,
    CustomAudienceUpdateBody,
)

from audience_assets.destinations.tiktok.client import Action, TikTokClient
from audience_assets.destinations.tiktok.codes import (
    EXPIRED_FILE,
    LIMITS,
    MISSING,
    NOT_YET,
    PARTIAL_SUCCESS,
    SUCCESS,
    WRONG_PARAMETER,
    WRONG_SIGNATURE,
)
from audience_assets_tests.destinations.tiktok.scripted import (
    ADVERTISER,
    FILE,
    MD5,
    TOKEN,
    Asked,
    Scripted,
)

PATHS = ["0123456789abcdef", "fedcba9876543210"]
KIND = "EMAIL_SHA256"
NOT_COMPARED = {"audience_sub_type", "audience_enhancement"}
"""What TikTok's client always sends with the value that the API takes for absent."""


@pytest.fixture
def api(tiktok: Scripted) -> Iterator[ApiClient]:
    """TikTok's own client, that takes the server on loopback for TikTok."""
    configuration = Configuration()
    configuration.host = tiktok.url
    client = ApiClient(configuration)
    yield client
    client.rest_client.pool_manager.clear()
    client.pool.close()
    client.pool.join()


def canonical(asked: Asked) -> dict[str, Any]:
    """A request without its transport."""
    given: dict[str, Any] = {**asked.query, **asked.fields, **(asked.sent or {})}
    kept = {name: value for name, value in given.items() if name not in NOT_COMPARED}
    for name in ("custom_audience_ids", "advertiser_ids", "fields"):
        if isinstance(kept.get(name), str):
            kept[name] = json.loads(kept[name]) if kept[name].startswith("[") else [kept[name]]
    contents = {name: content for name, (_, content) in asked.files.items()}
    token = asked.headers["access-token"]
    return {"method": asked.method, "path": asked.path, "token": token, **kept, **contents}


def change(action: Action) -> Callable[[TikTokClient], object]:
    return lambda client: client.update("123", action, PATHS)


def their_change(action: Action) -> Callable[[ApiClient], object]:
    body = CustomAudienceUpdateBody(
        action=action.value, advertiser_id=ADVERTISER, custom_audience_id="123", file_paths=PATHS
    )
    return lambda api: AudienceApi(api).dmp_custom_audience_update(TOKEN, body=body)


CALLS: dict[str, tuple[Callable[[TikTokClient], object], Callable[[ApiClient], object]]] = {
    "create": (
        lambda client: client.create(name="vip", calculate_type=KIND, file_paths=PATHS, retention_in_days=30),
        lambda api: AudienceApi(api).dmp_custom_audience_create(
            TOKEN,
            body=CustomAudienceCreateBody(
                advertiser_id=ADVERTISER,
                custom_audience_name="vip",
                calculate_type=KIND,
                file_paths=PATHS,
                retention_in_days=30,
            ),
        ),
    ),
    **{action.value: (change(action), their_change(action)) for action in Action},
    "delete": (
        lambda client: client.delete(["123", "124"]),
        lambda api: AudienceApi(api).dmp_custom_audience_delete(
            TOKEN,
            body=CustomAudienceDeleteBody(advertiser_id=ADVERTISER, custom_audience_ids=["123", "124"]),
        ),
    ),
    "get": (
        lambda client: client.audience("123"),
        lambda api: AudienceApi(api).dmp_custom_audience_get(ADVERTISER, ["123"], TOKEN, history_size=20),
    ),
    "list": (
        lambda client: client.audiences_named("vip"),
        lambda api: AudienceApi(api).dmp_custom_audience_list(ADVERTISER, TOKEN, page=1, page_size=100),
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_the_official_clients(
    tiktok: Scripted, client: TikTokClient, api: ApiClient, call: str
) -> None:
    ours_call, their_call = CALLS[call]
    ours_call(client)
    their_call(api)
    ours, official = map(canonical, tiktok.asked)
    assert ours == official


def test_an_upload_is_the_official_clients(
    tiktok: Scripted, client: TikTokClient, api: ApiClient, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(FILE)
    client.upload(FILE, name=path.name, md5=MD5, calculate_type=KIND)
    AudienceApi(api).dmp_custom_audience_file_upload(
        TOKEN, advertiser_id=ADVERTISER, calculate_type=KIND, file=str(path), file_signature=MD5
    )
    ours, official = map(canonical, tiktok.asked)
    assert ours == official
    assert tiktok.asked[0].files == tiktok.asked[1].files


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("create", CustomAudienceCreateBody),
        ("APPEND", CustomAudienceUpdateBody),
        ("delete", CustomAudienceDeleteBody),
    ],
)
def test_every_field_that_is_sent_is_one_that_the_official_client_knows_with_its_type(
    tiktok: Scripted, client: TikTokClient, call: str, body: Any
) -> None:
    CALLS[call][0](client)
    types = {"str": str, "int": int, "list[str]": list}
    for name, value in tiktok.asked[0].sent.items():
        assert isinstance(value, types[body.swagger_types[name]])


def test_the_advertiser_is_read_as_by_the_official_client(
    tiktok: Scripted, client: TikTokClient, api: ApiClient
) -> None:
    client.advertiser()
    fields = json.loads(tiktok.asked[0].query["fields"])
    AccountManagementApi(api).advertiser_info([ADVERTISER], TOKEN, fields=fields[:1])
    ours, official = map(canonical, tiktok.asked)
    assert {**ours, "fields": fields[:1]} == official


def test_codes_are_those_of_the_official_client() -> None:
    from business_api_client.tiktok_business.tiktok_code import NumericErrorCodes as Codes  # noqa: PLC0415

    assert (Codes.ERROR_CODE_OK, Codes.ERROR_CODE_PARTIAL_OK) == (SUCCESS, PARTIAL_SUCCESS)
    assert (Codes.ERROR_CODE_PARAM_ERROR, Codes.ERROR_CODE_NOT_EXIST) == (WRONG_PARAMETER, MISSING)
    assert (Codes.ERROR_CODE_SIGNATURE_ERROR, Codes.ERROR_CODE_FILE_EXPIRED) == (
        WRONG_SIGNATURE,
        EXPIRED_FILE,
    )
    assert {Codes.ERROR_CODE_TASK_NOT_READY, Codes.ERROR_CODE_WRITE_CONFLICT} == NOT_YET
    assert {
        Codes.ERROR_CODE_BIZ_FC_ERROR,
        Codes.ERROR_CODE_REQUEST_TOO_FREQUENT,
        Codes.ERROR_CODE_REQUEST_FREQUENCY_LIMITED,
    } <= LIMITS
