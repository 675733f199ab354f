"""Measures audience_assets beside what else people would use: `make bench`, or `python -m benchmarks --help`."""
