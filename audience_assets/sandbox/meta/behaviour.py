"""How one ad account behaves: what its owner may do, Meta's limits, and the readings that Meta's pages leave open."""

from dataclasses import dataclass, field
from typing import Literal

from audience_assets.sandbox.meta.payload import Refuses
from audience_assets.sandbox.people import People

Matching = Literal["identifiers", "people"]
Samples = Literal["cells", "rows", "map", "none"]


@dataclass
class Behaviour:
    """What can be set on an ad account.

    Attributes:
        token_expires_at: seconds since 1970 by the sandbox's clock; None for a token that does not expire.
        token_revoked: whether the token was taken back.
        proof_required: whether every call must carry `appsecret_proof`.
        permissions: what the token may do.
        terms_accepted: whether the terms of customer list audiences are signed.
        account_status: 1 for an active account, 2 for a disabled one and so on.
        audience_status: the operation status of every audience; None for the one that each has.
        usage_percent: how much of the limits others have used, as the headers tell; the quota counts apart.
        policy_blocked: whether Meta blocks the account's actions.
        audience_limit: how many customer file audiences there may be.
        replace_limit: an audience of this many members or more cannot be replaced.
        absent_calls: how many calls a new audience answers with 803 before it can be seen.
        processing_seconds: how long a finished replace stays in progress.
        filling_seconds: how long an audience is still filling after an addition or a removal.
        quota: calls an hour; None for no limit.
        matched: which share of the members Meta finds, as the counts that it tells say.
        matching: which reading of a removal the number of members goes by; both are always kept.
        people: the people whom the reading `people` finds, each a set of identifiers.
        samples: the shape of `invalid_entry_samples`, which Meta's page leaves open.
        refuses: calls further cells invalid, given their key and value.
        record: whether recorded calls keep their payload.
    """

    token_expires_at: float | None = None
    token_revoked: bool = False
    proof_required: bool = False
    permissions: set[str] = field(default_factory=lambda: {"ads_management", "ads_read"})
    terms_accepted: bool = True
    account_status: int = 1
    audience_status: int | None = None
    usage_percent: int = 0
    policy_blocked: bool = False
    audience_limit: int = 500
    replace_limit: int = 100_000_000
    absent_calls: int = 0
    processing_seconds: float = 0.0
    filling_seconds: float = 0.0
    quota: int | None = None
    matched: float = 1.0
    matching: Matching = "identifiers"
    people: People = field(default_factory=list, repr=False)
    samples: Samples = "cells"
    refuses: Refuses | None = None
    record: bool = False
