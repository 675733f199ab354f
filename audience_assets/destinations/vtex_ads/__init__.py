"""VTEX Ads: Parquet files on S3."""
