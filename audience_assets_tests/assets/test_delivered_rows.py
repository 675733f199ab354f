"""What the issue demands: the rows at the partner are exactly the rows that the source's truth says are due."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audience_assets_tests.assets.deployment import DAYS, Deployment

COLUMNS = [
    *("CUSTOMER_ID", "EMAIL_HASHED", "PHONE_HASHED", "SOCIAL_ID_HASHED", "FIRST_NAME_HASHED"),
    *("LAST_NAME_HASHED", "GENDER", "AGE", "CEP", "COUNTRY", "STATE", "CITY", "NEIGHBORHOOD"),
    *("AUDIENCES", "NBO_PRODUCTS", "NBO_CATEGORIES"),
]


@pytest.mark.parametrize("day", DAYS)
def test_rows_delivered_on_a_day_through_dagster_equal_the_truth_of_the_source(
    three_days: Deployment, crm: Path, day: str
) -> None:
    due = pq.ParquetFile(crm / f"truth/delivered-{day}.parquet").read().sort_by("CUSTOMER_ID")
    delivered = three_days.delivered(day)
    assert delivered.column_names == due.column_names == COLUMNS
    assert delivered.num_rows > 20
    for name in COLUMNS:
        assert delivered.column(name).to_pylist() == due.column(name).to_pylist(), name
