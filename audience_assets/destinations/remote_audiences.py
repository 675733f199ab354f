"""Finds which audience at a partner stands for one of the customers' audiences, and creates it once: a lost answer makes no second."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import replace as replaced
from secrets import token_hex
from typing import Any, ClassVar, Generic, TypeVar

from audience_assets import counting
from audience_assets.destinations.audience_settings import AccountSettings
from audience_assets.errors import AudienceNotReadyError, AudienceRefusedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import RemoteAudience

LOOKS = (1.0, 5.0, 15.0)
"""Seconds between the looks for an audience whose creation was not answered."""

C = TypeVar("C")
S = TypeVar("S", bound=AccountSettings[Any])


@dataclass(frozen=True, slots=True)
class Words:
    """The partner's name, and what it calls an account and an audience."""

    partner: str
    account: str
    audience: str


@dataclass(frozen=True, slots=True)
class RemoteAudiences(ABC, Generic[C, S]):
    """The audiences of one destination.

    Attributes:
        client: The account at the partner.
        ledger: Remembers which of the partner's audiences stands for which of the customers' audiences.
        destination: The destination's name.
        settings: What the settings say of the audiences.
        sleep: Waits, in seconds.
    """

    client: C
    ledger: Ledger
    destination: str
    settings: S
    sleep: Callable[[float], None]
    words: ClassVar[Words]

    @abstractmethod
    def found(self, known: RemoteAudience) -> str | None:
        """The id of the audience that an earlier run of ours asked for though its answer was lost.

        Raises:
            AudienceRefusedError: What has its name is not certainly ours.
        """

    @abstractmethod
    def described(self, known: RemoteAudience, name: str | None, description: str | None) -> None:
        """Tell the partner to call and describe an audience so; what is None stays as it is.

        Raises:
            AudienceRefusedError: The name is taken.
        """

    def rename(self, audience: str) -> None:
        """Call an audience as the settings do by now, if the partner was told otherwise, and describe it so.

        One that was there before us keeps what it has until its section says something else.

        Raises:
            AudienceRefusedError: The name is taken.
        """
        known = self.ledger.remote_audience(self.destination, audience)
        if known is None or known.remote_id is None:
            return
        name, description = called = self._called(known)
        if called in {(None, None), (known.name, known.description)}:
            return
        with counting.unforetold():
            self.described(known, name, description)
        self.ledger.note_name(self.destination, audience, name, description)

    def known(self, audience: str) -> RemoteAudience | None:
        """What the ledger has of an audience.

        Raises:
            AudienceRefusedError: The settings name another account or another id by now.
        """
        known = self.ledger.remote_audience(self.destination, audience)
        if known is not None:
            self._refuse_another(known)
        return known

    def recorded(self, audience: str) -> RemoteAudience:
        """An audience that nothing was known of, in the ledger before the partner is asked for it."""
        taken_over = self.settings.id_of(audience) is not None
        return self.ledger.record_remote_audience(
            RemoteAudience(
                destination=self.destination,
                audience=audience,
                account=self.settings.account,
                marker=token_hex(8),
                remote_id=self.settings.id_of(audience),
                columns="",  # pinned when the first batch leaves
                name=None if taken_over else self.settings.name_of(audience),
                description=None if taken_over else self.settings.description_of(audience),
            )
        )

    def identified(self, known: RemoteAudience) -> RemoteAudience:
        """The same with the partner's id, if the settings name it or an earlier run has created the audience.

        Raises:
            AudienceRefusedError: What has its name is not certainly ours.
        """
        if known.remote_id is not None:
            return known
        remote_id = self.settings.id_of(known.audience) or self.found(known)
        return known if remote_id is None else self._noted(known, remote_id)

    def created(self, known: RemoteAudience, create: Callable[[], str]) -> RemoteAudience:
        """The same with the id that `create` returns; when the answer is lost, with the id of what is found.

        Raises:
            AudienceNotReadyError: It may have been created; the next run looks before it asks again.
        """
        try:
            return self._noted(known, create())
        except UnknownOutcomeError as error:
            for pause in LOOKS:
                self.sleep(pause)
                with counting.unforetold():
                    remote_id = self.found(known)
                if remote_id is not None:
                    return self._noted(known, remote_id)
            raise AudienceNotReadyError(
                f"it was asked for and {self.words.partner}'s answer was lost ({error}): the next run looks for it first"
            ) from error

    def taken(self, name: str, ids: Iterable[str]) -> AudienceRefusedError:
        """The refusal to use a name that stands for an audience of somebody else."""
        return AudienceRefusedError(
            f"the {self.words.account} has an audience of the name {name!r} already ({', '.join(ids)}): to take it over, set "
            "its id in the settings, which replaces what it holds; or give this one another name"
        )

    def _called(self, known: RemoteAudience) -> tuple[str | None, str | None]:
        """Name and description that an audience should have; None for what is not ours to change."""
        settings, audience = self.settings, known.audience
        declared = settings.audiences.get(audience)
        if settings.id_of(audience) is None and known.name is not None:
            return settings.name_of(audience), settings.description_of(audience)
        if declared is None:
            return None, None
        return declared.name, settings.description_of(audience) if declared.id is not None else None

    def _noted(self, known: RemoteAudience, remote_id: str) -> RemoteAudience:
        self.ledger.set_remote_id(self.destination, known.audience, remote_id)
        return replaced(known, remote_id=remote_id)

    def _refuse_another(self, known: RemoteAudience) -> None:
        words, account = self.words, self.settings.account
        if known.account != account:
            raise AudienceRefusedError(
                f"it was delivered to the {words.account} {known.account} and the settings now say {account}: give the second "
                f"{words.account} a destination of its own"
            )
        declared = self.settings.id_of(known.audience)
        if declared is not None and known.remote_id not in {None, declared}:
            raise AudienceRefusedError(
                f"it was delivered to the {words.audience} {known.remote_id} and the settings now say {declared}: run "
                "audience-assets forget to begin anew there"
            )
