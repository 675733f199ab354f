"""Synthetic people only: a messy Brazilian CRM extract, and the independent truth of what must be delivered."""
