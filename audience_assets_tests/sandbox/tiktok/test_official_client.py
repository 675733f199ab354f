"""TikTok's own client, `tiktok-business-api-sdk-official`, goes through a whole delivery against the sandbox.

So neither side of this conversation was written with the other in mind.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import business_api_client
import pytest
from business_api_client.tiktok_business.tiktok_exceptions import TiktokSDKError

from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.sandbox.tiktok.caller import digests, emails, lines

SECONDS = 20


class Official:
    """The client's calls, each with the token and a limit of time."""

    def __init__(self, base_url: str, advertiser: Advertiser) -> None:
        configuration = business_api_client.Configuration()
        configuration.host = base_url
        self._client = business_api_client.ApiClient(configuration)
        self._api = business_api_client.AudienceApi(self._client)
        self._advertiser = advertiser

    def close(self) -> None:
        self._client.pool.close()
        self._client.pool.join()
        self._client.rest_client.pool_manager.clear()

    def call(self, name: str, *positional: object, **named: object) -> Any:
        method = getattr(self._api, f"dmp_custom_audience_{name}")
        answer = method(*positional, self._advertiser.access_token, _request_timeout=SECONDS, **named)
        return answer["data"]

    def upload(self, path: Path) -> str:
        signature = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        data = self.call(
            "file_upload",
            advertiser_id=self._advertiser.id,
            calculate_type="EMAIL_SHA256",
            file=str(path),
            file_signature=signature,
        )
        return str(data["file_path"])

    def create(self, *paths: str) -> Audience:
        body = business_api_client.CustomAudienceCreateBody(
            advertiser_id=self._advertiser.id,
            custom_audience_name="Buyers",
            calculate_type="EMAIL_SHA256",
            file_paths=list(paths),
            retention_in_days=90,
        )
        return self._advertiser.audiences[self.call("create", body=body)["custom_audience_id"]]

    def update(self, audience: Audience, **changed: object) -> None:
        body = business_api_client.CustomAudienceUpdateBody(
            advertiser_id=self._advertiser.id, custom_audience_id=audience.id, **changed
        )
        self.call("update", body=body)


@pytest.fixture
def official(tiktok_server: TikTokServer, advertiser: Advertiser) -> Iterator[Official]:
    client = Official(tiktok_server.base_url, advertiser)
    yield client
    client.close()


@pytest.fixture
def uploaded(official: Official, tmp_path: Path) -> Any:
    def upload(*texts: str) -> str:
        path = tmp_path / "people.csv"
        path.write_bytes(lines(*texts))
        return official.upload(path)

    return upload


def test_a_whole_delivery(official: Official, uploaded: Any, advertiser: Advertiser) -> None:
    audience = official.create(uploaded("a"), uploaded("b", "c"))
    assert emails(audience) == digests("a", "b", "c")
    official.update(audience, action="APPEND", file_paths=[uploaded("d")])
    official.update(audience, action="REMOVE", file_paths=[uploaded("a", "b")])
    assert emails(audience) == digests("c", "d")
    official.update(audience, custom_audience_name="Others")

    (told,) = official.call("get", advertiser.id, [audience.id], history_size=2)["list"]
    assert told["audience_details"]["cover_num"] == 2
    assert [event["action"] for event in told["audience_history"]] == ["RENAME", "REMOVE"]
    listed = official.call("list", advertiser.id, custom_audience_ids=[audience.id], page=1, page_size=100)
    assert [each["name"] for each in listed["list"]] == ["Others"]

    official.update(audience, file_paths=[uploaded("e")])
    assert emails(audience) == digests("e")
    body = business_api_client.CustomAudienceDeleteBody(
        advertiser_id=advertiser.id, custom_audience_ids=[audience.id]
    )
    official.call("delete", body=body)
    assert advertiser.audiences == {}


def test_a_refusal_reaches_the_client_with_its_code(
    official: Official, uploaded: Any, advertiser: Advertiser
) -> None:
    advertiser.smallest_audience = 1_000
    with pytest.raises(TiktokSDKError, match=r"Error Code: 40002, message: .*too few"):
        official.create(uploaded("a"))
