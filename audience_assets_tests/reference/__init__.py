"""An independent plain-Python reference of docs/fields.md, and corpora to compare it with the SQL rules."""
