"""The TikTok audience that a delivery is for: found, or created together with its first files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from audience_assets.destinations.remote_audiences import RemoteAudiences, Words
from audience_assets.destinations.tiktok.client import TikTokClient
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.errors import AudienceRefusedError
from audience_assets.ledger.records import RemoteAudience


@dataclass(frozen=True, slots=True)
class Targets(RemoteAudiences[TikTokClient, TikTokSettings]):
    """The audiences of one destination, which TikTok knows again by their name only."""

    words: ClassVar[Words] = Words("TikTok", "advertiser", "audience")

    def ensure(self, audience: str) -> RemoteAudience:
        """What we know of an audience, with TikTok's id unless it is to be created.

        TikTok keeps no text of ours besides the name. So a name must be free before we first ask for it, and an audience
        that has it afterwards is ours.

        Raises:
            AudienceRefusedError: The name is taken, twice perhaps, or the audience belongs to another advertiser.
        """
        known = self.known(audience)
        if known is not None:
            return self.identified(known)
        if self.settings.id_of(audience) is None and (ids := self._named(audience)):
            raise self.taken(self.settings.name_of(audience), ids)
        return self.recorded(audience)

    def create(self, known: RemoteAudience, calculate_type: str, file_paths: Sequence[str]) -> None:
        """Create the audience with its first files; when the answer is lost, look for it.

        Raises:
            AudienceNotReadyError: It may have been created; the next run looks first.
        """
        self.created(
            known,
            lambda: self.client.create(
                name=self.settings.name_of(known.audience),
                calculate_type=calculate_type,
                file_paths=file_paths,
                retention_in_days=self.settings.retention_in_days,
            ),
        )

    def found(self, known: RemoteAudience) -> str | None:
        """The audience that has the name that was free before we asked for it.

        Raises:
            AudienceRefusedError: Two have it.
        """
        ids = self._named(known.audience)
        if len(ids) > 1:
            raise AudienceRefusedError(
                f"two audiences are called {self.settings.name_of(known.audience)!r} ({', '.join(ids)}): delete or rename all but "
                "one, or set the id of the right one in the settings"
            )
        return ids[0] if ids else None

    def _named(self, audience: str) -> list[str]:
        return [each.id for each in self.client.audiences_named(self.settings.name_of(audience))]
