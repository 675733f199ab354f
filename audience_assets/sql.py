"""Quoting for the few places where a name or a text of ours becomes part of a SQL statement."""


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def listed(expressions: list[str], indent: int = 2) -> str:
    """One expression a line, separated by commas."""
    return ",\n".join(" " * indent + expression for expression in expressions)
