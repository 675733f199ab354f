"""Finds the custom audience that a delivery is for, or creates it, once: a lost answer never makes a second one."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

from audience_assets.destinations.meta.answers import MetaRefusedError
from audience_assets.destinations.meta.client import MetaClient, RemoteAudience
from audience_assets.destinations.meta.feeds import VALUE
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.errors import AudienceNotReadyError, AudienceRefusedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets.ledger import records
from audience_assets.ledger.ledger import Ledger

FILLING, REPLACING = 441, 414
STOPPED = {450, 470, 471, 500}
LONGEST_PAUSE = 30.0
LOOKS = (1.0, 5.0, 15.0)
"""Seconds between the looks for an audience whose creation was not answered."""
LARGEST_TO_REPLACE = 100_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """The custom audiences of one destination.

    Attributes:
        client: The ad account.
        ledger: Remembers which custom audience stands for which of the customers' audiences.
        destination: The destination's name.
        settings: What the settings say of the audiences.
        sleep: Waits, in seconds.
    """

    client: MetaClient
    ledger: Ledger
    destination: str
    settings: MetaSettings
    sleep: Callable[[float], None]

    def ensure(self, audience: str, columns: str) -> str:
        """The id of the custom audience, which is created at its first delivery.

        Args:
            audience: One of the customers' audiences.
            columns: What it will be fed with, if this is its first delivery.

        Raises:
            AudienceRefusedError: The audience is in another ad account, or its name is taken.
            AudienceNotReadyError: It may have been created; the next run looks first.
        """
        known = self.ledger.record_remote_audience(
            records.RemoteAudience(
                destination=self.destination,
                audience=audience,
                account=self.settings.account,
                marker=token_hex(8),
                remote_id=self._declared_id(audience),
                columns="",  # pinned when the first batch leaves
            )
        )
        self._refuse_other_account(known)
        if known.remote_id is not None:
            return known.remote_id
        remote_id = (
            self._declared_id(audience) or self._found(known) or self._created_or_found(known, columns)
        )
        self.ledger.set_remote_id(self.destination, audience, remote_id)
        return remote_id

    def require_usable(self, audience_id: str, *, value_based: bool, replaces: bool) -> RemoteAudience:
        """The custom audience as it stands, if it can take what is planned.

        Raises:
            AudienceRefusedError: A person must act; it may be gone.
        """
        found = self._existing(audience_id)
        if found.status in STOPPED:
            raise AudienceRefusedError(
                f"Meta has stopped the audience {audience_id} (operation status {found.status}): see its notice in Ads "
                "Manager, mend what it says, and run again"
            )
        if found.subtype != "CUSTOM":
            raise AudienceRefusedError(
                f"the audience {audience_id} is of the kind {found.subtype} and not CUSTOM, so it takes no customers: name "
                "another one in the settings"
            )
        if found.value_based is not None and found.value_based != value_based:
            raise AudienceRefusedError(
                f"the audience {audience_id} is {'' if found.value_based else 'not '}based on a value, and the settings say the "
                "opposite, which Meta cannot change: set value_based back, or run audience-assets forget to begin a new one"
            )
        if replaces and (found.count_upper or 0) >= LARGEST_TO_REPLACE:
            raise AudienceRefusedError(
                f'the audience {audience_id} has 100 million people or more and cannot be replaced: set replace = "never" for '
                "it and materialize the delta again"
            )
        return found

    def _existing(self, audience_id: str) -> RemoteAudience:
        try:
            return self.client.audience(audience_id, just_created=True)
        except MetaRefusedError as error:
            if error.scope == "account":
                raise
            raise AudienceRefusedError(
                f"{error}; if it was deleted at Meta, run audience-assets forget, which lets the next delta begin it anew"
            ) from error

    def wait_until_free(self, audience_id: str, busy: set[int]) -> None:
        """Wait until the audience's operation status is none of these.

        Raises:
            AudienceNotReadyError: It stayed busy for longer than patience_seconds.
        """
        waited, pause = 0.0, 1.0
        while (found := self.client.audience(audience_id)).status in busy:
            if waited + pause > self.settings.patience_seconds:
                raise AudienceNotReadyError(
                    f"Meta is still busy with the audience {audience_id} (operation status {found.status}): run again later"
                )
            self.sleep(pause)
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE)

    def _declared_id(self, audience: str) -> str | None:
        declared = self.settings.audiences.get(audience)
        return declared.id if declared else None

    def _refuse_other_account(self, known: records.RemoteAudience) -> None:
        if known.account != self.settings.account:
            raise AudienceRefusedError(
                f"it was delivered to {known.account} and the settings now say {self.settings.account}: give the second ad "
                "account a destination of its own"
            )
        declared = self._declared_id(known.audience)
        if declared is not None and known.remote_id not in {None, declared}:
            raise AudienceRefusedError(
                f"it was delivered to the custom audience {known.remote_id} and the settings now say {declared}: run "
                "audience-assets forget to begin anew there"
            )

    def _found(self, known: records.RemoteAudience) -> str | None:
        """The audience that an earlier run of ours created though its answer was lost.

        Raises:
            AudienceRefusedError: The name stands for an audience of somebody else.
        """
        name = self._name(known.audience)
        named = self.client.audiences_named(name)
        ours = [each.id for each in named if known.marker in each.description]
        if len(ours) == 1:
            return ours[0]
        if named:
            ids = ", ".join(each.id for each in named)
            raise AudienceRefusedError(
                f"the ad account has an audience of the name {name!r} already ({ids}): to take it over, set its id in the "
                "settings, which replaces what it holds; or give this one another name"
            )
        return None

    def _created_or_found(self, known: records.RemoteAudience, columns: str) -> str:
        """Create it; when the answer is lost, look for it, and never ask again before the next run has looked once more."""
        try:
            return self._created(known, columns)
        except UnknownOutcomeError as error:
            for pause in LOOKS:
                self.sleep(pause)
                if (found := self._found(known)) is not None:
                    return found
            raise AudienceNotReadyError(
                f"it was asked for and Meta's answer was lost ({error}): the next run looks for it first"
            ) from error

    def _created(self, known: records.RemoteAudience, columns: str) -> str:
        declared = self.settings.audience(known.audience)
        description = (declared and declared.description) or self.settings.description
        source = (declared and declared.customer_file_source) or self.settings.customer_file_source
        return self.client.create_audience(
            name=self._name(known.audience),
            description=f"{description} [audience_assets {known.marker}]".strip(),
            customer_file_source=source,
            value_based=VALUE in columns.split(","),
        )

    def _name(self, audience: str) -> str:
        declared = self.settings.audience(audience)
        return (declared and declared.name) or self.settings.name.replace("{audience}", audience)
