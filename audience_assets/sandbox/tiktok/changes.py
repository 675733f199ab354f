"""The calls that change audiences: creation, another name or other members, and the end."""

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.answers import (
    LIMIT_REACHED,
    NOT_EXISTING,
    Answer,
    TikTokError,
    bad_parameter,
)
from audience_assets.sandbox.tiktok.audience import Audience, Event
from audience_assets.sandbox.tiktok.membership import Action
from audience_assets.sandbox.tiktok.parameters import identifier, identifiers, one_of, text, whole
from audience_assets.sandbox.tiktok.platform import Advertiser, random_id
from audience_assets.sandbox.tiktok.reading import Call
from audience_assets.sandbox.tiktok.uploads import AUDIENCE_TYPES, rows_of_files

LONGEST_NAME = 128
LONGEST_RETENTION = 365
MOST_IDS = 100
NORMAL, REACH_FREQUENCY = "NORMAL", "REACH_FREQUENCY"
SUB_TYPES = frozenset({NORMAL, REACH_FREQUENCY})
ACTIONS: dict[str, Action] = {"APPEND": "APPEND", "REMOVE": "REMOVE", "REPLACE": "REPLACE"}


def create(clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """POST /dmp/custom_audience/create/.

    Source: TikTok, Business API SDK, `dmp_custom_audience_create.yml`. That an advertiser at its limit of audiences is
    told 40502 is our reading.
    """
    params = call.params
    name = _name(advertiser, call)
    if len(advertiser.audiences) >= advertiser.audience_limit:
        raise TikTokError(LIMIT_REACHED, "The advertiser has reached its limit of customer file audiences")
    calculate_type = one_of(params, "calculate_type", AUDIENCE_TYPES)
    now = clock.now()
    audience = Audience(
        id=random_id(),
        name=name,
        calculate_type=calculate_type,
        audience_sub_type=one_of({"audience_sub_type": NORMAL, **params}, "audience_sub_type", SUB_TYPES),
        retention_in_days=_retention(call),
        created=now,
        changed=now,
        behaviour=advertiser,
        clock=clock,
    )
    rows = rows_of_files(clock, advertiser, params, calculate_type)
    audience.begin("REPLACE", rows, len(params["file_paths"]), creates=True)
    advertiser.audiences[audience.id] = audience
    return {"custom_audience_id": audience.id}


def update(clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """POST /dmp/custom_audience/update/: other members, another name, or the sub type, whose turn comes first.

    Source: TikTok, Business API SDK, `dmp_custom_audience_update.yml`. A name and files in one call are refused: the
    page says "either".
    """
    audience = found(advertiser, identifier(call.params, "custom_audience_id"))
    if "audience_sub_type" in call.params:
        audience.audience_sub_type = one_of(call.params, "audience_sub_type", {REACH_FREQUENCY})
        return {}
    if ("custom_audience_name" in call.params) == ("file_paths" in call.params):
        raise bad_parameter("custom_audience_name, file_paths: Pass either of them")
    if "custom_audience_name" in call.params:
        audience.name = _name(advertiser, call, audience)
        audience.changed = clock.now()
        audience.history.append(Event("RENAME", audience.changed))
        return {}
    action = action_of(call)
    audience.check_changeable(action)
    rows = rows_of_files(clock, advertiser, call.params, audience.calculate_type)
    audience.begin(action, rows, len(call.params["file_paths"]))
    return {}


def delete(_clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """POST /dmp/custom_audience/delete/: all of them, or none where one is not there."""
    ids = identifiers(call.params, "custom_audience_ids", most=MOST_IDS)
    for audience_id in [found(advertiser, each).id for each in dict.fromkeys(ids)]:
        del advertiser.audiences[audience_id]
    return {}


def action_of(call: Call) -> Action:
    """What an update does with its files; one that does not say replaces everything."""
    return ACTIONS[one_of({"action": "REPLACE", **call.params}, "action", ACTIONS)]


def found(advertiser: Advertiser, audience_id: str) -> Audience:
    """The advertiser's audience with this id."""
    audience = advertiser.audiences.get(audience_id)
    if audience is None:
        raise TikTokError(NOT_EXISTING, "The audience does not exist")
    return audience


def _name(advertiser: Advertiser, call: Call, renamed: Audience | None = None) -> str:
    name = text(call.params, "custom_audience_name", longest=LONGEST_NAME)
    others = (each for each in advertiser.audiences.values() if each is not renamed)
    if advertiser.unique_names and any(each.name == name for each in others):
        raise bad_parameter("custom_audience_name: Another audience has this name")
    return name


def _retention(call: Call) -> int | None:
    if "retention_in_days" not in call.params:
        return None
    if not isinstance(call.params["retention_in_days"], int):
        raise bad_parameter("retention_in_days: Not a valid integer")
    return whole(call.params, "retention_in_days", 0, least=1, most=LONGEST_RETENTION)
