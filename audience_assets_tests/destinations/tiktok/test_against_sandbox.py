"""Our client and our upload files against a platform that keeps TikTok's rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import pytest

from audience_assets.destinations.tiktok import upload_file
from audience_assets.destinations.tiktok.answers import (
    AudienceBusyError,
    ExpiredFileError,
    TikTokRefusedError,
    TooFewPeopleError,
)
from audience_assets.destinations.tiktok.client import Access, Action, TikTokClient, connect
from audience_assets.destinations.tiktok.upload_file import UploadFile
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.destinations.tiktok.planned import UUID, batch, digest

LARGE = 1 << 20
KIND = "MULTIPLE_TYPES"


@dataclass
class Running:
    """A platform, one of its advertisers and a client of it."""

    server: TikTokServer
    advertiser: Advertiser
    client: TikTokClient

    def upload(self, file: UploadFile) -> str:
        return self.client.upload(
            file.content, name=file.name, md5=file.md5, calculate_type=file.calculate_type
        )

    def members(self, audience_id: str) -> set[tuple[str, str]]:
        return set(self.advertiser.audiences[audience_id].identifiers())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTokServer]:
    with TikTokServer(tmp_path_factory.mktemp("tiktok")) as running:
        yield running


@pytest.fixture
def running(server: TikTokServer) -> Iterator[Running]:
    advertiser = server.platform.add_advertiser()
    advertiser.smallest_audience = 1
    access = Access(
        advertiser_id=advertiser.id,
        access_token=advertiser.access_token,
        base_url=server.base_url,
        tier="ultimate",
        timeout_seconds=5.0,
        patience_seconds=0.0,
    )
    with connect(access) as client:
        yield Running(server, advertiser, client)


def people(folder: Path, *names: str) -> UploadFile:
    """Somebody of each name with an e-mail address, every second one with a device id too."""
    return upload_file.read(
        batch(
            folder,
            email_SHA256=[digest(name) for name in names],
            MAID=[digest(f"device {name}") if at % 2 else None for at, name in enumerate(names)],
        ),
        LARGE,
    )


def identifiers(*names: str) -> set[tuple[str, str]]:
    found = {("email_SHA256", digest(name)) for name in names}
    return found | {("MAID", digest(f"device {name}")) for at, name in enumerate(names) if at % 2}


def test_an_audience_lives_through_its_changes(running: Running, tmp_path: Path) -> None:
    client = running.client
    paths = [running.upload(people(tmp_path, "ana", "bia")), running.upload(people(tmp_path, "caio"))]
    audience = client.create(name="vip", calculate_type=KIND, file_paths=paths)
    assert running.members(audience) == identifiers("ana", "bia", "caio") - {("MAID", digest("device caio"))}
    client.update(audience, Action.APPEND, [running.upload(people(tmp_path, "davi"))])
    client.update(audience, Action.REMOVE, [running.upload(people(tmp_path, "ana", "bia"))])
    assert running.members(audience) == {("email_SHA256", digest(name)) for name in ("caio", "davi")}
    client.update(audience, Action.REPLACE, [running.upload(people(tmp_path, "eva", "fabio"))])
    assert running.members(audience) == identifiers("eva", "fabio")
    found = client.audience(audience)
    assert (found.name, found.calculate_type, found.is_valid, found.processing) == ("vip", KIND, True, False)
    assert found.error_msg == ""
    assert len(found.history) == 4
    assert all(change.at is not None for change in found.history)
    assert [each.id for each in client.audiences_named("vip")] == [audience]
    client.delete([audience])
    client.delete([audience])
    assert client.audiences_named("vip") == []
    with pytest.raises(TikTokRefusedError, match="TikTok does not find it"):
        client.audience(audience)


@pytest.mark.parametrize(
    ("column", "value"),
    [("email_SHA256", digest("a")), ("phone_SHA256", digest("b")), ("MAID", digest("c"))],
)
def test_a_file_of_each_single_kind_is_taken(
    running: Running, tmp_path: Path, column: str, value: str
) -> None:
    file = upload_file.read(batch(tmp_path, **{column: [value]}), LARGE)
    audience = running.client.create(
        name="one", calculate_type=file.calculate_type, file_paths=[running.upload(file)]
    )
    assert running.members(audience) == {(column, value)}


def test_every_column_at_once_is_taken(running: Running, tmp_path: Path) -> None:
    path = batch(
        tmp_path,
        email_SHA256=[digest("a"), None],
        phone_SHA256=[digest("b"), None],
        phone_SHA256_digits=[digest("c"), None],
        MAID_plain=[None, UUID],
    )
    file_path = running.upload(upload_file.read(path, LARGE))
    audience = running.client.create(name="all", calculate_type=KIND, file_paths=[file_path])
    sent = {("email_SHA256", digest("a")), ("phone_SHA256", digest("b")), ("phone_SHA256", digest("c"))}
    assert sent < running.members(audience)
    assert len(running.members(audience)) == 4


def test_an_audience_is_busy_until_it_is_processed(running: Running, tmp_path: Path) -> None:
    running.advertiser.processing_seconds = 3600.0
    file_path = running.upload(people(tmp_path, "ana"))
    audience = running.client.create(name="vip", calculate_type=KIND, file_paths=[file_path])
    assert running.client.audience(audience).processing
    for action in Action:
        with pytest.raises(AudienceBusyError):
            running.client.update(audience, action, [file_path])
    running.server.platform.clock.advance(3600)
    assert not running.client.audience(audience).processing
    running.client.update(audience, Action.REPLACE, [file_path])
    running.server.platform.clock.advance(3600)
    with pytest.raises(AudienceBusyError):  # TikTok takes one a day
        running.client.update(audience, Action.REPLACE, [file_path])


def test_too_few_people_are_told_apart_whenever_tiktok_notices(running: Running, tmp_path: Path) -> None:
    running.advertiser.smallest_audience = 1000
    file_path = running.upload(people(tmp_path, "ana"))
    with pytest.raises(TooFewPeopleError, match="create the audience 'vip'"):
        running.client.create(name="vip", calculate_type=KIND, file_paths=[file_path])
    running.advertiser.too_few = "failed"
    audience = running.client.create(name="vip", calculate_type=KIND, file_paths=[file_path])
    found = running.client.audience(audience)
    assert (found.is_valid, found.processing) == (False, False)
    assert "fewer than 1000" in found.error_msg


def test_a_path_that_has_expired_asks_for_another_upload(running: Running, tmp_path: Path) -> None:
    file_path = running.upload(people(tmp_path, "ana"))
    running.server.platform.clock.advance(running.advertiser.file_seconds + 1)
    with pytest.raises(ExpiredFileError):
        running.client.create(name="vip", calculate_type=KIND, file_paths=[file_path])


@pytest.mark.parametrize("code", [40001, 40105, 40300])
def test_what_refuses_everything_stops_the_advertiser(running: Running, code: int) -> None:
    running.advertiser.refused_with = code
    with pytest.raises(TikTokRefusedError) as error:
        running.client.advertiser()
    assert (error.value.code, error.value.one_audience) == (code, False)


def test_an_advertiser_that_the_token_does_not_open_is_named(running: Running) -> None:
    assert running.client.advertiser().status == "STATUS_ENABLE"
    content = b"no digest\n"
    signature = md5(content, usedforsecurity=False).hexdigest()
    with pytest.raises(TikTokRefusedError, match="not hashed"):
        running.client.upload(content, name="p.csv", md5=signature, calculate_type="EMAIL_SHA256")
