"""A server's database: how the tables come into being, and what is said when it cannot be used, never with the password."""

import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, SettingsError, StateError
from audience_assets.ledger import Ledger, RemoteAudience, Segment
from audience_assets_tests.ledger.postgres import PASSWORD, PostgresServer


@contextmanager
def refused(kind: type[AudienceAssetsError], words: str) -> Iterator[None]:
    """The body fails with this kind of error, and nothing that could be printed of it holds the password."""
    with pytest.raises(kind, match=words) as caught:
        yield
    assert type(caught.value) is kind
    printed: traceback.TracebackException | None = traceback.TracebackException.from_exception(caught.value)
    while printed is not None:
        said = "".join(printed.format_exception_only())
        assert PASSWORD not in said
        assert "guessed" not in said
        printed = printed.__cause__ or (None if printed.__suppress_context__ else printed.__context__)


def test_tables_are_created_once_by_those_who_start_together(
    server: PostgresServer, empty_database: str
) -> None:
    url, names = server.url(empty_database), ["a", "b", "c", "d"]
    together = threading.Barrier(len(names))

    def open_and_record(name: str) -> None:
        together.wait(10)
        with Ledger.open(url) as ledger:
            ledger.record_segment(Segment(name, date(2026, 11, 1), "rules-1", None, 1))

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(open_and_record, names))
    with Ledger.open(url) as ledger:
        assert sorted(ledger.segments(names)) == names


def test_what_another_program_keeps_there_is_left_alone(server: PostgresServer, empty_database: str) -> None:
    server.execute("CREATE TABLE lease (name text)", empty_database)
    with refused(
        StateError, f"{empty_database} shares its schema with another program .*a database of its own"
    ):
        Ledger.open(server.url(empty_database))
    found = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", empty_database)
    assert found == [("lease",)]  # of our tables, all or none


@pytest.mark.parametrize("columns", ["", "name text"])
def test_another_programs_schema_version_is_not_a_ledger(
    server: PostgresServer, empty_database: str, columns: str
) -> None:
    server.execute(f"CREATE TABLE schema_version ({columns})", empty_database)
    with refused(StateError, "is not a ledger .*set another ledger URL"):
        Ledger.open(server.url(empty_database))


def test_an_unknown_schema_version_is_refused(server: PostgresServer, database: str) -> None:
    with Ledger.open(server.url(database)) as ledger:
        server.execute("UPDATE schema_version SET version = 99", database)
        with refused(StateError, "schema 99"):  # it was changed under a ledger that is open
            ledger.forget_normalized_file("a")
    with refused(StateError, f"127.0.0.1:{server.port}/{database} has schema 99 .* knows 4: run the version"):
        Ledger.open(server.url(database))


def test_a_schema_of_the_databases_can_be_the_ledgers(server: PostgresServer, empty_database: str) -> None:
    server.execute("CREATE SCHEMA audiences", empty_database)
    server.execute("CREATE TABLE public.lease (name text)", empty_database)
    for _ in range(2):
        with Ledger.open(server.url(empty_database, "options=-csearch_path%3Daudiences")) as ledger:
            assert ledger.acknowledged("meta") is None
    with refused(StateError, "has no schema to create its tables in"):
        Ledger.open(server.url(empty_database, "options=-csearch_path%3Dmissing"))


def test_names_are_in_one_order_whatever_the_servers_language(server: PostgresServer) -> None:
    if server.version < 15:
        pytest.skip("older servers take their languages from the system, which may have none")
    names = ["B", "a", "ä"]  # in English "a" comes first
    with (
        server.database("english", options="LOCALE_PROVIDER icu ICU_LOCALE 'en'") as english,
        Ledger.open(server.url(english)) as ledger,
    ):
        assert server.execute("SELECT 'a' < 'B'", english) == [(True,)]
        for name in reversed(names):
            ledger.record_remote_audience(RemoteAudience("meta", name, "account", name, None, "email"))
            ledger.record_segment(Segment(name, date(2026, 11, 1), "rules-1", f"{name}.parquet", 1))
        assert [one.audience for one in ledger.remote_audiences("meta")] == names
        assert [one.name for one in ledger.segments_in_clear(date(2026, 12, 1))] == names


