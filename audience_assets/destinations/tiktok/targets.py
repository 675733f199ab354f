"""Finds the TikTok audience that a delivery is for, or creates it, once: a lost answer never makes a second one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from secrets import token_hex

from audience_assets.destinations.tiktok.client import TikTokClient
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.errors import AudienceNotReadyError, AudienceRefusedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import RemoteAudience

LOOKS = (1.0, 5.0, 15.0)
"""Seconds between the looks for an audience whose creation was not answered."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The audiences of one destination.

    Attributes:
        client: The advertiser.
        ledger: Remembers which TikTok audience stands for which of the customers' audiences.
        destination: The destination's name.
        settings: What the settings say of the audiences.
        sleep: Waits, in seconds.
    """

    client: TikTokClient
    ledger: Ledger
    destination: str
    settings: TikTokSettings
    sleep: Callable[[float], None]

    def ensure(self, audience: str) -> RemoteAudience:
        """What we know of an audience, with TikTok's id unless it is to be created.

        TikTok keeps no text of ours besides the name. So a name must be free before we first ask for it, and an audience
        that has it afterwards is ours.

        Raises:
            AudienceRefusedError: The name is taken, twice perhaps, or the audience belongs to another advertiser.
        """
        known = self.ledger.remote_audience(self.destination, audience)
        if known is None:
            declared = self._declared_id(audience)
            if declared is None:
                self._refuse_taken_name(audience)
            known = self.ledger.record_remote_audience(
                RemoteAudience(
                    self.destination, audience, self.settings.advertiser_id, token_hex(8), declared, ""
                )
            )
        self._refuse_another(known)
        if known.remote_id is None and (found := self._found(audience)) is not None:
            known = self._noted(known, found)
        return known

    def create(self, known: RemoteAudience, calculate_type: str, file_paths: Sequence[str]) -> None:
        """Create the audience with its first files; when the answer is lost, look for it.

        Raises:
            AudienceNotReadyError: It may have been created; the next run looks first.
        """
        try:
            remote_id = self.client.create(
                name=self.name_of(known.audience),
                calculate_type=calculate_type,
                file_paths=file_paths,
                retention_in_days=self.settings.retention_in_days,
            )
        except UnknownOutcomeError as error:
            for pause in LOOKS:
                self.sleep(pause)
                if (found := self._found(known.audience)) is not None:
                    self._noted(known, found)
                    return
            raise AudienceNotReadyError(
                "it was asked for and TikTok's answer was lost: the next run looks for it first"
            ) from error
        self._noted(known, remote_id)

    def name_of(self, audience: str) -> str:
        """What an audience is called at TikTok."""
        declared = self.settings.audience(audience)
        return (declared and declared.name) or self.settings.name.replace("{audience}", audience)

    def _noted(self, known: RemoteAudience, remote_id: str) -> RemoteAudience:
        self.ledger.set_remote_id(self.destination, known.audience, remote_id)
        return replaced(known, remote_id=remote_id)

    def _found(self, audience: str) -> str | None:
        """The audience that has the name that was free before we asked for it.

        Raises:
            AudienceRefusedError: Two have it.
        """
        ids = [each.id for each in self.client.audiences_named(self.name_of(audience))]
        if len(ids) > 1:
            raise AudienceRefusedError(
                f"two audiences are called {self.name_of(audience)!r} ({', '.join(ids)}): delete or rename all but one, or set the "
                "id of the right one in the settings"
            )
        return ids[0] if ids else None

    def _refuse_taken_name(self, audience: str) -> None:
        ids = [each.id for each in self.client.audiences_named(self.name_of(audience))]
        if ids:
            raise AudienceRefusedError(
                f"the advertiser has an audience of the name {self.name_of(audience)!r} already ({', '.join(ids)}): to take it "
                "over, set its id in the settings, which replaces what it holds; or give this one another name"
            )

    def _declared_id(self, audience: str) -> str | None:
        declared = self.settings.audiences.get(audience)
        return declared.id if declared else None

    def _refuse_another(self, known: RemoteAudience) -> None:
        if known.account != self.settings.advertiser_id:
            raise AudienceRefusedError(
                f"it was delivered to the advertiser {known.account} and the settings now say {self.settings.advertiser_id}: give "
                "the second advertiser a destination of its own"
            )
        declared = self._declared_id(known.audience)
        if declared is not None and known.remote_id not in {None, declared}:
            raise AudienceRefusedError(
                f"it was delivered to the audience {known.remote_id} and the settings now say {declared}: run audience-assets "
                "forget to begin anew there"
            )
