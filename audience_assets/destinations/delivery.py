"""Delivers a planned delta exactly once in effect: plan, send, finish, each step in the ledger before the next begins.

It knows no partner. A partner's sender names the remote keys and sends one batch; whatever is repeated after a crash is
repeated with the same bytes. Audiences of one destination are delivered one by one, and one that fails holds up no other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from audience_assets import counting
from audience_assets.destinations.manifest import DeltaManifest, DeltaPart
from audience_assets.destinations.outcome import Outcome, Report
from audience_assets.destinations.sending import AcceptedError, BeginAgainError, Sender
from audience_assets.destinations.standing import delivered_before
from audience_assets.errors import (
    AudienceAssetsError,
    DeliveryInterruptedError,
    DestinationRefusedError,
    GuardError,
    OutOfOrderError,
    StateError,
)
from audience_assets.ledger.lease import Lease
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Counts, Delivery, PlannedBatch
from audience_assets.storage import files, manifest
from audience_assets.storage.layout import Layout
from audience_assets.storage.object_path import Place

LEASE_SECONDS = 1800
"""Longer than any partner's client waits in one call."""


@dataclass(frozen=True, slots=True)
class Courier:
    """Everything that one destination's deliveries need.

    Attributes:
        ledger: Where every step is written down.
        layout: Where the delta's files lie.
        name: The destination's name.
        sender: The partner.
        run: The run's id, for the ledger.
        progress: Is told of each batch that was acknowledged: its number, how many there are, and its rows.
    """

    ledger: Ledger
    layout: Layout
    name: str
    sender: Sender
    run: str | None
    progress: Callable[[int, int, int], None]

    def deliver(self, day: date) -> Report:
        """Finish what was begun, then deliver the day's delta, unless it was delivered; audience by audience.

        Raises:
            StateError: There is no delta for the day, or one of its files is gone.
            ContractError: A file is not what was planned.
            OutOfOrderError: Another run is delivering, a newer day was delivered, or the delta is out of date.
            DestinationRefusedError: The partner refuses; a person must act.
            GuardError: A guard stopped parts of the delta; the others were delivered. Or it was only planned.
            DeliveryInterruptedError: The partner's answer is unknown; running again is safe.
        """
        with self.ledger.lease(f"delivery of {self.name}", LEASE_SECONDS) as lease:
            delta = self._deliverable(day)
            failures: dict[str, AudienceAssetsError] = {}
            for known in self.ledger.remote_audiences(self.name):
                if known.ending:
                    with _gathered(failures, known.audience), counting.unforetold():
                        self._delete(known.audience)
            sent: defaultdict[str, list[Batch]] = defaultdict(list)
            resumed = {}
            waiting: dict[str, str] = {}
            for audience in self.ledger.audiences(self.name):
                begun = self.ledger.unfinished(self.name, audience)
                if begun is not None:
                    with _gathered(failures, audience), _awaited(waiting, audience):
                        resumed[audience] = self._send_all(begun, lease, sent[audience])
            outcomes = []
            behind = {*resumed, *waiting}
            for part in delta.parts:
                if behind and part.audience not in behind and self._holds_newer(part.audience, delta.day):
                    continue  # the run is there for the audiences that are behind
                if part.audience not in {*failures, *waiting}:
                    with _gathered(failures, part.audience), _awaited(waiting, part.audience):
                        before = resumed.pop(part.audience, None)
                        outcomes.append(self._deliver_part(delta, part, before, lease, sent[part.audience]))
            outcomes += [
                Outcome(name, None, None, None, sent[name], waiting=why) for name, why in waiting.items()
            ]
            outcomes += [Outcome(name, begun, None, None, sent[name]) for name, begun in resumed.items()]
            _raise_gathered(self.name, failures)
            return Report(outcomes, parts=delta.parts)

    def _deliverable(self, day: date) -> DeltaManifest:
        """The day's delta, unless a person only wanted to look at it."""
        delta = manifest.read(DeltaManifest, self._folder(day), f"{self.name}/delta")
        if delta.plan_only:
            raise GuardError(
                f"it was only planned, so nothing was sent: materialize {self.name}/delta for {day} without plan_only, then "
                f"{self.name}/delivery"
            )
        return delta

    def _deliver_part(
        self, delta: DeltaManifest, part: DeltaPart, resumed: Delivery | None, lease: Lease, sent: list[Batch]
    ) -> Outcome:
        if part.held:
            return Outcome(part.audience, resumed, None, None, sent, held=part.held)
        if part.stopped and delivered_before(self.ledger, delta, part) is None:
            raise GuardError(f"a guard stopped it and nothing was sent: {part.stopped}")
        if part.mode == "delete":
            if self._has_to_be_emptied(delta, part):
                self._send_all(self._plan(delta, part), lease, sent)
            self._delete(part.audience)
            return Outcome(part.audience, resumed, None, None, sent, held="it was deleted at the partner")
        already = delivered_before(self.ledger, delta, part)
        if already is not None:
            self.sender.rename(part.audience)
            same = resumed is not None and already.id == resumed.id
            return Outcome(part.audience, resumed, None, None if same else already, sent)
        done = self._send_all(self._plan(delta, part), lease, sent)
        self.sender.rename(part.audience)
        return Outcome(part.audience, resumed, done, None, sent)

    def _delete(self, audience: str) -> None:
        """Delete an audience at the partner, or go on with it: from the first step on nothing counts as being there."""
        self.ledger.end_audience(self.name, audience)
        self.sender.delete(audience)
        self.ledger.forget_audience(self.name, audience)

    def _has_to_be_emptied(self, delta: DeltaManifest, part: DeltaPart) -> bool:
        """Whether people are to be taken out of an audience before it is deleted, and were not yet."""
        there = self.ledger.acknowledged(self.name, part.audience) is not None
        return bool(part.files) and there and delivered_before(self.ledger, delta, part) is None

    def _holds_newer(self, audience: str, day: date) -> bool:
        pointer = self.ledger.acknowledged(self.name, audience)
        return pointer is not None and pointer.day > day

    def _plan(self, delta: DeltaManifest, part: DeltaPart) -> Delivery:
        pointer = self.ledger.acknowledged(self.name, part.audience)
        if (pointer.snapshot_key if pointer else None) != part.from_snapshot:
            raise OutOfOrderError(
                f"the delta of {delta.day} for {self.name} was made before another delivery was finished: "
                f"materialize {self.name}/delta for that day again, then {self.name}/delivery"
            )
        ordinal = self.ledger.next_ordinal(self.name, delta.day, part.audience)
        batches = [
            PlannedBatch(
                operation=file.operation,
                rows=file.rows,
                file=self.layout.relative(self._folder(delta.day) / file.name),
                sha256=file.sha256,
                remote_key=self.sender.planned_key(delta.day, ordinal, number, file.sha256),
            )
            for number, file in enumerate(part.files, start=1)
        ]
        for batch in batches:
            with self._checked(batch):
                pass  # before the first of them is planned, let alone sent
        return self.ledger.plan(
            self.name,
            delta.day,
            part.from_snapshot,
            delta.to_snapshot,
            Counts(joined=part.joined, changed=part.changed, left=part.left),
            batches,
            self.run,
            audience=part.audience,
            request=part.request,
            empties=part.empties,
        )

    def _send_all(self, delivery: Delivery, lease: Lease, sent: list[Batch]) -> Delivery:
        while True:
            try:
                batches = self.ledger.batches(delivery.id)
                self._send_open(delivery, batches, lease, sent)
            except BeginAgainError:
                continue
            if batches:
                self.sender.finish(delivery, self.ledger.batches(delivery.id))
                sent[:] = self._as_finished(delivery, sent)
            return self.ledger.finish(delivery.id)

    def _as_finished(self, delivery: Delivery, sent: list[Batch]) -> list[Batch]:
        """The sent batches, those of this delivery as the ledger now knows them."""
        finished = {batch.sequence: batch for batch in self.ledger.batches(delivery.id)}
        return [
            finished[batch.sequence] if batch.delivery_id == delivery.id else batch
            for batch in {(batch.delivery_id, batch.sequence): batch for batch in sent}.values()
        ]

    def _send_open(self, delivery: Delivery, batches: list[Batch], lease: Lease, sent: list[Batch]) -> None:
        """Send every batch that is not acknowledged, in order."""
        still_open = [batch for batch in batches if batch.status is not BatchStatus.ACKNOWLEDGED]
        if still_open:
            lease.renew()
            self.sender.begin(delivery, batches)
        for batch in still_open:
            with self._checked(batch) as path:
                lease.renew()
                key = self.sender.key(delivery, batch)
                self.ledger.mark_sent(delivery.id, batch.sequence, key)
                leaving = replace(batch, remote_key=key)
                answer = self.sender.send(delivery, leaving, path)
            self.ledger.mark_acknowledged(delivery.id, batch.sequence, answer.text, answer.refused)
            sent.append(leaving)
            self.progress(batch.sequence, len(batches), batch.rows)

    @contextmanager
    def _checked(self, batch: PlannedBatch | Batch) -> Iterator[Path]:
        """The planned file on this machine, if it is still exactly what was planned."""
        file = manifest.existing(self.layout.absolute(batch.file), f"{self.name}/delta")
        with files.at_hand(file) as path:
            if files.sha256_of(path) != batch.sha256:
                raise StateError(
                    f"{file} is not what was planned: its bytes changed. Materialize {self.name}/delta again"
                )
            self.sender.check(batch, path)
            yield path

    def _folder(self, day: date) -> Place:
        return self.layout.delta(self.name, day)


