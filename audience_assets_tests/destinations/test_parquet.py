"""Files are cut exactly where they must be, checked before each write, and read back before they may leave."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audience_assets.errors import ContractError
from audience_assets.storage import parquet
from audience_assets_tests.destinations.tables import SCHEMA, VTEX_ADS, good

NUMBERS = pa.schema([pa.field("n", pa.int32(), nullable=False)])
REPEATING = [column.name for column in VTEX_ADS.columns[1:] if not column.hashed]


def reader(sizes: Sequence[int]) -> pa.RecordBatchReader:
    """Batches of these sizes that count from 0."""
    numbers = count()
    batches = [
        pa.record_batch({"n": pa.array([next(numbers) for _ in range(size)], pa.int32())}) for size in sizes
    ]
    return pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int32())]), batches)


def drafts(folder: Path) -> Callable[[], Path]:
    names: Iterator[int] = count()
    return lambda: folder / f"{next(names)}.parquet"


def pass_all(_: pa.Table) -> None:
    """Let every table pass."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.parquet"
    write(path)
    return path


def write(path: Path, table: pa.Table | None = None, schema: pa.Schema = SCHEMA, **options: object) -> None:
    pq.write_table(
        good(3).cast(schema) if table is None else table, path, **{"compression": "snappy", **options}
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 12))
def test_rows_are_cut_exactly_in_order_and_no_file_is_empty(sizes: list[int], rows_per_file: int) -> None:
    checked: list[int] = []
    with TemporaryDirectory() as folder:
        written = list(
            parquet.write_in_parts(
                reader(sizes),
                NUMBERS,
                [],
                rows_per_file,
                drafts(Path(folder)),
                lambda table: checked.extend(table["n"].to_pylist()),
            )
        )
        contents = [pq.read_table(path)["n"].to_pylist() for path, _ in written]
        for path, rows in written:
            parquet.verify(path, NUMBERS, rows)
    everything = list(range(sum(sizes)))
    assert contents == [
        everything[at : at + rows_per_file] for at in range(0, len(everything), rows_per_file)
    ]
    assert [rows for _, rows in written] == [len(each) for each in contents]
    assert checked == everything


@pytest.mark.parametrize(
    ("together", "rows", "at"),
    [*((2, 2, at) for at in range(5)), *((3, 4, at) for at in range(3)), (100, 10, 0)],
)
def test_rows_are_checked_before_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int, rows: int, at: int
) -> None:
    monkeypatch.setattr(parquet, "CHECKED_TOGETHER", together)
    seen: list[pa.Table] = []

    def check(table: pa.Table) -> None:
        seen.append(table)
        if len(seen) > at:
            raise ContractError("bad")

    next_draft = drafts(tmp_path)
    with pytest.raises(ContractError):
        list(parquet.write_in_parts(reader([2, 2, 2, 2, 2]), NUMBERS, [], 4, next_draft, check))
    on_disk = [row for path in sorted(tmp_path.iterdir()) for row in pq.read_table(path)["n"].to_pylist()]
    assert on_disk == list(range(rows * at))


def test_the_check_sees_a_batch_as_it_came(tmp_path: Path) -> None:
    batches = pa.record_batch({"n": pa.array([1, None], pa.int64())})
    source = pa.RecordBatchReader.from_batches(batches.schema, [batches])

    def check(table: pa.Table) -> None:
        assert table.schema == batches.schema
        assert table["n"].null_count == 1
        raise ContractError("the null is told by the contract, not by a cast")

    with pytest.raises(ContractError):
        list(parquet.write_in_parts(source, NUMBERS, [], 4, drafts(tmp_path), check))


def test_a_written_file_is_what_the_partner_asks_for(tmp_path: Path) -> None:
    table = good(5)
    [(path, rows)] = parquet.write_in_parts(
        table.to_reader(2), SCHEMA, REPEATING, 10, drafts(tmp_path), pass_all
    )
    assert rows == 5
    parquet.verify(path, SCHEMA, 5)
    independent = pl.read_parquet(path)
    assert independent.columns == SCHEMA.names
    assert independent.to_arrow().cast(table.schema).equals(table)
    with pq.ParquetFile(path) as opened:
        group = opened.metadata.row_group(0)
        columns = [group.column(at) for at in range(group.num_columns)]
        assert {column.compression for column in columns} == {"SNAPPY"}
        dictionaries = [column.path_in_schema for column in columns if column.has_dictionary_page]
    assert dictionaries == [name for name in REPEATING if name != "AGE"] or dictionaries == REPEATING


def test_a_right_file_is_verified(file: Path) -> None:
    parquet.verify(file, SCHEMA, 3)


def changed(*fields: pa.Field) -> pa.Schema:
    """The schema with fields of the same names put in."""
    schema = SCHEMA
    for field in fields:
        schema = schema.set(schema.names.index(field.name), field)
    return schema


WRONG = {
    "optional id": (
        changed(pa.field("CUSTOMER_ID", pa.string())),
        "CUSTOMER_ID string,",
        "CUSTOMER_ID string required,",
    ),
    "required email": (
        changed(pa.field("EMAIL_HASHED", pa.string(), nullable=False)),
        "EMAIL_HASHED string required",
        "EMAIL_HASHED string,",
    ),
    "wide age": (changed(pa.field("AGE", pa.int64())), "AGE int64", "AGE int32"),
    "large text": (changed(pa.field("CITY", pa.large_string())), "CITY large_string", "CITY string"),
    "missing": (SCHEMA.remove(3), "", "SOCIAL_ID_HASHED"),
    "extra": (SCHEMA.append(pa.field("X", pa.string())), "X string", ""),
}


@pytest.mark.parametrize(("schema", "found", "wanted"), WRONG.values(), ids=list(WRONG))
def test_wrong_columns_are_refused(tmp_path: Path, schema: pa.Schema, found: str, wanted: str) -> None:
    path = tmp_path / "file.parquet"
    table = good(3).append_column("X", pa.array(["x"] * 3)).select(schema.names)
    write(path, table.cast(schema))
    with pytest.raises(
        ContractError, match=r"^file.parquet was written wrong and is not delivered: its columns are"
    ) as caught:
        parquet.verify(path, SCHEMA, 3)
    is_now, _, should = str(caught.value).partition(" and should be ")
    assert found in is_now
    assert wanted in should


def test_wrong_names_case_and_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    table = good(3).cast(SCHEMA)
    for names in ([name.lower() for name in SCHEMA.names], SCHEMA.names[::-1]):
        write(path, table.rename_columns(names))
        with pytest.raises(ContractError, match="its columns are"):
            parquet.verify(path, SCHEMA, 3)


@pytest.mark.parametrize(
    "codec", ["zstd", "none", "gzip", {"AGE": "none", **dict.fromkeys(SCHEMA.names[:7], "snappy")}]
)
def test_another_codec_in_any_column_is_refused(tmp_path: Path, codec: object) -> None:
    path = tmp_path / "file.parquet"
    write(path, compression=codec)
    with pytest.raises(ContractError, match=r"it is compressed with .* and should be with SNAPPY only"):
        parquet.verify(path, SCHEMA, 3)


def test_another_number_of_rows_is_refused(file: Path) -> None:
    with pytest.raises(ContractError, match="it has 3 rows and should have 4"):
        parquet.verify(file, SCHEMA, 4)


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    write(path)
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 61), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(
            ContractError, match=r"^file.parquet is not a readable Parquet file: materialize the delta again"
        ):
            parquet.verify(path, SCHEMA, 3)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is not a readable Parquet file"):
        parquet.verify(tmp_path / "gone.parquet", SCHEMA, 3)
