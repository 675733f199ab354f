"""What pydantic finds wrong with the settings, said to a person: the key as it stands in the file, and the mend."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from audience_assets.settings_lines import line_of

Key = tuple[int | str, ...]


def sentences(
    error: ValidationError, model: type[BaseModel], prefix: str, where: str, text: str
) -> Iterator[str]:
    """What is wrong with each key, or with the environment variable that overrides it; never a value that may be secret.

    Args:
        error: What pydantic found.
        model: The settings' model.
        prefix: How environment variables that override a key begin.
        where: The file's name, or what stands for it.
        text: What the file holds, to name the line of a key.
    """
    variables = {name.upper(): name for name in os.environ}
    problems = error.errors(include_input=False, include_url=False)
    misspelt = {_meant(model, each["loc"]) for each in problems if each["type"] == "extra_forbidden"}
    for problem in problems:
        if problem["type"] == "missing" and problem["loc"] in misspelt:
            continue  # the sentence about the other spelling says it
        key = [str(part) for part in _in_file(model, problem["loc"])]
        key += ["type"] if problem["type"] == "union_tag_invalid" else []
        variable = variables.get((prefix + "__".join(key)).upper())
        place = f"the environment variable {variable}" if variable else _in_words(where, text, key)
        yield f"{place}: {_said(problem, model)}"


def _in_words(where: str, text: str, key: list[str]) -> str:
    """The file, the line and the key as it is written there; only the file for what concerns several tables together."""
    line = line_of(text, key)
    return ": ".join([f"{where}, line {line}" if line else where, *([".".join(key)] if key else [])])


def no_such_key(model: type[BaseModel], key: Key) -> str:
    """What may stand in the place of an unknown key."""
    meant = _meant(model, key)
    known = _model_at(model, key[:-1]).model_fields
    hint = f"did you mean {meant[-1]}?" if meant else f"there are {', '.join(known)}"
    return f"there is no such key; {hint}"


def _meant(model: type[BaseModel], key: Key) -> Key | None:
    """The known key whose name is like the unknown one's, if there is any."""
    known = list(_model_at(model, key[:-1]).model_fields)
    similar = get_close_matches(str(key[-1]), known, n=1)
    return (*key[:-1], similar[0]) if similar else None


def _said(problem: ErrorDetails, model: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        return no_such_key(model, problem["loc"])
    if problem["type"] == "union_tag_invalid":
        return f"there is no such type; there are {problem['ctx']['expected_tags'].replace(chr(39), '')}"
    if problem["type"] in ("model_type", "dict_type"):
        return "must be a table of keys: write it as [table] or { key = value }"
    if problem["type"] == "missing":
        return "is not set and has no default: add it to its table"
    return problem["msg"].removeprefix("Value error, ")


def _model_at(model: type[BaseModel], key: Key) -> type[BaseModel]:
    """The model whose fields are the keys of a table in the file."""
    found: type[BaseModel] = [model, *(kind for _, kind in _steps(model, key))][-1]
    return found


def _in_file(model: type[BaseModel], key: Key) -> list[int | str]:
    """The key as it stands in the file, without the tags by which pydantic names the kind of a table."""
    return [part for part, _ in _steps(model, key) if part is not None]


def _steps(model: Any, key: Key) -> Iterator[tuple[int | str | None, Any]]:
    """Each part of a key with what stands there; a part that only names the kind of a table is None."""
    kind: Any = model
    for part in key:
        tagged = _tagged(kind)
        if part in tagged:
            kind = tagged[part]
            yield None, kind
            continue
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[part].annotation if part in kind.model_fields else None
        if isinstance(kind, UnionType):  # a table that may be absent
            kind = get_args(kind)[0]
        yield part, kind


def _tagged(kind: Any) -> dict[int | str, Any]:
    """The kinds of a table by their tags, if there are several."""
    if get_origin(kind) is not Annotated:
        return {}
    union = get_args(get_args(kind)[0])
    return {
        note.tag: get_args(each)[0] for each in union for note in get_args(each)[1:] if isinstance(note, Tag)
    }
