"""The TikTok audience that a delivery is for: found, or created together with its first files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
            return self._under_the_name_of_now(self.identified(known))
        if self.settings.id_of(audience) is None:
            self._require_free(self.settings.name_of(audience))
        return self.recorded(audience)

    def create(self, known: RemoteAudience, calculate_type: str, file_paths: Sequence[str]) -> None:
        """Create the audience with its first files; when the answer is lost, look for it.

        Raises:
            AudienceNotReadyError: It may have been created; the next run looks first.
        """
        self.created(
            known,
            lambda: self.client.create(
                name=self._name(known),
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
        ids = self._named(self._name(known))
        if len(ids) > 1:
            raise AudienceRefusedError(
                f"two audiences are called {self._name(known)!r} ({', '.join(ids)}): delete or rename all but "
                "one, or set the id of the right one in the settings"
            )
        return ids[0] if ids else None

    def described(self, known: RemoteAudience, name: str | None, description: str | None) -> None:  # noqa: ARG002
        """TikTok keeps a name only.

        Raises:
            AudienceRefusedError: Another audience has the name, by which we could not tell the two apart.
        """
        if name is not None:
            self._require_free(name, but_for=known.remote_id)
            self.client.rename(str(known.remote_id), name)

    def _under_the_name_of_now(self, known: RemoteAudience) -> RemoteAudience:
        """One that is still to be created is created under the name that the settings give it by now."""
        name = self.settings.name_of(known.audience)
        if known.remote_id is not None or known.name in {None, name}:
            return known
        self._require_free(name)
        self.ledger.note_name(self.destination, known.audience, name, None)
        return replace(known, name=name)

    def _require_free(self, name: str, but_for: str | None = None) -> None:
        if ids := [each for each in self._named(name) if each != but_for]:
            raise self.taken(name, ids)

    def _name(self, known: RemoteAudience) -> str:
        return known.name or self.settings.name_of(known.audience)

    def _named(self, name: str) -> list[str]:
        return [each.id for each in self.client.audiences_named(name)]
