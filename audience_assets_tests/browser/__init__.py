"""Dagster's UI in a real browser, over the demonstration's deployment."""
