"""The sandbox's own HTTP controls: look into audiences, ask for faults, let time pass, set an account's behaviour."""

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from audience_assets.sandbox.meta.answers import (
    GraphError,
    GraphJSON,
    bad_parameter,
    invalid_token,
    no_such_object,
)
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.behaviour import Behaviour
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.sandbox.meta.platform import Account, Platform
from audience_assets.sandbox.meta.reading import bearer

NOT_OVER_HTTP = frozenset({"people", "refuses"})

Control = Callable[[Platform, Account, Request], Awaitable[dict[str, object]]]


def routes(platform: Platform) -> list[Route]:
    """The routes below `/sandbox`; each demands the account's token in the Authorization header."""
    return [
        Route("/sandbox/audiences", _guarded(platform, _list), methods=["GET"]),
        Route("/sandbox/audiences/{id}", _guarded(platform, _dump), methods=["GET"]),
        Route("/sandbox/faults", _guarded(platform, _add_fault), methods=["POST"]),
        Route("/sandbox/clock", _guarded(platform, _advance), methods=["POST"]),
        Route("/sandbox/account", _guarded(platform, _set_account), methods=["POST"]),
    ]


def _guarded(platform: Platform, control: Control) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            account = platform.account_of(bearer(request) or "")
            if account is None:
                raise invalid_token("The sandbox's controls demand the account's token as a Bearer token")
            return GraphJSON(await control(platform, account, request))
        except GraphError as error:
            return GraphJSON(error.body(), 400)

    return handle


async def _list(_platform: Platform, account: Account, _request: Request) -> dict[str, object]:
    return {"data": [_summary(audience) for audience in account.audiences.values()]}


async def _dump(platform: Platform, account: Account, request: Request) -> dict[str, object]:
    audience = account.audiences.get(request.path_params["id"])
    if audience is None:
        raise no_such_object()
    now = platform.clock.now()
    return {
        **_summary(audience),
        "members": audience.members(),
        "sessions": [session.as_listed(now) for session in audience.sessions.values()],
    }


async def _add_fault(_platform: Platform, account: Account, request: Request) -> dict[str, object]:
    account.faults.append(_validated(Fault, await _body(request)))
    return {"success": True}


async def _advance(platform: Platform, _account: Account, request: Request) -> dict[str, object]:
    platform.clock.advance(_validated(float, (await _body(request)).get("advance_seconds")))
    return {"now": platform.clock.now()}


async def _set_account(_platform: Platform, account: Account, request: Request) -> dict[str, object]:
    given = await _body(request)
    known = {each.name: each.type for each in dataclasses.fields(Behaviour) if each.name not in NOT_OVER_HTTP}
    if given.keys() - known.keys():
        raise bad_parameter(f"an account's settings are {', '.join(known)}")
    settings = {name: _validated(known[name], value) for name, value in given.items()}
    for name, value in settings.items():
        setattr(account, name, value)
    return {"success": True}


def _summary(audience: Audience) -> dict[str, object]:
    return {
        "id": audience.id,
        "name": audience.name,
        "status": audience.status,
        "number_of_members": audience.size(),
        "sessions": len(audience.sessions),
    }


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError as error:
        raise bad_parameter("the body must be JSON") from error
    if not isinstance(given, Mapping):
        raise bad_parameter("the body must be a JSON object")
    return given


def _validated(kind: Any, given: object) -> Any:
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise bad_parameter(wrong) from error
