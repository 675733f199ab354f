"""The assets run through Dagster itself, against a real S3 server, a real ledger and real files."""
