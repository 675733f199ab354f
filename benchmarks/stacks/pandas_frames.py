"""What both pandas stacks share: the extract in chunks, each made into VTEX Ads' columns by a function a value."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds

from benchmarks.job import Job
from benchmarks.stacks import vtex

ROWS_PER_CHUNK = 1_000_000
"""All ten million at once would need more memory than most machines have."""

Clean = Callable[[Any], str | None]


def create_hash(value: Any) -> str | None:
    """The function of the partner's page, with a hash object of its own for each value and blank values left out."""
    if not isinstance(value, str) or not value:
        return None
    return hashlib.sha256(re.sub(r"\s+", "", value.lower()).encode("utf-8")).hexdigest()


def digits(value: Any) -> str | None:
    """The digits of a text."""
    return re.sub(r"\D", "", value) if isinstance(value, str) else None


def write_chunks(job: Job, cleaned: Mapping[str, Clean]) -> None:
    """Write one file a chunk; `cleaned` has a function for each field that needs more than the hash's own cleaning."""
    day = date.fromisoformat(job.options["day"])
    scanner = ds.dataset(Path(job.extract).parent, format="parquet").scanner(columns=list(vtex.FIELDS))
    for number, chunk in enumerate(_chunks(scanner), start=1):
        delivered = _delivered(chunk[~chunk["consent"].isin([False])], cleaned, day)
        delivered.to_parquet(Path(job.out) / f"{number:04d}.parquet", compression="snappy", index=False)


def _chunks(scanner: Any) -> Any:
    table, held = [], 0
    for batch in scanner.to_batches():
        table.append(batch)
        held += batch.num_rows
        if held >= ROWS_PER_CHUNK:
            yield _frame(table)
            table, held = [], 0
    if table:
        yield _frame(table)


def _frame(batches: list[Any]) -> pd.DataFrame:
    return pd.concat((batch.to_pandas() for batch in batches), ignore_index=True)


def _delivered(frame: pd.DataFrame, cleaned: Mapping[str, Clean], day: date) -> pd.DataFrame:
    born = pd.to_datetime(frame["birth_date"])
    before_birthday = born.dt.month * 100 + born.dt.day > day.month * 100 + day.day
    columns = {"CUSTOMER_ID": frame["customer_id"]}
    for column, field in vtex.HASHED.items():
        values = frame[field].apply(cleaned[field]) if field in cleaned else frame[field]
        columns[column] = values.apply(create_hash)
    columns |= {field.upper(): frame[field] for field in vtex.KEPT}
    columns["AGE"] = (day.year - born.dt.year - before_birthday).astype("Int32")
    columns["CEP"] = frame["postal_code"].apply(digits)
    for field in ("nbo_products", "nbo_categories"):
        columns[field.upper()] = frame[field].apply(lambda texts: None if texts is None else ";".join(texts))
    return pd.DataFrame(columns)[list(vtex.COLUMNS)]
