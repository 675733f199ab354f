"""Retention: what is older than the settings keep it goes, and nothing that is still needed."""
