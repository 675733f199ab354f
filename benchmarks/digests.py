"""How many digests of a stack differ from ours: looked up for a sample of the customers that it wrote."""

from pathlib import Path

import duckdb

from benchmarks.job import Details
from benchmarks.stacks.vtex import HASHED

SAMPLE = 100_000


def compare(written: Path, ours: Path) -> Details:
    """Share of differing digests by column, and of customers that only one of both has, in a sample.

    Args:
        written: The folder of the stack, with Parquet files, or with the CSV files of condor-retl.
        ours: The folder with the files of our first load, which may have more customers.
    """
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"create view written as {_rows(written)}")
        connection.execute(f"create view ours as select * from read_parquet('{ours}/*.parquet')")
        total = connection.execute("select count(*) from written").fetchall()[0][0]
        one_in = max(1, total // SAMPLE)
        connection.execute(
            f"create table sample as select * from written where hash(CUSTOMER_ID) % {one_in} = 0"
        )
        differing = ", ".join(
            f"count(*) filter (where sample.{column} is distinct from ours.{column})" for column in HASHED
        )
        counted = connection.execute(
            f"select count(*), count(*) filter (where ours.CUSTOMER_ID is null), {differing}"
            " from sample left join ours using (CUSTOMER_ID)"
        ).fetchall()[0]
    rows, unknown, *wrong = counted
    shares = {column: count / rows for column, count in zip(HASHED, wrong, strict=True)}
    return {
        "rows_written": total,
        "sample": rows,
        "unknown_customers": unknown,
        "differing": shares,
        "exact": not unknown and not any(wrong),
    }


def _rows(written: Path) -> str:
    columns = ["CUSTOMER_ID", *HASHED]
    if list(written.rglob("*.parquet")):
        return f"select {', '.join(columns)} from read_parquet('{written}/**/*.parquet')"
    texts = ", ".join(f"payload_json ->> '{column}' as {column}" for column in HASHED)
    return (
        f"select key_json ->> 'customer_id' as CUSTOMER_ID, {texts}"
        f" from read_csv('{written}/files/*/upserts.csv', header = true, quote = '\"', escape = '\"',"
        " max_line_size = 10000000)"
    )
