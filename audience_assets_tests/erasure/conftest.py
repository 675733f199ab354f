"""A world of three partners for each test."""

from audience_assets_tests.three_partners import make, world

__all__ = ["make", "world"]
