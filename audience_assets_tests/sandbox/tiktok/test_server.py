import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.sandbox.tiktok.caller import (
    AUDIENCES,
    Caller,
    answer_of,
    digest,
    digests,
    emails,
    lines,
    table,
)


def test_what_is_ready_is_enough_to_call_it(tmp_path: Path) -> None:
    with TikTokServer(tmp_path) as server:
        ready = {name: str(value) for name, value in server.ready().items()}
        assert ready.keys() == {"base_url", "access_token", "advertiser_id"}
        assert ready["base_url"].startswith("http://127.0.0.1:")
        answer = httpx2.get(
            f"{ready['base_url']}{AUDIENCES}/list/",
            params={"advertiser_id": ready["advertiser_id"]},
            headers={"Access-Token": ready["access_token"]},
            trust_env=False,
        )
        assert answer_of(answer).data["list"] == []
        assert server.running
    assert not server.running


def test_a_restart_keeps_credentials_and_audiences(tmp_path: Path) -> None:
    with TikTokServer(tmp_path) as server, Caller(server.base_url, server.advertiser) as caller:
        before = server.ready()
        server.advertiser.smallest_audience = 1
        single = caller.created(lines("a", "b"), retention_in_days=30)
        rows = table("email_SHA256,phone_SHA256", ["e", "p"], ["", "q"])
        several = caller.created(rows, "MULTIPLE_TYPES", custom_audience_name="Others")
        server.advertiser.processing_seconds = 3_600
        caller.update(several, "REMOVE", table("phone_SHA256", ["p"]))
        told = [caller.details(each) for each in (single, several)]
    with TikTokServer(tmp_path) as server, Caller(server.base_url, server.advertiser) as caller:
        assert server.ready() == {**before, "base_url": server.base_url}
        server.advertiser.smallest_audience = 1
        single, several = (server.advertiser.audiences[each.id] for each in (single, several))
        assert [caller.details(each) for each in (single, several)] == told
        assert emails(single) == digests("a", "b")
        assert len(several.identifiers()) == 3
        server.platform.clock.advance(3_601)
        assert several.identifiers() == {("email_SHA256", digest("e")), ("phone_SHA256", digest("q"))}
        assert several.size() == 2
        assert caller.update(single, "APPEND", lines("c")).code == 0


def test_what_it_keeps_is_private_and_its_log_and_texts_hold_no_secret(tmp_path: Path) -> None:
    with TikTokServer(tmp_path) as server, Caller(server.base_url, server.advertiser) as caller:
        server.advertiser.smallest_audience = 1
        caller.created(lines("a"), custom_audience_name="Secret name")
        caller.post("update", custom_audience_id="secret id")
    for name in ("credentials.json", "audiences.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    log = (tmp_path / "tiktok.log").read_text(encoding="utf-8")
    assert "create answered" in log
    for secret in (server.access_token, digest("a"), "Secret name", "secret id"):
        assert secret not in log
    assert server.access_token not in repr(server.advertiser)


def test_advertisers_in_threads_of_their_own_do_not_disturb_each_other(tiktok_server: TikTokServer) -> None:
    def history(seed: int) -> bool:
        advertiser = tiktok_server.platform.add_advertiser()
        advertiser.smallest_audience = 1
        with Caller(tiktok_server.base_url, advertiser) as caller:
            audience = caller.created(lines(f"{seed} 0"))
            for number in range(1, 6):
                caller.update(audience, "APPEND", lines(f"{seed} {number}"))
            caller.update(audience, "REMOVE", lines(f"{seed} 0"))
            return emails(audience) == digests(*(f"{seed} {number}" for number in range(1, 6)))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(history, range(8)))
