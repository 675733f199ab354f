"""A world of three partners for each test, whose days can also be run by other processes."""

from audience_assets_tests.three_partners import make, world

__all__ = ["make", "world"]
