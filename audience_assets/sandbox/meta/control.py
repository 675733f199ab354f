"""The sandbox's own HTTP controls: look into audiences, ask for faults, let time pass, set an account's behaviour."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from audience_assets.sandbox.control import ControlError, let_time_pass, order_fault, set_behaviour
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
        except ControlError as error:
            return GraphJSON(bad_parameter(str(error)).body(), 400)

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
    await order_fault(account.faults, Fault, request)
    return {"success": True}


async def _advance(platform: Platform, _account: Account, request: Request) -> dict[str, object]:
    return await let_time_pass(platform.clock, request)


async def _set_account(_platform: Platform, account: Account, request: Request) -> dict[str, object]:
    await set_behaviour(account, Behaviour, request, NOT_OVER_HTTP)
    return {"success": True}


def _summary(audience: Audience) -> dict[str, object]:
    return {
        "id": audience.id,
        "name": audience.name,
        "status": audience.status,
        "number_of_members": audience.size(),
        "sessions": len(audience.sessions),
    }
