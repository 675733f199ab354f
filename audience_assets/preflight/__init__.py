"""Preflight: what must hold before the first byte leaves, with us and at the partner."""
