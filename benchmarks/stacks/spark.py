"""PySpark on this machine, as many threads as there are cores. Phones are judged by a regular expression, so they are not exact."""

import os
from functools import partial

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody writes it

from benchmarks.job import Job, Work
from benchmarks.stacks import vtex

ROWS_PER_FILE = 1_000_000


def prepare(job: Job) -> Work:
    """Start the session, which is not measured; then one step."""
    session = (
        SparkSession.builder.master(f"local[{os.cpu_count()}]")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.parquet.compression.codec", "snappy")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.local.dir", f"{job.out}.spark")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    session.range(1).count()  # the first query starts what the others need
    return {"run": partial(_run, session, job)}


def _run(session: SparkSession, job: Job) -> None:
    frame = session.read.parquet(job.extract).where("not (consent <=> false)")
    written = _delivered(frame, job.options["day"]).write.option("maxRecordsPerFile", ROWS_PER_FILE)
    written.mode("overwrite").parquet(job.out)


def _delivered(frame: DataFrame, day: str) -> DataFrame:
    cleaned = {field: _spaceless(field) for field in ("email", "first_name", "last_name")}
    cleaned |= {"phone": _phone(), "social_id": _digits("social_id")}
    age = F.floor(F.months_between(F.lit(day).cast("date"), F.col("birth_date")) / 12).cast("int")
    return frame.withColumns(cleaned).select(
        F.col("customer_id").alias("CUSTOMER_ID"),
        *[F.sha2(F.col(field), 256).alias(column) for column, field in vtex.HASHED.items()],
        F.col("gender").alias("GENDER"),
        age.alias("AGE"),
        _digits("postal_code").alias("CEP"),
        *[F.col(field).alias(field.upper()) for field in vtex.KEPT[1:]],
        F.array_join("nbo_products", ";").alias("NBO_PRODUCTS"),
        F.array_join("nbo_categories", ";").alias("NBO_CATEGORIES"),
    )


def _spaceless(field: str) -> Column:
    return F.regexp_replace(F.lower(F.col(field)), r"\s+", "")


def _digits(field: str) -> Column:
    return F.regexp_replace(F.col(field), "[^0-9]", "")


def _phone() -> Column:
    digits = _digits("phone")
    national = (
        F.when(F.length(digits).isin(12, 13) & digits.startswith("55"), digits.substr(3, 11))
        .when(digits.startswith("0"), digits.substr(2, 20))
        .otherwise(digits)
    )
    return F.when(national.rlike(vtex.BRAZILIAN_NUMBER), F.concat(F.lit("+55"), national))
