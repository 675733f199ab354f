"""Customer extracts delivered to advertising partners as audiences."""
