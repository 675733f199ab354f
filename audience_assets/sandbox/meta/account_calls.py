"""The calls on an ad account: its audiences, its own fields, its token, and removal from every audience."""

from collections.abc import Mapping
from typing import Any

from audience_assets.sandbox.meta.access import check_terms
from audience_assets.sandbox.meta.answers import GraphError, bad_parameter
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.fields import account_fields, asked_fields, audience_fields, page
from audience_assets.sandbox.meta.payload import check_rows, read_payload
from audience_assets.sandbox.meta.platform import Account, random_id
from audience_assets.sandbox.meta.reading import Call
from audience_assets.sandbox.meta.scene import Scene
from audience_assets.sandbox.meta.sessions import Session, read_batch
from audience_assets.sandbox.meta.uploads import is_true, upload_answer

SOURCES = frozenset({"USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"})
LONGEST_RETENTION = 180
TRUTHS = {"true": True, "1": True, "false": False, "0": False}

Answer = dict[str, object]


def create(scene: Scene, account: Account, call: Call) -> Answer:
    """POST /act_N/customaudiences: an empty audience; two may have the same name.

    Source: Meta, Custom audiences from a customer file, "Step 1: create an empty custom audience".
    """
    check_terms(account)
    if len(account.audiences) >= account.audience_limit:
        raise GraphError(2654, "The ad account has reached its limit of customer file custom audiences")
    params = call.params
    if params.get("subtype") != "CUSTOM":
        raise bad_parameter("param subtype must be CUSTOM")
    if params.get("customer_file_source") not in SOURCES:
        raise bad_parameter("param customer_file_source is required and must be one of its three values")
    now = scene.clock.now()
    audience = Audience(
        id=random_id(),
        name=required_name(params),
        description=str(params.get("description", "")),
        customer_file_source=str(params["customer_file_source"]),
        is_value_based=_truth(params.get("is_value_based", False)),
        retention_days=_retention(params.get("retention_days")),
        behaviour=account,
        clock=scene.clock,
        created=now,
        updated=now,
        absent_calls=account.absent_calls,
    )
    account.audiences[audience.id] = audience
    return {"id": audience.id}


def list_audiences(scene: Scene, account: Account, call: Call) -> Answer:
    """GET /act_N/customaudiences: the audiences in the order of their creation, in pages."""
    found = [one for one in account.audiences.values() if _passes(one, call.params.get("filtering"))]
    names = asked_fields(call.params.get("fields"))

    def tell(audience_id: str) -> Answer:
        return audience_fields(account, account.audiences[audience_id], names)

    return page([audience.id for audience in found], tell, call.params, scene.url_of(call))


def read_account(_scene: Scene, account: Account, call: Call) -> Answer:
    """GET /act_N."""
    return account_fields(account, asked_fields(call.params.get("fields")))


def remove_everywhere(scene: Scene, account: Account, call: Call) -> Answer:
    """DELETE /act_N/usersofanyaudience: the same payload as an addition, taken out of every audience.

    Source: Meta, Custom audiences from a customer file, "Remove audience members".
    """
    check_terms(account)
    payload = read_payload(call.params.get("payload"), consent=is_true(call.params.get("customer_consent")))
    batch = read_batch(call.params.get("session"), "remove", call.payload_digest)
    upload = check_rows(payload, account.refuses)
    for audience in account.audiences.values():
        audience.check_no_replace()
    for audience in account.audiences.values():
        audience.change("remove", upload.rows)
    session = None
    if batch is not None:
        session = Session(batch.session_id, "", "remove", scene.clock.now(), received=upload.received)
    return {"account_id": account.number, **upload_answer(account, upload, session)}


def permissions(_scene: Scene, account: Account, _call: Call) -> Answer:
    """GET /me/permissions."""
    return {"data": [{"permission": name, "status": "granted"} for name in sorted(account.permissions)]}


def debug_token(_scene: Scene, account: Account, call: Call) -> Answer:
    """GET /debug_token: what Meta knows of the caller's own token; 0 stands for a token that does not expire."""
    data: Answer = {"is_valid": call.params.get("input_token") == account.access_token}
    if data["is_valid"]:
        expires = account.token_expires_at
        data |= {"type": "SYSTEM_USER", "expires_at": 0 if expires is None else int(expires)}
        data["scopes"] = sorted(account.permissions)
    return {"data": data}


def required_name(params: Mapping[str, Any]) -> str:
    """The name of an audience, which may not be blank."""
    name = str(params.get("name", "")).strip()
    if not name:
        raise bad_parameter("param name is required")
    return name


def _truth(given: object) -> bool:
    try:
        return TRUTHS[str(given).lower()]
    except KeyError as error:
        raise bad_parameter("param is_value_based must be a boolean") from error


def _retention(given: object) -> int:
    if given is None:
        return 0
    text = str(given)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LONGEST_RETENTION:
        raise bad_parameter(f"param retention_days must be between 1 and {LONGEST_RETENTION}")
    return int(text)


def _passes(audience: Audience, filtering: object) -> bool:
    """Whether the audience's name passes every filter."""
    if filtering is None:
        return True
    if not isinstance(filtering, list):
        raise bad_parameter("param filtering must be an array")
    return all(_passes_one(audience, one) for one in filtering)


def _passes_one(audience: Audience, one: object) -> bool:
    if not isinstance(one, Mapping) or one.get("field") != "name":
        raise bad_parameter("param filtering takes the field name only")
    value = str(one.get("value", ""))
    match one.get("operator"):
        case "EQUAL":
            return audience.name == value
        case "CONTAIN":
            return value in audience.name
    raise bad_parameter("param filtering takes the operators EQUAL and CONTAIN")
