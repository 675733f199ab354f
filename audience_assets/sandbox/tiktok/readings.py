"""The calls that only read: an audience in detail, all audiences in pages, and the advertiser."""

import math

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.answers import PERMISSION, Answer, TikTokError
from audience_assets.sandbox.tiktok.audience import PROCESSING, Audience, Event, as_text
from audience_assets.sandbox.tiktok.changes import MOST_IDS, found
from audience_assets.sandbox.tiktok.parameters import identifiers, texts, whole
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.reading import Call

MOST_EVENTS = 100
DEFAULT_PAGE, LARGEST_PAGE = 10, 100


def get(_clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """GET /dmp/custom_audience/get/: details and history, the latest event first.

    Source: TikTok, Business API SDK, `dmp_custom_audience_get.yml`, `response_rule`.
    """
    ids = identifiers(call.params, "custom_audience_ids", most=MOST_IDS)
    events = whole(call.params, "history_size", MOST_EVENTS, least=1, most=MOST_EVENTS)
    return {
        "list": [
            {
                "audience_details": _details(advertiser, audience),
                "audience_history": [_event(each) for each in audience.history[::-1][:events]],
            }
            for audience in [found(advertiser, each) for each in ids]
        ]
    }


def list_audiences(_clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """GET /dmp/custom_audience/list/: the audiences in the order of their creation, in pages.

    Source: TikTok, Business API SDK, `dmp_custom_audience_list.yml`. It does not name the fields of an audience; they
    are those that Airbyte's TikTok connector reads.
    """
    page = whole(call.params, "page", 1, least=1)
    size = whole(call.params, "page_size", DEFAULT_PAGE, least=1, most=LARGEST_PAGE)
    listed = list(advertiser.audiences.values())
    if "custom_audience_ids" in call.params:
        only = identifiers(call.params, "custom_audience_ids", most=MOST_IDS)
        listed = [audience for audience in listed if audience.id in only]
    return {
        "list": [_summary(each) for each in listed[(page - 1) * size : page * size]],
        "page_info": {
            "page": page,
            "page_size": size,
            "total_number": len(listed),
            "total_page": math.ceil(len(listed) / size),
        },
    }


def advertiser_info(_clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """GET /advertiser/info/: the advertiser of the token."""
    if set(texts(call.params, "advertiser_ids", most=MOST_IDS)) != {advertiser.id}:
        raise TikTokError(PERMISSION, "No permission to operate an advertiser of advertiser_ids")
    known = {
        "advertiser_id": advertiser.id,
        "name": "Sandbox advertiser",
        "status": advertiser.status,
        "currency": "BRL",
        "timezone": "America/Sao_Paulo",
    }
    return {"list": [known]}


def _summary(audience: Audience) -> Answer:
    return {
        "audience_id": audience.id,
        "name": audience.name,
        "audience_type": "Customer File",
        "calculate_type": audience.calculate_type,
        "cover_num": round(audience.behaviour.matched * audience.size()),
        "is_valid": audience.is_valid,
        "is_expiring": audience.is_expiring,
        "is_creator": True,
        "shared": False,
        "create_time": as_text(audience.created),
        "expired_time": as_text(audience.expires),
    }


def _details(advertiser: Advertiser, audience: Audience) -> Answer:
    summary = _summary(audience)
    return {
        "type": summary.pop("audience_type"),
        **summary,
        "audience_sub_type": audience.audience_sub_type,
        "owner_id": advertiser.id,
        "error_msg": "The audience has expired" if audience.expired else audience.error_message,
        "msg": PROCESSING if audience.processing else "",
        "is_auto_refresh": False,
        "audience_enhancement": False,
    }


def _event(event: Event) -> Answer:
    return {
        "action": event.action,
        "action_detail": f"{event.files} file(s)" if event.files else "",
        "editor": "API",
        "msg": event.message,
        "opt_time": as_text(event.at),
    }
