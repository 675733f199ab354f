"""The assets that Dagster shows, made of plain calls to the pipeline."""
