"""Canonical and partner forms of each field, as versioned SQL expressions."""
