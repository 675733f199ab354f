"""The custom audience that a delivery is for: found or created, usable, and free for what comes next."""

from dataclasses import dataclass
from typing import ClassVar

from audience_assets import counting
from audience_assets.destinations.meta.answers import MetaRefusedError
from audience_assets.destinations.meta.client import MetaClient, RemoteAudience
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.meta.statuses import STOPPED
from audience_assets.destinations.remote_audiences import RemoteAudiences, Words
from audience_assets.errors import AudienceNotReadyError, AudienceRefusedError
from audience_assets.ledger import records

LONGEST_PAUSE = 30.0
LARGEST_TO_REPLACE = 100_000_000


@dataclass(frozen=True, slots=True)
class Targets(RemoteAudiences[MetaClient, MetaSettings]):
    """The custom audiences of one destination, which Meta knows again by a marker in their description."""

    words: ClassVar[Words] = Words("Meta", "ad account", "custom audience")

    def ensure(self, audience: str, *, value_based: bool) -> str:
        """The id of the custom audience, which is created at its first delivery.

        Args:
            audience: One of the customers' audiences.
            value_based: Whether it is to be based on a value.

        Raises:
            AudienceRefusedError: The audience is in another ad account, or its name is taken.
            AudienceNotReadyError: It may have been created; the next run looks first.
        """
        known = self.identified(self.known(audience) or self.recorded(audience))
        if known.remote_id is None:
            known = self.created(known, lambda: self._create(known, value_based=value_based))
        return str(known.remote_id)

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

    def wait_until_free(self, audience_id: str, busy: set[int], seen: RemoteAudience | None = None) -> None:
        """Wait until the audience's operation status is none of these; `seen` is how it stood just now.

        Raises:
            AudienceNotReadyError: It stayed busy for longer than patience_seconds.
        """
        waited, pause = 0.0, 1.0
        found = seen or self._look(audience_id)
        while found.status in busy:
            if waited + pause > self.settings.patience_seconds:
                raise AudienceNotReadyError(
                    f"Meta is still busy with the audience {audience_id} (operation status {found.status}): run again later"
                )
            self.sleep(pause)
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE)
            found = self._look(audience_id)

    def _look(self, audience_id: str) -> RemoteAudience:
        with counting.unforetold():
            return self.client.audience(audience_id)

    def found(self, known: records.RemoteAudience) -> str | None:
        """The audience of the name whose description has our marker.

        Raises:
            AudienceRefusedError: The name stands for an audience of somebody else.
        """
        name = self.settings.name_of(known.audience)
        named: list[RemoteAudience] = []
        for each_name in dict.fromkeys((known.name or name, name)):
            named = self.client.audiences_named(each_name)
            ours = [each.id for each in named if known.marker in each.description]
            if len(ours) == 1:
                return ours[0]
        if named:
            raise self.taken(name, (each.id for each in named))
        return None

    def described(self, known: records.RemoteAudience, name: str | None, description: str | None) -> None:
        """Both at once; our marker stays."""
        text = None if description is None else _marked(known, description)
        self.client.describe_audience(str(known.remote_id), name=name, description=text)

    def _create(self, known: records.RemoteAudience, *, value_based: bool) -> str:
        declared = self.settings.audience(known.audience)
        source = (declared and declared.customer_file_source) or self.settings.customer_file_source
        return self.client.create_audience(
            name=self.settings.name_of(known.audience),
            description=_marked(known, self.settings.description_of(known.audience)),
            customer_file_source=source,
            value_based=value_based,
        )


def _marked(known: records.RemoteAudience, description: str | None) -> str:
    """A description by which we know the audience again."""
    return f"{description or ''} [audience_assets {known.marker}]".strip()