@contextmanager
def _gathered(failures: dict[str, AudienceAssetsError], audience: str) -> Iterator[None]:
    """Keep a failure that concerns one audience for later; let any other one pass."""
    try:
        yield
    except GuardError as error:
        failures[audience] = error
    except (DestinationRefusedError, DeliveryInterruptedError) as error:
        if not error.one_audience:
            raise
        failures[audience] = error


@contextmanager
def _awaited(waiting: dict[str, str], audience: str) -> Iterator[None]:
    """Note that the partner is still working on an audience."""
    try:
        yield
    except AcceptedError as accepted:
        waiting[audience] = str(accepted)


def _raise_gathered(name: str, failures: Mapping[str, AudienceAssetsError]) -> None:
    """One failure for all: a refusal if any of them is one, because then a person must act; a stop if that is all."""
    if not failures:
        return
    if "" in failures:
        raise failures[""]
    sentences = "; ".join(f"{audience}: {error}" for audience, error in failures.items())
    kinds: tuple[type[AudienceAssetsError], ...]
    kinds = (DestinationRefusedError, DeliveryInterruptedError, GuardError)
    kind = next(kind for kind in kinds if any(isinstance(error, kind) for error in failures.values()))
    raise kind(f"{len(failures)} of {name}'s audiences could not be delivered, the others were: {sentences}")
