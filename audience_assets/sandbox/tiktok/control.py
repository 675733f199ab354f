"""The sandbox's own HTTP controls: look into audiences, ask for faults, let time pass, set an advertiser's behaviour."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from audience_assets.sandbox.control import ControlError, let_time_pass, order_fault, set_behaviour
from audience_assets.sandbox.tiktok.access import advertiser_of_token
from audience_assets.sandbox.tiktok.answers import Answer, TikTokError, bad_parameter, refusal, success
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.behaviour import Behaviour
from audience_assets.sandbox.tiktok.changes import found
from audience_assets.sandbox.tiktok.faults import Fault
from audience_assets.sandbox.tiktok.platform import Advertiser, Platform

NOT_OVER_HTTP = frozenset({"people"})

Control = Callable[[Platform, Advertiser, Request], Awaitable[Answer]]


def routes(platform: Platform) -> list[Route]:
    """The routes below `/sandbox`; each demands the advertiser's token in the Access-Token header."""
    return [
        Route("/sandbox/audiences", _guarded(platform, _list), methods=["GET"]),
        Route("/sandbox/audiences/{id}", _guarded(platform, _dump), methods=["GET"]),
        Route("/sandbox/faults", _guarded(platform, _add_fault), methods=["POST"]),
        Route("/sandbox/clock", _guarded(platform, _advance), methods=["POST"]),
        Route("/sandbox/advertiser", _guarded(platform, _set_advertiser), methods=["POST"]),
    ]


def _guarded(platform: Platform, control: Control) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return success(await control(platform, advertiser_of_token(platform, request.headers), request))
        except TikTokError as error:
            return refusal(error)
        except ControlError as error:
            return refusal(bad_parameter(str(error)))

    return handle


async def _list(_platform: Platform, advertiser: Advertiser, _request: Request) -> Answer:
    return {"list": [_summary(audience) for audience in advertiser.audiences.values()]}


async def _dump(_platform: Platform, advertiser: Advertiser, request: Request) -> Answer:
    audience = found(advertiser, request.path_params["id"])
    rows = sorted(audience.rows())
    return {**_summary(audience), "rows": rows, "identifiers": sorted(audience.identifiers())}


async def _add_fault(_platform: Platform, advertiser: Advertiser, request: Request) -> Answer:
    await order_fault(advertiser.faults, Fault, request)
    return {}


async def _advance(platform: Platform, _advertiser: Advertiser, request: Request) -> Answer:
    return await let_time_pass(platform.clock, request)


async def _set_advertiser(_platform: Platform, advertiser: Advertiser, request: Request) -> Answer:
    await set_behaviour(advertiser, Behaviour, request, NOT_OVER_HTTP)
    return {}


def _summary(audience: Audience) -> Answer:
    return {
        "id": audience.id,
        "name": audience.name,
        "calculate_type": audience.calculate_type,
        "is_valid": audience.is_valid,
        "processing": audience.processing,
        "size": audience.size(),
    }