def test_each_transaction_asks_for_durability_and_limits(server: PostgresServer, database: str) -> None:
    names = ["synchronous_commit", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
    careless = "options=-csynchronous_commit%3Doff&timeout=7"
    with Ledger.open(server.url(database, careless)) as ledger:
        for transaction in (ledger._database.reading, ledger._database.writing):
            with transaction() as connection:
                asked = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
            assert asked == ["on", "7s", "67s", "1min"]


def test_more_than_on_is_not_made_less(server: PostgresServer, database: str) -> None:
    careful = "options=-csynchronous_commit%3Dremote_apply"
    with (
        Ledger.open(server.url(database, careful)) as ledger,
        ledger._database.writing() as connection,
    ):
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"


def test_a_reader_sees_one_moment_and_cannot_write(server: PostgresServer, database: str) -> None:
    with Ledger.open(server.url(database)) as ledger:
        with ledger._database.reading() as connection:
            ledger.record_segment(Segment("a", date(2026, 11, 1), "rules-1", None, 1))
            assert connection.exec_driver_sql("SELECT count(*) FROM segment").scalar() == 0
        with (
            refused(StateError, "takes no writes"),
            ledger._database.reading() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM segment")


def test_a_wrong_password_is_a_refused_login(server: PostgresServer, database: str) -> None:
    with refused(SettingsError, f"127.0.0.1:{server.port}/{database} refuses the login .*: mend the user or"):
        Ledger.open(server.url(database, password="guessed"))


def test_a_missing_database_is_named(server: PostgresServer) -> None:
    with refused(
        SettingsError, f"The ledger at 127.0.0.1:{server.port}/nowhere does not exist .*create the database"
    ):
        Ledger.open(server.url("nowhere"))


def test_a_password_comes_from_the_environment_too(
    server: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://ledger@127.0.0.1:{server.port}/{database}?timeout=1"
    with refused(SettingsError, "refuses the login .*no password supplied"):
        Ledger.open(url)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with Ledger.open(url) as ledger:
        assert ledger.acknowledged("meta") is None


def test_a_server_that_is_away_is_named_and_may_be_asked_again() -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with refused(
            DeliveryInterruptedError, f"127.0.0.1:{port}/ledger cannot be reached .*refused.*run again"
        ):
            Ledger.open(f"postgresql://u:guessed@127.0.0.1:{port}/ledger?timeout=0.3")
        silent.listen()  # and now nobody answers
        with refused(DeliveryInterruptedError, f"127.0.0.1:{port}/ledger cannot be reached"):
            Ledger.open(f"postgresql://u:guessed@127.0.0.1:{port}/ledger?timeout=0&connect_timeout=2")


def test_a_host_that_does_not_exist_is_named() -> None:
    with refused(DeliveryInterruptedError, r"at db\.invalid:5432/ledger cannot be reached"):
        Ledger.open("postgresql://u:guessed@db.invalid:5432/ledger?timeout=0")


def test_a_user_without_rights_is_told_which(server: PostgresServer, empty_database: str) -> None:
    server.execute("DROP ROLE IF EXISTS reader")
    server.execute("CREATE ROLE reader LOGIN PASSWORD 'guessed'")
    server.execute("REVOKE CREATE ON SCHEMA public FROM public", empty_database)
    url = f"postgresql://reader:guessed@127.0.0.1:{server.port}/{empty_database}"
    with refused(StateError, "does not let its user do this .permission denied for schema public.*CREATE"):
        Ledger.open(url)


def test_a_standby_is_read_and_named_when_it_is_written(server: PostgresServer, database: str) -> None:
    with server.as_standby():
        with (
            Ledger.open(server.url(database)) as ledger,
            refused(StateError, "takes no writes .*: name the primary server"),
        ):
            assert ledger.acknowledged("meta") is None
            ledger.forget_normalized_file("a")
        with refused(DeliveryInterruptedError, "is starting or stopping .session is read-only"):
            Ledger.open(server.url(database, "target_session_attrs=read-write&timeout=0.1"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:gu@guessed@host/ledger", "second @: write the one in the password as %40"),
        ("postgresql://u:gu@host:guessed@host/ledger", "ledger URL is not one"),
        ("postgresql://u:guessed@host:guessed/ledger", "ledger URL is not one"),
        ("postgresql://u:guessed@host", "names no database"),
        ("postgresql+psycopg2://u:guessed@host/ledger", "names a driver that is not ours"),
        ("postgresql://u:guessed@host/ledger?timeout=soon", "timeout in the ledger URL"),
        (
            "postgresql://u:guessed@127.0.0.1:1/ledger?nonsense=1",
            "127.0.0.1:1/ledger cannot be connected to in this way .*nonsense",
        ),
        (
            "postgresql://u:guessed@127.0.0.1:1/ledger?sslmode=sometimes",
            "cannot be connected to in this way .*sslmode",
        ),
    ],
)
def test_a_url_that_cannot_work_is_a_settings_error(url: str, words: str) -> None:
    with refused(SettingsError, words):
        Ledger.open(url)


def test_encryption_that_the_server_does_not_offer_is_an_error(server: PostgresServer, database: str) -> None:
    with refused(SettingsError, "cannot be connected to in this way .server does not support SSL"):
        Ledger.open(server.url(database, "sslmode=require"))


def test_the_short_name_of_the_scheme_works_too(server: PostgresServer, database: str) -> None:
    with Ledger.open(server.url(database).replace("postgresql://", "postgres://")) as ledger:
        assert ledger.acknowledged("meta") is None


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with refused(SettingsError, r"needs psycopg: install audience-assets\[postgres\]"):
        Ledger.open("postgresql://u:guessed@host/ledger")


def test_nothing_of_the_server_is_left_in_the_folder_of_the_caller(
    server: PostgresServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Ledger.open(server.url(database)).close()
    assert list(tmp_path.iterdir()) == []
