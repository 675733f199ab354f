"""Batches of customers: additions, removals and replaces of one audience, from call to answer."""

import secrets

from audience_assets.sandbox.meta.access import check_terms
from audience_assets.sandbox.meta.answers import GraphError, bad_parameter
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.behaviour import Behaviour
from audience_assets.sandbox.meta.cells import LOOKALIKE_VALUE
from audience_assets.sandbox.meta.payload import Payload, Upload, check_rows, read_payload, sample_text
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.reading import Call
from audience_assets.sandbox.meta.sessions import (
    LARGEST_ID,
    Batch,
    Change,
    Session,
    check_replace,
    check_upload,
    read_batch,
)


def upload(account: Account, audience: Audience, call: Call, change: Change) -> dict[str, object]:
    """Carry out one batch, or refuse it whole; rows with a bad cell are only left out.

    A batch that repeats an accepted one byte for byte is answered like it and changes nothing more.
    """
    check_terms(account)
    payload = read_payload(call.params.get("payload"), consent=is_true(call.params.get("customer_consent")))
    batch = read_batch(call.params.get("session"), change, call.payload_digest)
    _check_audience(audience, payload, change)
    session, repeated = _session(account, audience, batch, change)
    taken = check_rows(payload, account.refuses)
    audience.schema_kind = payload.kind
    if not repeated:
        audience.change(change, taken.rows)
    if (
        session is not None and batch is not None
    ):  # after the change: the last batch lets a replace take effect
        session.accept(batch, received=taken.received, invalid=taken.invalid, now=audience.clock.now())
    return {"audience_id": audience.id, **upload_answer(account, taken, session)}


def is_true(given: object) -> bool:
    """Whether a flag is set, as JSON or as text."""
    return given is True or str(given).lower() in {"true", "1"}


def upload_answer(behaviour: Behaviour, taken: Upload, session: Session | None) -> dict[str, object]:
    """The answer to a batch; a call without a session gets a made-up one.

    Source: Meta, Custom audiences from a customer file, "Response".
    """
    return {
        "session_id": 1 + secrets.randbelow(LARGEST_ID) if session is None else session.id,
        "num_received": taken.received if session is None else session.received,
        "num_invalid_entries": taken.invalid,
        "invalid_entry_samples": _samples(behaviour, taken),
    }


def _check_audience(audience: Audience, payload: Payload, change: Change) -> None:
    if change != "replace":
        audience.check_no_replace()
    audience.check_schema(payload.kind)
    if change != "remove" and audience.is_value_based != (LOOKALIKE_VALUE in payload.keys):
        message = "LOOKALIKE_VALUE belongs in the schema of value-based audiences, and only there"
        raise GraphError(2650, message) if change == "replace" else bad_parameter(message)


def _session(
    account: Account, audience: Audience, batch: Batch | None, change: Change
) -> tuple[Session | None, bool]:
    """The session of a batch, opened by its first one, and whether the batch was already carried out."""
    if batch is None:
        return None, False
    now = audience.clock.now()
    session = account.sessions.get(batch.session_id)
    if session is not None and (session.audience_id, session.change) != (audience.id, change):
        raise bad_parameter("session.session_id was used before in this ad account")
    if change == "replace":
        check_replace(session, batch, now)
    else:
        check_upload(session, batch, now)
    if session is not None:
        return session, change != "replace" and session.is_repeat(batch)
    session = Session(batch.session_id, audience.id, change, started=now)
    if change == "replace":
        audience.check_replaceable()
        audience.begin_replace(session)
    account.sessions[session.id] = audience.sessions[session.id] = session
    return session, False


def _samples(behaviour: Behaviour, taken: Upload) -> list[str] | dict[str, str]:
    """The samples in the shape that the account is set to: Meta's page allows an array of text or a map."""
    if behaviour.samples == "none":
        return []
    if behaviour.samples == "map":
        return {sample_text(one, whole_row=False): one.reason for one in taken.samples}
    return [sample_text(one, whole_row=behaviour.samples == "rows") for one in taken.samples]
