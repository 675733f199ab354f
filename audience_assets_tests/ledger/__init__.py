"""What the ledger promises, on a real file and on a real Postgres server."""
