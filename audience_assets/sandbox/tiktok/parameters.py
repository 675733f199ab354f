"""Checks of single parameters; a refusal names the parameter and never its value."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from audience_assets.sandbox.tiktok.answers import bad_parameter

Params = Mapping[str, Any]


def text(params: Params, name: str, *, longest: int | None = None) -> str:
    """A text that must not be empty."""
    given = params.get(name)
    if not isinstance(given, str) or not given.strip():
        raise bad_parameter(f"{name}: Missing data for required field, a string that is not empty")
    if longest is not None and len(given) > longest:
        raise bad_parameter(f"{name}: Longer than maximum length {longest}")
    return given


def identifier(params: Params, name: str) -> str:
    """A number as text, as all ids of TikTok's are."""
    given = text(params, name)
    if not _is_id(given):
        raise bad_parameter(f"{name}: Not a valid id, which is a string of digits")
    return given


def one_of(params: Params, name: str, allowed: Collection[str]) -> str:
    """A text of a set."""
    given = text(params, name)
    if given not in allowed:
        raise bad_parameter(f"{name}: Must be one of {', '.join(sorted(allowed))}")
    return given


def texts(params: Params, name: str, *, most: int) -> list[str]:
    """An array of texts; in a query it is JSON."""
    given = params.get(name)
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise bad_parameter(f"{name}: Missing data for required field, an array of strings")
    if not 1 <= len(given) <= most:
        raise bad_parameter(f"{name}: Length must be between 1 and {most}")
    return given


def identifiers(params: Params, name: str, *, most: int) -> list[str]:
    """An array of ids."""
    given = texts(params, name, most=most)
    if not all(map(_is_id, given)):
        raise bad_parameter(f"{name}: Not a valid id, which is a string of digits")
    return given


def whole(params: Params, name: str, default: int, *, least: int, most: int | None = None) -> int:
    """A whole number; in a query it is text."""
    given = params.get(name, default)
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool):
        raise bad_parameter(f"{name}: Not a valid integer")
    if given < least or (most is not None and given > most):
        upper = "" if most is None else f" and at most {most}"
        raise bad_parameter(f"{name}: Must be at least {least}{upper}")
    return given


def _is_id(given: str) -> bool:
    return given.isascii() and given.isdigit()
