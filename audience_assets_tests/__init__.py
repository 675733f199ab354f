"""Tests of audience_assets."""
