"""One module for each stack: `prepare(job)` imports and starts what it needs, and returns the work that is measured."""
