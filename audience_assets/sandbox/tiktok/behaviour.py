"""How one advertiser behaves: its token, TikTok's limits, and the readings that TikTok's pages leave open."""

from dataclasses import dataclass, field
from typing import Literal

from audience_assets.sandbox.people import People
from audience_assets.sandbox.tiktok.answers import TOO_FREQUENT

TooFew = Literal["refused", "failed"]

DAY = 86_400.0


@dataclass
class Behaviour:
    """What can be set on an advertiser. Seconds are of the sandbox's clock.

    Attributes:
        token_expires_at: seconds since 1970; None for a token that does not expire.
        status: what the advertiser's information says of it.
        audiences_permitted: whether the token may see and change audiences; without, 40001 refuses that.
        refused_with: the code that refuses every call, such as 40001 or 40300; None for none.
        processing_seconds: how long a creation or a change of members takes to take effect.
        smallest_audience: how many entries an audience must have after every change.
        too_few: whether a change that leaves fewer is refused, or taken and found out when it is processed: then a
            new audience is never valid and an older one stays as it was.
        replace_seconds: how long after a REPLACE the next one may come.
        audience_limit: how many audiences there may be.
        unique_names: whether a second audience of the same name is refused.
        largest_file: bytes.
        file_seconds: how long the path of an uploaded file is good.
        per_second: calls a second; None for no limit.
        per_minute: calls a minute, behind which every call is refused for five minutes; None for no limit.
        limit_code: how a call beyond the limits is refused.
        matched: which share of the members TikTok finds, as the number that it tells says.
        people: the people whom `Audience.people` finds, each a set of (column, value) identifiers.
        record: whether recorded calls keep the bytes of uploaded files.
    """

    token_expires_at: float | None = None
    status: str = "STATUS_ENABLE"
    audiences_permitted: bool = True
    refused_with: int | None = None
    processing_seconds: float = 0.0
    smallest_audience: int = 1_000
    too_few: TooFew = "refused"
    replace_seconds: float = DAY
    audience_limit: int = 400
    unique_names: bool = False
    largest_file: int = 50 * 1024 * 1024
    file_seconds: float = DAY
    per_second: int | None = None
    per_minute: int | None = None
    limit_code: int = TOO_FREQUENT
    matched: float = 1.0
    people: People = field(default_factory=list, repr=False)
    record: bool = False
