"""What can be proved about Postgres without one: the statements compile for it, and its way of creating them works."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from audience_assets.ledger import database, tables
from audience_assets.ledger.database import _create_schema_once
from audience_assets.ledger.sqlite_file import file_engine


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=str)
def test_every_table_compiles(table: Table) -> None:
    assert str(CreateTable(table).compile(dialect=postgresql.dialect())).strip().startswith("CREATE TABLE")  # type: ignore[no-untyped-call]


def test_partial_indexes_stay_partial() -> None:
    indexes = {
        str(index.name): str(CreateIndex(index).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        for index in tables.delivery.indexes
    }
    assert indexes["delivery_ordinal"].endswith(
        "ON delivery (destination, audience, day, ordinal) WHERE status <> 'abandoned'"
    )
    assert indexes["delivery_open"].endswith("(destination, audience) WHERE status IN ('planned', 'sending')")


def test_writers_queue_on_the_versions_row() -> None:
    lock = select(tables.schema_version.c.version).with_for_update()
    assert str(lock.compile(dialect=postgresql.dialect())).endswith("FOR UPDATE")  # type: ignore[no-untyped-call]


def test_delivery_numbers_come_from_the_server() -> None:
    assert "id SERIAL NOT NULL" in str(CreateTable(tables.delivery).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def test_tables_are_created_once_and_never_over_anothers(tmp_path: Path) -> None:
    """SQLite stands in for the server here: the same code, another dialect."""
    (tmp_path / "ours").touch()
    ours = file_engine(tmp_path / "ours")
    _create_schema_once(ours)
    _create_schema_once(ours)
    with ours.connect() as connection:
        assert connection.scalars(select(tables.schema_version.c.version)).all() == [tables.SCHEMA_VERSION]

    (tmp_path / "theirs").touch()
    theirs = file_engine(tmp_path / "theirs")
    with theirs.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lease (name TEXT)")
    with pytest.raises(OperationalError, match="already exists"):
        _create_schema_once(theirs)


def test_the_one_that_loses_the_race_to_create_finds_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours").touch()
    engine = file_engine(tmp_path / "ours")

    def lose(_connection: Connection) -> None:
        monkeypatch.undo()
        _create_schema_once(engine)  # the other process, just before us
        raise OperationalError("CREATE TABLE", None, Exception("already exists"))

    monkeypatch.setattr(database, "_create_schema", lose)
    _create_schema_once(engine)
    with engine.connect() as connection:
        assert connection.scalars(select(tables.schema_version.c.version)).all() == [tables.SCHEMA_VERSION]
