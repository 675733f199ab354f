"""What is looked at in an ad account before anything is sent to it; every call only reads.

Sources: Meta, Graph API, Debug token and Permissions; Marketing API, Ad account and Custom audience; Rate limits.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from audience_assets.destinations import judged_audiences
from audience_assets.destinations.judged_audiences import Judged
from audience_assets.destinations.meta.access import Access
from audience_assets.destinations.meta.answers import MetaRefusedError
from audience_assets.destinations.meta.client import MetaClient, RemoteAccount, connect
from audience_assets.destinations.meta.codes import LIMITS, TERMS_URL
from audience_assets.destinations.meta.limits import EASY, NEARLY_FULL, Pace, Usage, usage_in
from audience_assets.destinations.meta.statuses import (
    ACCOUNT_STATUS,
    ACTIVE,
    OPERATION_STATUS,
    UNUSABLE_ACCOUNTS,
    judged,
    named,
)
from audience_assets.destinations.preflight import (
    Check,
    ConcernError,
    Preflight,
    clock_sentence,
    hurried,
    opening,
)
from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError
from audience_assets.http.asking import minutes
from audience_assets.http.witness import Witness

FEW_DAYS, TOO_FEW_DAYS = 7.0, 1.0
"""Days that a token is still good: below the first somebody should renew it, below the second nothing is sent."""
NEEDED = "ads_management"
RENEW = f"make a new one for a system user with {NEEDED} and put it into the environment"


class AtOnce(Pace):
    """Spreads out no calls: these few tell how much of the limits is used, and are not what uses them up."""

    def seconds_of_the_limit(self) -> float:
        """Never wait."""
        return 0.0


@dataclass
class AdAccount:
    """One ad account while it is looked at; each question is asked once when it is answered well."""

    account: str
    audiences: Mapping[str, str]
    make_access: Callable[[], Access] = field(repr=False)
    stack: ExitStack = field(repr=False)
    witness: Witness = field(default_factory=Witness, repr=False)

    @cached_property
    def client(self) -> MetaClient:
        """The connection, made when it is first needed.

        Raises:
            SettingsError: A secret is not in the environment.
        """
        access = self.make_access()
        client = self.stack.enter_context(connect(hurried(access)))
        self.witness.listen(client.graph.http)
        return MetaClient(replace(client.graph, pace=AtOnce(access.calls_per_second, client.graph.pace.now)))

    @cached_property
    def first_answer(self) -> Mapping[str, bool] | MetaRefusedError:
        """What the token may do, or why Meta refuses to say so.

        Raises:
            DeliveryInterruptedError: There is no answer, or Meta is busy or failing.
        """
        try:
            return self.client.permissions()
        except MetaRefusedError as error:
            return error

    @property
    def permissions(self) -> Mapping[str, bool]:
        """What the token may do.

        Raises:
            MetaRefusedError: Meta refuses the token.
        """
        if isinstance(self.first_answer, MetaRefusedError):
            raise self.first_answer
        return self.first_answer

    @cached_property
    def itself(self) -> RemoteAccount:
        """What Meta tells of the ad account."""
        return self.client.account()

    @property
    def usage(self) -> Usage:
        """How much of the limits is used, as the last answer said."""
        last = self.witness.last
        if last is None:
            return Usage()
        seen = usage_in(last.headers)
        error = self.witness.last_object().get("error")
        limited = isinstance(error, Mapping) and error.get("code") in LIMITS
        return Usage(100.0, seen.regain_seconds) if limited else seen


def of(account: str, access: Callable[[], Access]) -> Preflight:
    """The preflight of an ad account; the secrets are read when it begins."""
    return opening(CHECKS, lambda audiences, stack: AdAccount(account, audiences, access, stack))


def _secrets(ads: AdAccount) -> str:
    ads.make_access()
    return "the secrets that the settings name are in the environment"


def _connection(ads: AdAccount) -> str:
    """Any answer of Meta's own will do: what it says is the next checks' concern."""
    try:
        answer = ads.first_answer
    except DeliveryInterruptedError:
        if ads.usage.per_cent < NEARLY_FULL:
            raise
        return "Meta answers, and is busy"
    if isinstance(answer, MetaRefusedError) and answer.code is None:
        raise answer
    return "Meta answers"


def _rate_headroom(ads: AdAccount) -> str:
    used = f"{ads.usage.per_cent:.0f} % of the limits of {ads.account} are used"
    if ads.usage.per_cent >= NEARLY_FULL:
        when = f"in {minutes(ads.usage.regain_seconds)}" if ads.usage.regain_seconds else "in an hour"
        raise DestinationRefusedError(f"{used}: run again {when}, and see which other programs call Meta")
    if ads.usage.per_cent >= EASY:
        raise ConcernError(f"{used}, so calls are slowed down: see which other programs call Meta")
    return used


def _credentials(ads: AdAccount) -> str:
    return f"Meta accepts the access token, which has {sum(ads.permissions.values())} permissions"


def _token_days_left(ads: AdAccount) -> str:
    ends = ads.client.token_expires_at()
    if ends is None:
        return "the access token does not end, or Meta does not tell when"
    days = (ends - datetime.now(UTC)).total_seconds() / 86_400
    left = f"the access token ends on {ends:%Y-%m-%d %H:%M} UTC, in {max(0, math.floor(days))} days"
    if days < TOO_FEW_DAYS:
        raise DestinationRefusedError(f"{left}: {RENEW}")
    if days < FEW_DAYS:
        raise ConcernError(f"{left}: {RENEW} before that")
    return left


def _token_scopes(ads: AdAccount) -> str:
    if not ads.permissions.get(NEEDED):
        raise DestinationRefusedError(f"the access token lacks {NEEDED}: {RENEW}")
    return f"the access token has {NEEDED}"


def _account(ads: AdAccount) -> str:
    status = ads.itself.status
    if status is None or status == ACTIVE:
        return f"{ads.account} is {'there' if status is None else 'active'}"
    said = f"Meta says of {ads.account}: account status {named(status, ACCOUNT_STATUS)}"
    mend = "a person mends that in Business Manager, at the account's quality or billing page"
    kind = DestinationRefusedError if status in UNUSABLE_ACCOUNTS else ConcernError
    raise kind(f"{said}; {mend}")


def _terms(ads: AdAccount) -> str:
    accepted = ads.itself.terms_accepted
    if accepted is None:
        raise ConcernError(
            f"Meta does not tell whether the customer-list terms are accepted: see {TERMS_URL}"
        )
    if not accepted:
        raise DestinationRefusedError(
            f"the customer-list terms are not accepted for {ads.account}: a person with access to it accepts them once"
            f" at {TERMS_URL}"
        )
    return "the customer-list terms are accepted"


def _audience_status(ads: AdAccount) -> str:
    found = [_judged(ads, label, audience_id) for label, audience_id in ads.audiences.items()]
    return judged_audiences.sentence("Meta", found, "see their notices in Ads Manager and mend what they say")


def _judged(ads: AdAccount, label: str, audience_id: str) -> Judged:
    try:
        status = ads.client.audience(audience_id).status
    except MetaRefusedError as error:
        if error.scope == "account":
            raise
        return Judged(label, "stopped", str(error))
    return Judged(label, judged(status), f"{audience_id}: operation status {named(status, OPERATION_STATUS)}")


def _clock(ads: AdAccount) -> str:
    return clock_sentence(ads.witness.seconds_ahead)


ANSWERED = ("secrets", "connection")
CHECKS: tuple[Check[AdAccount], ...] = (
    Check("secrets", "The secrets that the settings name are in the environment.", _secrets),
    Check("connection", "Meta answers.", _connection, ("secrets",)),
    Check("clock", "This machine's clock agrees with Meta's.", _clock, ANSWERED),
    Check("rate_headroom", "There is room below Meta's limits for calls.", _rate_headroom, ANSWERED),
    Check(
        "credentials",
        "Meta accepts the access token and its proof.",
        _credentials,
        (*ANSWERED, "rate_headroom"),
    ),
    Check(
        "token_days_left",
        f"The access token is good for {FEW_DAYS:.0f} days or more; below {TOO_FEW_DAYS:.0f} nothing is sent.",
        _token_days_left,
        ("credentials",),
    ),
    Check("token_scopes", f"The access token has {NEEDED}.", _token_scopes, ("credentials",)),
    Check("account", "The ad account is active.", _account, ("token_scopes",)),
    Check("terms", "The terms of customer lists are accepted for the ad account.", _terms, ("account",)),
    Check(
        "audience_status",
        "No audience that is fed was stopped at Meta. One that was is held back alone, the others are delivered.",
        _audience_status,
        ("account", "ledger"),
        blocking=False,
    ),
)
