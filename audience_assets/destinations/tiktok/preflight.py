"""What is looked at at an advertiser before anything is sent to it; every call only reads.

TikTok tells neither when a token ends nor what it may do, so its right to audiences is proven by reading their list.
Sources: tiktok-business-api-sdk, advertiser/info and dmp/custom_audience; its return codes.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from audience_assets.destinations import judged_audiences
from audience_assets.destinations.judged_audiences import Judged
from audience_assets.destinations.preflight import (
    Check,
    ConcernError,
    Preflight,
    clock_sentence,
    hurried,
    opening,
)
from audience_assets.destinations.tiktok.access import Access
from audience_assets.destinations.tiktok.answers import TikTokRefusedError
from audience_assets.destinations.tiktok.client import RemoteAdvertiser, TikTokClient, connect
from audience_assets.destinations.tiktok.codes import LIMITS, TOKEN_REFUSED
from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError
from audience_assets.http.witness import Witness

ENABLED, REFUSED_STATUSES = "STATUS_ENABLE", frozenset({"STATUS_DISABLE", "STATUS_PENDING_CONFIRM_FAIL"})


@dataclass
class Advertiser:
    """One advertiser while it is looked at; each question is asked once when it is answered well."""

    audiences: Mapping[str, str]
    make_access: Callable[[], Access] = field(repr=False)
    stack: ExitStack = field(repr=False)
    witness: Witness = field(default_factory=Witness, repr=False)

    @cached_property
    def client(self) -> TikTokClient:
        """The connection, made when it is first needed.

        Raises:
            SettingsError: The token is not in the environment.
        """
        client = self.stack.enter_context(connect(hurried(self.make_access())))
        self.witness.listen(client.api.http)
        return client

    @cached_property
    def first_answer(self) -> RemoteAdvertiser | TikTokRefusedError:
        """What TikTok tells of the advertiser, or why it refuses to.

        Raises:
            DeliveryInterruptedError: There is no answer, or TikTok is busy or failing.
        """
        try:
            return self.client.advertiser()
        except TikTokRefusedError as error:
            return error

    @property
    def itself(self) -> RemoteAdvertiser:
        """What TikTok tells of the advertiser.

        Raises:
            TikTokRefusedError: TikTok refuses to.
        """
        if isinstance(self.first_answer, TikTokRefusedError):
            raise self.first_answer
        return self.first_answer

    @property
    def limited(self) -> bool:
        """Whether TikTok's last answer was that there were too many calls."""
        return self.witness.last_object().get("code") in LIMITS


def of(access: Callable[[], Access]) -> Preflight:
    """The preflight of an advertiser; the token is read when it begins."""
    return opening(CHECKS, lambda audiences, stack: Advertiser(audiences, access, stack))


def _secrets(ads: Advertiser) -> str:
    ads.make_access()
    return "the access token is in the environment"


def _connection(ads: Advertiser) -> str:
    """Any answer of TikTok's own will do: what it says is the next checks' concern."""
    try:
        answer = ads.first_answer
    except DeliveryInterruptedError:
        if not ads.limited:
            raise
        return "TikTok answers, and is busy"
    if isinstance(answer, TikTokRefusedError) and answer.code is None:
        raise answer
    return "TikTok answers"


def _rate_headroom(ads: Advertiser) -> str:
    if ads.limited:
        raise DestinationRefusedError(
            "TikTok refuses calls because there were too many: wait five minutes, and see that tier is the app's and"
            " which other programs call TikTok"
        )
    return "TikTok takes calls"


def _credentials(ads: Advertiser) -> str:
    answer = ads.first_answer
    if isinstance(answer, TikTokRefusedError) and answer.code in TOKEN_REFUSED:
        raise answer
    return "TikTok accepts the access token"


def _account(ads: Advertiser) -> str:
    status = ads.itself.status
    if status == ENABLED:
        return f"advertiser {ads.itself.id} is enabled"
    said = f"TikTok says of advertiser {ads.itself.id}: {status or 'no status'}"
    kind = DestinationRefusedError if status in REFUSED_STATUSES else ConcernError
    raise kind(f"{said}; a person mends that in TikTok Ads Manager, at the account's information")


def _token_scopes(ads: Advertiser) -> str:
    ads.client.read_a_page_of_audiences()
    return "the access token may read audiences"


def _audience_status(ads: Advertiser) -> str:
    found = [_judged(ads, label, audience_id) for label, audience_id in ads.audiences.items()]
    return judged_audiences.sentence("TikTok", found, "see them in TikTok Ads Manager")


def _judged(ads: Advertiser, label: str, audience_id: str) -> Judged:
    try:
        audience = ads.client.audience(audience_id)
    except TikTokRefusedError as error:
        if error.scope == "account":
            raise
        return Judged(label, "stopped", str(error))
    ends = audience.expires_at
    if ends is not None and ends <= datetime.now(UTC):
        mend = "run audience-assets forget, which lets the next delta begin it anew"
        return Judged(label, "stopped", f"{audience.id}: ended on {ends:%Y-%m-%d}; {mend}")
    if audience.error_msg:
        return Judged(label, "doubtful", f"{audience.id}: its last change failed: {audience.error_msg}")
    if audience.is_expiring:
        soon = f"on {ends:%Y-%m-%d}" if ends is not None else "soon"
        return Judged(label, "doubtful", f"{audience.id}: ends {soon}")
    return Judged(label, "well", audience.id)


def _clock(ads: Advertiser) -> str:
    return clock_sentence(ads.witness.seconds_ahead)


ANSWERED = ("secrets", "connection")
CHECKS: tuple[Check[Advertiser], ...] = (
    Check("secrets", "The secret that the settings name is in the environment.", _secrets),
    Check("connection", "TikTok answers.", _connection, ("secrets",)),
    Check("clock", "This machine's clock agrees with TikTok's.", _clock, ANSWERED),
    Check("rate_headroom", "TikTok does not refuse calls for their number.", _rate_headroom, ANSWERED),
    Check("credentials", "TikTok accepts the access token.", _credentials, (*ANSWERED, "rate_headroom")),
    Check("account", "The token reaches the advertiser, which is enabled.", _account, ("credentials",)),
    Check("token_scopes", "The token may see the advertiser's audiences.", _token_scopes, ("account",)),
    Check(
        "audience_status",
        "No audience that is fed has ended at TikTok. One that has is held back alone, the others are delivered.",
        _audience_status,
        ("token_scopes", "ledger"),
        blocking=False,
    ),
)
