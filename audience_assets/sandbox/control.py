"""What the endpoints' own HTTP controls have in common: reading what was asked for, and setting attributes by name."""

import dataclasses
import json
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from audience_assets.sandbox.clock import Clock

F = TypeVar("F")


class ControlError(Exception):
    """A control that makes no sense; its text says why."""


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object in a request.

    Raises:
        ControlError: There is none.
    """
    try:
        given = json.loads(await request.body())
    except ValueError as error:
        raise ControlError("the body must be JSON") from error
    if not isinstance(given, Mapping):
        raise ControlError("the body must be a JSON object")
    return given


def validated(kind: Any, given: object) -> Any:
    """What was given, as a value of this type.

    Raises:
        ControlError: It is none.
    """
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ControlError(wrong) from error


async def order_fault(faults: list[F], kind: type[F], request: Request) -> None:
    """Add the fault that was asked for.

    Raises:
        ControlError: It is none.
    """
    faults.append(validated(kind, await body_of(request)))


async def let_time_pass(clock: Clock, request: Request) -> dict[str, object]:
    """Advance the sandbox's clock, or set how wrong its Date header is, and tell what it shows.

    Raises:
        ControlError: It is not said by how much.
    """
    given = await body_of(request)
    if "date_off_seconds" in given:
        clock.date_off = validated(float, given["date_off_seconds"])
    if "advance_seconds" in given or "date_off_seconds" not in given:
        clock.advance(validated(float, given.get("advance_seconds")))
    return {"now": clock.now()}


async def set_behaviour(
    account: object, behaviour: Any, request: Request, not_over_http: Collection[str]
) -> None:
    """Set fields of the dataclass `behaviour` on an account: all that were asked for, or none.

    Raises:
        ControlError: There is no such field, or a value is not of its type.
    """
    given = await body_of(request)
    known = {each.name: each.type for each in dataclasses.fields(behaviour) if each.name not in not_over_http}
    if given.keys() - known.keys():
        raise ControlError(f"an account's settings are {', '.join(known)}")
    settings = {name: validated(known[name], value) for name, value in given.items()}
    for name, value in settings.items():
        setattr(account, name, value)
