"""Sends the batches of one custom audience: found or created first, then removed from and added to, or replaced."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from secrets import randbits

from audience_assets import counting
from audience_assets.destinations.audience_files import columns_of
from audience_assets.destinations.column import Destination
from audience_assets.destinations.meta import batch_file, columns, refused_people
from audience_assets.destinations.meta.answers import MetaRefusedError, ReplaceError
from audience_assets.destinations.meta.batch_file import BatchFile
from audience_assets.destinations.meta.client import MetaClient, Operation, Session, UsersAnswer
from audience_assets.destinations.meta.refusals import TRIES, find_refused, spread
from audience_assets.destinations.meta.settings import VALUE, MetaSettings
from audience_assets.destinations.meta.statuses import FILLING, REPLACING
from audience_assets.destinations.meta.targets import Targets
from audience_assets.destinations.meta.uploads import FIRST, Uploads, uploads_of
from audience_assets.destinations.pinned_columns import PinnedColumns, feeding
from audience_assets.destinations.sending import Answer, BeginAgainError
from audience_assets.errors import AudienceNotReadyError, AudienceRefusedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Delivery, PlannedBatch, was_begun
from audience_assets.storage import files
from audience_assets.storage.layout import Layout

IN_PROGRESS, FIRST_MISSING, WINDOW_CLOSED = 1870145, 1870147, 1870158
FINISHED, NOT_WHOLE, TOO_LARGE = 1870159, 1870148, 1870144
BEGINNINGS = 5
"""How often a run begins an audience anew before it leaves it to the next run."""


@dataclass(frozen=True)
class MetaSender:
    """One ad account.

    Attributes:
        client: The ad account's API.
        targets: Its custom audiences.
        ledger: Remembers sessions and pinned columns.
        layout: Where refused people are written down.
        destination: The keys.
        settings: What the settings say.
        now: The time, with its zone.
    """

    client: MetaClient
    targets: Targets
    ledger: Ledger
    layout: Layout
    destination: Destination
    settings: MetaSettings
    now: Callable[[], datetime]
    _beginnings: Counter[int] = field(default_factory=Counter)
    _uploads: dict[int, Uploads] = field(default_factory=dict)

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:  # noqa: ARG002
        """Session and number are decided when a batch leaves, because a session ends after 90 minutes."""
        return ""

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """The file has known keys and the planned number of rows."""
        table = columns.destination(self.destination.name, self.settings, also=columns_of(path))
        batch_file.check(path, table, batch.rows)

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Find or create the custom audience, and wait until it takes what comes next."""
        following = next(batch for batch in batches if batch.status is not BatchStatus.ACKNOWLEDGED)
        fed = feeding(batches)
        known = self.ledger.remote_audience(self.destination.name, delivery.audience)
        names = self._pinned.of(fed) if fed else (known.columns if known else "").split(",")
        replaces = following.operation == Operation.REPLACE
        with counting.unforetold(when=was_begun(batches)):
            target = self.targets.ensure(delivery.audience, value_based=VALUE in names)
            found = self.targets.require_usable(target, value_based=VALUE in names, replaces=replaces)
        uploads = self._uploads[delivery.id] = uploads_of(
            delivery,
            batches,
            self.ledger,
            self.now,
            replacing=lambda: self._is_replacing(target),
            wait=lambda: self.targets.wait_until_free(target, {REPLACING}),
        )
        if not uploads.under_way:
            self.targets.wait_until_free(target, {REPLACING, FILLING} if replaces else {REPLACING}, found)

    def key(self, delivery: Delivery, batch: Batch) -> str:
        """Session and number, as `session/number`."""
        return self._uploads[delivery.id].key(batch)

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
        """One call, or more where Meta did not take everybody; who was refused is written down before the answer is."""
        target, people = self._target(delivery), batch_file.read(path, self.settings)
        self._pinned.pin_once(delivery, batch)
        operation, session = self._uploads[delivery.id].place(batch)
        try:
            answer = self.client.change_users(target, operation, people.payload, session)
        except (
            UnknownOutcomeError
        ) as error:  # a replacement's first batch, which is never sent twice in a session
            raise self._begin_again(delivery, target, error) from error
        except ReplaceError as error:
            return self._go_on(error, delivery, batch, operation, session)
        except MetaRefusedError as error:
            if error.scope != "batch" or operation is Operation.REPLACE:
                raise
            answer = self._answer_row_by_row(error, target, operation, people)
            self._uploads[delivery.id].open(operation)  # Meta has not counted this batch in the session
        if answer.received < batch.rows:
            raise AudienceNotReadyError(
                f"Meta received {answer.received} people and batch {batch.sequence} has {batch.rows}: run again"
            )
        if answer.invalid and operation is Operation.REPLACE:
            return _told(answer, refused=0, trace=True)  # nobody may be asked about while it is replaced
        refused = self._trace(delivery, batch, operation, people, answer)
        return _told(answer, refused)

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Pin the columns that the audience was fed with, and find out whom a replacement did not take."""
        self._pinned.pin(delivery, batches)
        replaced = [batch for batch in batches if batch.operation == Operation.REPLACE]
        for batch in replaced:
            told = json.loads(batch.answer or "{}")
            if told.get("trace") and not batch.refused:
                self.targets.wait_until_free(self._target(delivery), {REPLACING})
                with files.at_hand(self.layout.absolute(batch.file)) as path:
                    people = batch_file.read(path, self.settings)
                answer = self._probe(
                    self._target(delivery), Operation.ADD, people, list(range(len(people.customers)))
                )
                refused = self._trace(delivery, batch, Operation.ADD, people, answer)
                self.ledger.mark_refused(delivery.id, batch.sequence, refused)

    def rename(self, audience: str) -> None:
        """Another name or description of the settings becomes the custom audience's."""
        self.targets.rename(audience)

    def delete(self, audience: str) -> None:
        """Delete a custom audience that the settings retire."""
        known = self.ledger.remote_audience(self.destination.name, audience)
        if known is not None and known.remote_id is not None:
            self.client.delete_audience(known.remote_id)

    def _is_replacing(self, target: str) -> bool:
        with counting.unforetold():
            return self.client.audience(target).status == REPLACING

    def _trace(
        self, delivery: Delivery, batch: Batch, operation: Operation, people: BatchFile, answer: UsersAnswer
    ) -> int:
        """Write down which customers Meta did not take; return how many."""
        if not answer.invalid:
            return 0
        target = self._target(delivery)
        places = find_refused(
            people.payload.rows, answer, lambda asked: self._probe(target, operation, people, asked)
        )
        customers = people.customers_at(places)
        refused_people.write(self.layout, delivery, batch, customers)
        return len(customers)

    def _probe(self, target: str, operation: Operation, people: BatchFile, places: list[int]) -> UsersAnswer:
        """Send some people of a batch again, in a session of their own; what Meta holds does not change by it."""
        session = Session(randbits(62) + 1, FIRST, last_batch=True, estimated_total=len(places))
        try:
            with counting.unforetold():
                return self.client.change_users(target, operation, people.payload.of(places), session)
        except MetaRefusedError as error:
            if error.scope != "batch":
                raise
            return UsersAnswer(received=len(places), invalid=len(places), samples=())

    def _answer_row_by_row(
        self, error: MetaRefusedError, target: str, operation: Operation, people: BatchFile
    ) -> UsersAnswer:
        """Where a batch is refused as such, see whether it is for some of its people; if not, let the refusal pass."""
        rows = len(people.customers)
        tried = spread(rows, TRIES)
        if all(self._probe(target, operation, people, [place]).invalid for place in tried):
            raise error
        return UsersAnswer(received=rows, invalid=rows, samples=())

    def _go_on(
        self, error: ReplaceError, delivery: Delivery, batch: Batch, operation: Operation, session: Session
    ) -> Answer:
        """What the partner's table of replacement errors says, by subcode."""
        target = self._target(delivery)
        if error.subcode == FINISHED and session.last_batch and batch.attempts:
            unseen = {"trace": True} if operation is Operation.REPLACE else {}
            return Answer(json.dumps({"taken": "by an earlier try"} | unseen))
        if error.subcode == TOO_LARGE:
            self.ledger.abandon(delivery.id)
            raise AudienceRefusedError(
                f'the audience {target} is too large to be replaced: set replace = "never" for it and materialize '
                f"{self.destination.name}/delta again"
            ) from error
        again = self._begin_again(delivery, target, error)
        self.targets.wait_until_free(target, {REPLACING})
        if batch.operation == Operation.REPLACE and error.subcode != IN_PROGRESS:
            taken = any(each.status is BatchStatus.ACKNOWLEDGED for each in self.ledger.batches(delivery.id))
            if taken and error.subcode in {WINDOW_CLOSED, FINISHED}:
                self._uploads[delivery.id].open(Operation.ADD)
            else:
                self.ledger.reset_batches(delivery.id, batch.operation)
        elif error.subcode in {WINDOW_CLOSED, FINISHED}:
            self._uploads[delivery.id].open(Operation(batch.operation))
        raise again

    def _begin_again(self, delivery: Delivery, target: str, error: Exception) -> Exception:
        """Let the courier look at the delivery once more, unless that was done often enough."""
        self._beginnings[delivery.id] += 1
        if self._beginnings[delivery.id] > BEGINNINGS:
            return AudienceNotReadyError(f"Meta does not take the audience {target} yet: {error}")
        return BeginAgainError()

    def _target(self, delivery: Delivery) -> str:
        known = self.ledger.remote_audience(self.destination.name, delivery.audience)
        if known is None or known.remote_id is None:
            raise AudienceNotReadyError("it is not known at Meta any more: materialize the delta again")
        return known.remote_id

    @property
    def _pinned(self) -> PinnedColumns:
        return PinnedColumns(self.ledger, self.layout)


def _told(answer: UsersAnswer, refused: int, *, trace: bool = False) -> Answer:
    """Meta's counts for the ledger."""
    counts = {"received": answer.received, "invalid": answer.invalid} | ({"trace": True} if trace else {})
    return Answer(json.dumps(counts), refused)
