"""A server that restarts, crashes or goes away in the middle of a delivery: the run goes on, or the next one finishes."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from audience_assets.errors import DeliveryInterruptedError, OutOfOrderError, StateError
from audience_assets.ledger import BatchStatus, Counts, Ledger, PlannedBatch, Segment, Snapshot
from audience_assets_tests.ledger.postgres import PostgresServer

DAY = date(2026, 11, 1)


@pytest.fixture
def url(server: PostgresServer, database: str) -> str:
    return server.url(database)


@contextmanager
def one_batch_sent(ledger: Ledger, publish: Callable[..., Snapshot]) -> Iterator[int]:
    """The number of a delivery of which one batch left, and no answer came yet."""
    snapshot = publish(1)
    with ledger.lease("delivery of meta") as lease:
        batches = [PlannedBatch("add", 1, f"file-{n}", "sha", "remote") for n in range(2)]
        delivery = ledger.plan("meta", DAY, None, snapshot.key, Counts(), batches)
        lease.renew()
        ledger.mark_sent(delivery.id, 1)
        yield delivery.id


def finish(ledger: Ledger) -> None:
    """What a run does with what an earlier one began."""
    begun = ledger.unfinished("meta")
    assert begun is not None
    for batch in ledger.batches(begun.id):
        if batch.status is not BatchStatus.ACKNOWLEDGED:
            ledger.mark_sent(begun.id, batch.sequence)
            ledger.mark_acknowledged(begun.id, batch.sequence, "taken")
    ledger.finish(begun.id)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "by a crash"])
def test_a_run_goes_on_after_a_restart_between_sent_and_acknowledged(
    server: PostgresServer, ledger: Ledger, publish: Callable[..., Snapshot], how: signal.Signals
) -> None:
    with one_batch_sent(ledger, publish) as number:
        server.restart(how)
        ledger.mark_acknowledged(number, 1, "taken")
        server.restart(how)
        finish(ledger)
    pointer = ledger.acknowledged("meta")
    assert pointer is not None
    assert pointer.delivery_id == number
    assert [batch.attempts for batch in ledger.batches(number)] == [1, 1]


def test_a_connection_that_was_closed_meanwhile_is_replaced_at_once(
    server: PostgresServer, database: str
) -> None:
    with Ledger.open(server.url(database, "timeout=0")) as ledger:
        server.restart()
        assert ledger.acknowledged("meta") is None


def test_a_run_waits_for_a_server_that_is_coming_back(
    server: PostgresServer, ledger: Ledger, publish: Callable[..., Snapshot], caplog: pytest.LogCaptureFixture
) -> None:
    with one_batch_sent(ledger, publish) as number:
        server.stop()
        later = threading.Timer(0.5, server.start)
        later.start()
        ledger.mark_acknowledged(number, 1, "taken")
        later.join()
        finish(ledger)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("audience_assets")]
    assert len([line for line in told if "is away: waiting, 10 s at most" in line]) == 1


def test_a_run_that_waited_in_vain_ends_and_the_next_one_finishes(
    server: PostgresServer, database: str, publish: Callable[..., Snapshot]
) -> None:
    with Ledger.open(server.url(database, "timeout=0.3")) as impatient:
        with (  # noqa: PT012 - the lease, too, cannot be given back
            pytest.raises(DeliveryInterruptedError, match=f"{database} cannot be reached .*run again"),
            one_batch_sent(impatient, publish) as number,
        ):
            server.stop()
            impatient.mark_acknowledged(number, 1, "taken")
        server.start()
        with impatient.lease(
            "delivery of meta"
        ):  # at once, and in the same process, as Dagster repeats a step
            finish(impatient)
        assert [batch.attempts for batch in impatient.batches(number)] == [2, 1]
        assert impatient.unfinished("meta") is None


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'",
            "broke",
        ),
        ("stop", "broke the connection off"),
    ],
)
def test_a_transaction_that_is_cut_off_leaves_nothing(
    server: PostgresServer, ledger: Ledger, end: str, words: str
) -> None:
    cut = pytest.raises(DeliveryInterruptedError, match=f"{words}.*run again")
    with cut as caught, ledger._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO lease VALUES ('x', '', '', '', 1, '', '', '')")
        server.restart() if end == "stop" else server.execute(end)
        connection.exec_driver_sql("SELECT 1")
    assert caught.value.__cause__ is None  # it would hold the password
    with ledger._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM lease").scalar() == 0


def test_a_commit_that_cannot_be_made_is_an_interruption(server: PostgresServer, ledger: Ledger) -> None:
    with (  # noqa: PT012 - it is the end of the transaction that fails
        pytest.raises(DeliveryInterruptedError, match="broke the connection off"),
        ledger._database.writing() as connection,
    ):
        connection.exec_driver_sql("INSERT INTO lease VALUES ('x', '', '', '', 1, '', '', '')")
        server.restart()
    with ledger._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM lease").scalar() == 0


def test_a_writer_that_waits_too_long_for_another_is_told(
    server: PostgresServer, database: str, ledger: Ledger
) -> None:
    with Ledger.open(server.url(database, "timeout=0.1")) as waiting, ledger._database.writing():
        assert waiting.acknowledged("meta") is None  # readers never wait for a writer
        with pytest.raises(StateError, match=f"{database} stayed locked by another process: stop"):
            waiting.forget_normalized_file("a")
    ledger.forget_normalized_file("a")


def test_a_process_that_froze_in_a_transaction_is_ended_by_the_server(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audience_assets.ledger.postgres_server.IDLE_SECONDS", 0.2)
    with (  # noqa: PT012 - the frozen one fails last
        pytest.raises(DeliveryInterruptedError, match="idle-in-transaction timeout"),
        Ledger.open(url) as frozen,
        frozen._database.writing() as connection,
    ):
        ledger.record_segment(
            Segment("a", DAY, "rules-1", None, 1)
        )  # waits for the frozen one, until it is ended
        connection.exec_driver_sql("SELECT 1")
    assert ledger.segment("a") is not None


def test_a_lease_expires_by_the_servers_clock(server: PostgresServer, database: str) -> None:
    server.execute(
        "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql"
        " AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 day' $$",
        database,
    )
    tomorrow = (datetime.now(UTC) + timedelta(hours=23)).isoformat()
    ahead = server.url(
        database, "options=-csearch_path%3Dpublic,pg_catalog"
    )  # a server that is a day ahead of us
    with Ledger.open(ahead) as ledger, ledger.lease("meta", seconds=60) as lease:
        for _ in range(2):
            (row,) = server.execute("SELECT taken_at, expires_at FROM lease", database)
            assert all(str(moment) > tomorrow for moment in row)
            with pytest.raises(OutOfOrderError, match="is held by process"), ledger.lease("meta"):
                pytest.fail("two holders")
            lease.renew()


def test_a_deadlock_with_another_program_is_an_interruption(
    server: PostgresServer, database: str, ledger: Ledger, publish: Callable[..., Snapshot]
) -> None:
    publish(1)
    with (  # noqa: PT012 - which of the two statements fails is the server's choice, so ours waits longer
        psycopg.connect(server.url(database, "options=-cdeadlock_timeout%3D10s")) as other,
        pytest.raises(DeliveryInterruptedError, match=r"at the same time .deadlock detected.*run again"),
        ledger._database.writing() as connection,
    ):
        connection.exec_driver_sql("SET LOCAL deadlock_timeout = '50ms'")
        other.execute("UPDATE segment SET rows = 1")
        crossing = threading.Thread(
            target=other.execute, args=["SELECT version FROM schema_version FOR UPDATE"]
        )
        crossing.start()
        while not server.execute("SELECT 1 FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
        try:
            connection.exec_driver_sql("UPDATE segment SET rows = 2")
        finally:
            connection.invalidate()
            crossing.join(10)
