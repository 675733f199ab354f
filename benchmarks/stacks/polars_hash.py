"""polars with the polars-hash plugin, streaming. Phones are judged by a regular expression, so they are not exact."""

from datetime import date
from functools import partial

import polars as pl
import polars_hash as plh

from benchmarks.job import Job, Work
from benchmarks.stacks import vtex

ROWS_PER_FILE = 1_000_000


def prepare(job: Job) -> Work:
    """One step."""
    return {"run": partial(_run, job)}


def _run(job: Job) -> None:
    frame = pl.scan_parquet(job.extract).filter(pl.col("consent").fill_null(value=True))
    files = pl.PartitionBy(job.out, max_rows_per_file=ROWS_PER_FILE)
    _delivered(frame, date.fromisoformat(job.options["day"])).sink_parquet(
        files, compression="snappy", mkdir=True
    )


def _delivered(frame: pl.LazyFrame, day: date) -> pl.LazyFrame:
    cleaned = {field: _spaceless(field) for field in ("email", "first_name", "last_name")}
    cleaned |= {"phone": _phone(), "social_id": _digits("social_id")}
    return (
        frame.with_columns(**cleaned)
        .select(
            pl.col("customer_id").alias("CUSTOMER_ID"),
            *[plh.col(field).chash.sha2_256().alias(column) for column, field in vtex.HASHED.items()],
            *[pl.col(field).alias(field.upper()) for field in vtex.KEPT],
            _age(day).alias("AGE"),
            _digits("postal_code").alias("CEP"),
            pl.col("nbo_products").list.join(";").alias("NBO_PRODUCTS"),
            pl.col("nbo_categories").list.join(";").alias("NBO_CATEGORIES"),
        )
        .select(vtex.COLUMNS)
    )


def _spaceless(field: str) -> pl.Expr:
    return pl.col(field).str.to_lowercase().str.replace_all(r"\s+", "")


def _digits(field: str) -> pl.Expr:
    return pl.col(field).str.replace_all("[^0-9]", "")


def _phone() -> pl.Expr:
    digits = _digits("phone")
    national = (
        pl.when(digits.str.len_bytes().is_in([12, 13]) & digits.str.starts_with("55"))
        .then(digits.str.slice(2))
        .when(digits.str.starts_with("0"))
        .then(digits.str.slice(1))
        .otherwise(digits)
    )
    return pl.when(national.str.contains(vtex.BRAZILIAN_NUMBER)).then(pl.lit("+55") + national)


def _age(day: date) -> pl.Expr:
    born = pl.col("birth_date").dt
    had_birthday = (born.month() * 100 + born.day()) <= day.month * 100 + day.day
    return (day.year - born.year() - pl.when(had_birthday).then(0).otherwise(1)).cast(pl.Int32)
