import stat
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Caller, batch, digest, digests, emails


def test_what_is_ready_is_enough_to_call_it(tmp_path: Path) -> None:
    with MetaServer(tmp_path) as server:
        ready = server.ready()
        assert ready.keys() == {"base_url", "access_token", "app_secret", "ad_account"}
        answer = httpx2.get(
            f"{ready['base_url']}/v26.0/{ready['ad_account']}",
            params={"access_token": str(ready["access_token"])},
            trust_env=False,
        )
        assert answer.json() == {"id": ready["ad_account"]}
        assert server.running
    assert not server.running


def test_two_servers_do_not_know_each_other(tmp_path: Path) -> None:
    with (
        MetaServer(tmp_path / "one") as one,
        MetaServer(tmp_path / "two") as two,
        Caller(two.base_url, one.account) as caller,
    ):
        assert caller.get("me/permissions").refusal == (190, None)


def test_a_restart_keeps_credentials_audiences_and_sessions(tmp_path: Path) -> None:
    with MetaServer(tmp_path) as server, Caller(server.base_url, server.account) as caller:
        before = server.ready()
        audience = caller.create("Buyers", retention_days=30)
        schema = ["EMAIL", "FN", "LN", "DATA_PROCESSING_OPTIONS"]
        composite = ["", digest("ana"), digest("luz"), ["LDU"]]
        caller.add(audience, [digest("a"), "", "", []], composite, schema=schema, session=batch(1, 1))
        caller.remove(audience, [digest("a"), "", "", []], schema=schema)
        caller.add(audience, composite, schema=schema)
        identifiers, members = audience.identifiers(), audience.members()
        assert len(identifiers) == 1
    with MetaServer(tmp_path) as server, Caller(server.base_url, server.account) as caller:
        assert server.ready() == {**before, "base_url": server.base_url}
        again = server.account.audiences[audience.id]
        assert (again.name, again.retention_days) == ("Buyers", 30)
        assert (again.identifiers(), again.members()) == (identifiers, members)
        caller.remove(again, composite, schema=schema)
        assert again.members() == []
        assert caller.add(again, "b", session=batch(1, 3)).refusal == (100, None)
        assert caller.add(again, "b", session=batch(1, 2, last=True)).refusal is None
        assert caller.add(again, "c", session=batch(1, 3)).refusal == (2650, 1870159)


def test_a_restart_goes_on_with_a_replace(tmp_path: Path) -> None:
    with MetaServer(tmp_path) as server, Caller(server.base_url, server.account) as caller:
        audience = caller.create()
        caller.add(audience, "old")
        caller.replace(audience, "first", session=batch(1, 1))
    with MetaServer(tmp_path) as server, Caller(server.base_url, server.account) as caller:
        again = server.account.audiences[audience.id]
        assert (again.status, emails(again)) == (414, digests("old"))
        caller.replace(again, "second", session=batch(1, 2, last=True))
        assert (again.status, emails(again)) == (200, digests("first", "second"))


def test_what_it_keeps_is_private_and_its_log_holds_neither_token_nor_customers(tmp_path: Path) -> None:
    with MetaServer(tmp_path) as server, Caller(server.base_url, server.account) as caller:
        caller.add(caller.create("Secret name"), "a")
        caller.get("me/permissions", access_token="wrong-token")
        caller.add(caller.create(), ["not a digest"])
        caller.post("1/users", payload="not JSON")
    for name in ("credentials.json", "audiences.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    log = (tmp_path / "meta.log").read_text(encoding="utf-8")
    assert "users_add 200" in log
    for secret in (
        server.access_token,
        server.app_secret,
        digest("a"),
        "not a digest",
        "Secret name",
        "wrong-token",
    ):
        assert secret not in log
    assert server.access_token not in repr(server.account)
    assert server.app_secret not in repr(server.account)


def test_a_call_is_answered_without_the_delay_of_a_socket_that_waits_for_more(tmp_path: Path) -> None:
    seconds = []
    with MetaServer(tmp_path) as server, Caller(server.base_url, server.account) as caller:
        audience = caller.create()
        for _ in range(30):
            begun = time.perf_counter()
            caller.add(audience, "a")
            seconds.append(time.perf_counter() - begun)
    assert statistics.median(seconds) < 0.03  # with the delay it is 0.04 and more


def test_histories_in_threads_of_their_own_do_not_disturb_each_other(meta_server: MetaServer) -> None:
    def history(seed: int) -> bool:
        with Caller(meta_server.base_url, meta_server.platform.add_account()) as caller:
            audience = caller.create()
            for seq in range(1, 11):
                caller.add(audience, f"{seed} {seq}", session=batch(seed, seq, last=seq == 10))
            caller.remove(audience, f"{seed} 1")
            return emails(audience) == digests(*(f"{seed} {seq}" for seq in range(2, 11)))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(history, range(1, 9)))
