"""Sends the files of one audience: all files of an operation are uploaded, then one call puts them to use.

A file's upload changes nothing yet, so the last file of an operation is acknowledged only when the operation is.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from secrets import randbits

from audience_assets import counting
from audience_assets.destinations.audience_files import ADD, REMOVE, REPLACE
from audience_assets.destinations.pinned_columns import PinnedColumns, feeding
from audience_assets.destinations.sending import AcceptedError, Answer, BeginAgainError
from audience_assets.destinations.tiktok import upload_file
from audience_assets.destinations.tiktok.answers import AudienceBusyError, ExpiredFileError, TooFewPeopleError
from audience_assets.destinations.tiktok.client import Action, TikTokClient
from audience_assets.destinations.tiktok.columns import calculate_type_of
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.tiktok.targets import Targets
from audience_assets.errors import AudienceNotReadyError, AudienceRefusedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import (
    Batch,
    BatchStatus,
    Delivery,
    PlannedBatch,
    RemoteAudience,
    Session,
    was_begun,
)
from audience_assets.storage.layout import Layout

ACTIONS = {ADD: Action.APPEND, REMOVE: Action.REMOVE, REPLACE: Action.REPLACE}
BETWEEN_REPLACEMENTS = timedelta(hours=24)
BEGINNINGS = 3
"""How often a run uploads files again that TikTok had let expire before it leaves them to the next run."""
MOST_FILES = 500


@dataclass(frozen=True)
class TikTokSender:
    """One advertiser.

    Attributes:
        client: The advertiser's API.
        targets: Its audiences.
        ledger: Remembers uploaded files, replacements and pinned columns.
        layout: Where the batches lie.
        name: The destination's name.
        settings: What the settings say.
        now: The time, with its zone.
    """

    client: TikTokClient
    targets: Targets
    ledger: Ledger
    layout: Layout
    name: str
    settings: TikTokSettings
    now: Callable[[], datetime]
    _beginnings: Counter[int] = field(default_factory=Counter)
    _last_files: dict[int, dict[str, int]] = field(default_factory=dict)

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:  # noqa: ARG002
        """TikTok tells the path of a file when it has it."""
        return ""

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """The file has known columns and the planned number of rows."""
        upload_file.check(path, self.settings, batch.rows)

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Know which audience it is, if there is one yet, and whether it may be replaced now.

        Raises:
            AudienceRefusedError: The audience is another kind, or its name is taken.
            AudienceNotReadyError: It was replaced less than a day ago.
        """
        self._last_files[delivery.id] = {batch.operation: batch.sequence for batch in batches}
        fed = feeding(batches)
        with counting.unforetold(when=was_begun(batches)):
            known = self.targets.ensure(delivery.audience)
            if known.remote_id is not None and fed is not None:
                self._refuse_another_kind(known.remote_id, fed)
        if fed is not None and fed.operation == REPLACE and fed.status is BatchStatus.PLANNED:
            self._refuse_second_replacement(delivery)

    def _refuse_another_kind(self, audience_id: str, fed: Batch) -> None:
        kind = calculate_type_of(self._pinned.of(fed))
        found = self.client.audience(audience_id)
        if found.calculate_type and found.calculate_type != kind:
            raise AudienceRefusedError(
                f"the audience {audience_id} is of the kind {found.calculate_type} and the settings now make {kind}, "
                "which TikTok does not mix: set identifiers back, or run audience-assets forget to begin a new one"
            )

    def key(self, delivery: Delivery, batch: Batch) -> str:
        """The path that a file had; a removal waits until what was added before it is in place.

        Raises:
            AcceptedError: TikTok still processes the additions.
        """
        if batch.operation == REMOVE:
            self._require_ready(delivery)
        return batch.remote_key

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
        """Upload a file; the last one of an operation puts all of them to use.

        Raises:
            AcceptedError: An earlier change is still being processed, so the files wait for it.
            BeginAgainError: Files expired and are uploaded again.
        """
        file = upload_file.read(path, self.settings.file_bytes)
        file_path = self.client.upload(
            file.content, name=file.name, md5=file.md5, calculate_type=file.calculate_type
        )
        self.ledger.note_key(delivery.id, batch.sequence, file_path)
        if batch.sequence == self._last_files[delivery.id][batch.operation]:
            together = self.ledger.batches(delivery.id)
            file_paths = [each.remote_key for each in together if each.operation == batch.operation]
            self._use(delivery, batch, file_paths, file.calculate_type)
        return Answer(json.dumps({"bytes": len(file.content), "rows": file.rows}))

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Pin the columns, once TikTok is done with everything.

        Raises:
            AcceptedError: It is not done yet.
        """
        self._require_ready(delivery)
        self._pinned.pin(delivery, batches)

    def rename(self, audience: str) -> None:
        """Another name of the settings becomes the audience's."""
        self.targets.rename(audience)

    def delete(self, audience: str) -> None:
        """Delete an audience that would be smaller than TikTok takes, or that the settings retire."""
        known = self.ledger.remote_audience(self.name, audience)
        if known is not None and known.remote_id is not None:
            self.client.delete([known.remote_id])

    def _use(self, delivery: Delivery, batch: Batch, file_paths: list[str], calculate_type: str) -> None:
        """Create the audience with the files, or change it by them."""
        if len(file_paths) > MOST_FILES:
            raise AudienceRefusedError(
                f"it needs {len(file_paths)} files and TikTok takes {MOST_FILES}: raise file_bytes"
            )
        known = self._known(delivery)
        self._pinned.pin_once(delivery, batch)
        try:
            if known.remote_id is None:
                self.targets.create(known, calculate_type, file_paths)
            elif batch.operation == REPLACE:
                self._replace(delivery, known.remote_id, file_paths)
            else:
                self.client.update(known.remote_id, ACTIONS[batch.operation], file_paths)
        except AudienceBusyError as error:
            raise AcceptedError(
                f"TikTok has the files and is still working on an earlier change: {error}"
            ) from error
        except TooFewPeopleError as error:
            raise self._too_few(delivery, batch, error) from error
        except ExpiredFileError as error:
            self.ledger.reset_batches(delivery.id, batch.operation)
            self._beginnings[delivery.id] += 1
            if self._beginnings[delivery.id] > BEGINNINGS:
                raise AudienceNotReadyError(f"TikTok keeps losing its files: {error}") from error
            raise BeginAgainError from error

    def _too_few(self, delivery: Delivery, batch: Batch, error: TooFewPeopleError) -> Exception:
        """Give the delivery up where nothing of it was put to use, so that a later day can be planned."""
        operations = {each.operation for each in self.ledger.batches(delivery.id)}
        if batch.operation == REMOVE and ADD in operations:
            advice = "delete it at TikTok and run audience-assets forget, so that the next day makes it anew"
        else:
            self.ledger.reset_batches(delivery.id, batch.operation)
            self.ledger.abandon(delivery.id)
            advice = "it is planned anew with the next day"
        return AudienceRefusedError(f"{error}; {advice}")

    def _replace(self, delivery: Delivery, audience_id: str, file_paths: list[str]) -> None:
        """Ask for a replacement once; after a lost answer the audience's history says whether it was taken."""
        asked = self.ledger.last_session(self.name, delivery.audience, REPLACE)
        if asked is not None and asked.delivery_id == delivery.id:
            history = self.client.audience(audience_id).history
            if any(
                change.action.upper() == Action.REPLACE
                and change.at
                and change.at >= asked.opened_at.replace(microsecond=0)
                for change in history
            ):
                return
        else:
            self.ledger.open_session(Session(randbits(62) + 1, delivery.id, REPLACE, self.now()))
        try:
            self.client.update(audience_id, Action.REPLACE, file_paths)
        except UnknownOutcomeError as error:
            raise AudienceNotReadyError(
                f"a replacement of the audience {audience_id} was not answered; the next run looks whether it was taken"
            ) from error

    def _refuse_second_replacement(self, delivery: Delivery) -> None:
        last = self.ledger.last_session(self.name, delivery.audience, REPLACE)
        if last is None or last.delivery_id == delivery.id:
            return
        free = last.opened_at + BETWEEN_REPLACEMENTS
        if self.now() < free:
            raise AudienceNotReadyError(
                f"TikTok takes one replacement in 24 hours, and the last one was asked for at {last.opened_at:%Y-%m-%d %H:%M} "
                f'UTC: run again after {free:%Y-%m-%d %H:%M} UTC, or set replace = "never" for it and plan the day again'
            )

    def _require_ready(self, delivery: Delivery) -> None:
        """Go on only if TikTok has finished with the audience's last change.

        Raises:
            AcceptedError: It has not.
            AudienceRefusedError: The change failed.
        """
        known = self._known(delivery)
        if known.remote_id is None:
            raise AudienceNotReadyError("it is not known at TikTok yet: run again")
        found = self.client.audience(known.remote_id)
        if found.processing:
            counting.found_it_busy()
            raise AcceptedError(f"TikTok accepted it and still processes the audience {known.remote_id}")
        if found.error_msg:
            raise AudienceRefusedError(
                f"TikTok could not use the audience {known.remote_id}: {found.error_msg}. Mend what it says, or delete it there "
                "and run audience-assets forget to begin anew"
            )

    def _known(self, delivery: Delivery) -> RemoteAudience:
        known = self.targets.known(delivery.audience)
        if known is None:
            raise AudienceNotReadyError("it is not known any more: materialize the delta again")
        return known

    @property
    def _pinned(self) -> PinnedColumns:
        return PinnedColumns(self.ledger, self.layout)
