"""Destinations as tables of columns, and what delivers to them."""
