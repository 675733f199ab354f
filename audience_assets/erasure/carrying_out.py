"""Carries requests out: the person is withheld, every partner is told, our own files are cleaned, and each step is written down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from audience_assets import database
from audience_assets.customers import suppression, withheld
from audience_assets.destinations import catalog
from audience_assets.destinations.erased_rows import rows_of
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.lineage import members_of
from audience_assets.erasure import own_files
from audience_assets.erasure.requests import ErasureRequest, People
from audience_assets.errors import AudienceAssetsError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Erasure, ErasureStep, Snapshot, utc_now
from audience_assets.pipeline import Pipeline
from audience_assets.workers import workers

ACCOUNT = "*"
"""Stands for everything of an account, where a step is of no single audience."""

AFTERCARE = timedelta(days=2)
"""How long our own files are looked at once more: a step that began before a request may have ended after it was done."""


def register(pipeline: Pipeline, requests: Iterable[ErasureRequest]) -> list[Erasure]:
    """Record requests; from now on no day delivers the people they name, and every day that is run removes them.

    Raises:
        ExtractError: A request has no usable identifier, or stands for too many customers to be one person.
    """
    with pipeline.ledger() as ledger:
        people = People(pipeline.settings, ledger, ledger.erasures.secret())
        return [people.register(request) for request in requests]


def deliver(pipeline: Pipeline) -> dict[str, str]:
    """Bring the newest day without the erased to every partner at once, additions that are under way before.

    Returns:
        By destination, why it could not be done.
    """
    with pipeline.ledger() as ledger:
        snapshot = ledger.newest_snapshot()
        if snapshot is None:
            return {}
        _withhold(pipeline, ledger, snapshot)
        day = snapshot.day
    failures = {}
    for name in pipeline.destinations:
        try:
            pipeline.plan(name, day)
            pipeline.deliver(name, day)
        except AudienceAssetsError as error:
            failures[name] = str(error)
    return failures


def settle(pipeline: Pipeline, failures: Mapping[str, str] | None = None) -> None:
    """Look at what every partner acknowledged, and finish the requests of which nothing is open any more.

    Finishing takes the people out of our own files; what was delivered is needed until then, because a removal sends it.

    Args:
        pipeline: The deployment.
        failures: By destination, why `deliver` could not bring it there.
    """
    with pipeline.ledger() as ledger:
        people = People(pipeline.settings, ledger, ledger.erasures.secret())
        for erasure in ledger.erasures.every():
            if erasure.done_at is not None and erasure.done_at < utc_now() - AFTERCARE:
                continue
            customers = people.customers(ledger.erasures.tombstones(erasure.request))
            if erasure.done_at is not None and not customers:
                continue
            settled = _Settling(pipeline, ledger, erasure.request, customers, failures or {}).steps()
            if not any(step.open for step in settled):
                removed = own_files.remove(pipeline.settings, ledger, customers)
                ledger.erasures.finish(erasure.request, erasure.rows_removed + removed, utc_now())


def _withhold(pipeline: Pipeline, ledger: Ledger, snapshot: Snapshot) -> None:
    """Make a day's customers without the erased its current ones; no extract is read for it."""
    settings, secret = pipeline.settings, ledger.erasures.secret()
    with workers(settings) as crew:
        suppressed = suppression.load(settings, snapshot.day, secret, ledger.erasures.tombstones())
        ledger.publish_snapshot(withheld.of(settings, ledger, crew, snapshot, suppressed, secret))


@dataclass(frozen=True, slots=True)
class _Settling:
    """Finds out where one request stands."""

    pipeline: Pipeline
    ledger: Ledger
    request: str
    customers: set[str]
    failures: Mapping[str, str]
    looked_at: dict[str, bool] = field(default_factory=dict)

    def steps(self) -> list[ErasureStep]:
        """Every place with what became of it, written into the ledger."""
        before = {
            (step.destination, step.audience): step for step in self.ledger.erasures.steps(self.request)
        }
        found = []
        for name in self.pipeline.destinations if self.customers else ():
            found += [self._of_audience(name, audience) for audience in self.ledger.audiences(name)]
            known = before.get((name, ACCOUNT))
            if known is None or known.open:
                found += self._of_account(name)
        for step in found:
            self.ledger.erasures.record_step(step)
        return self.ledger.erasures.steps(self.request)

    def _of_audience(self, name: str, audience: str) -> ErasureStep:
        """Open as long as the partner may hold somebody who was erased."""
        pointer = self.ledger.acknowledged(name, audience)
        begun = self.ledger.unfinished(name, audience)
        if begun is None and (pointer is None or not self._stand_in(pointer.snapshot_key)):
            answer = "nobody of this request is there" + (f" since {pointer.day}" if pointer else "")
            at, delivery = (pointer.at, pointer.delivery_id) if pointer else (utc_now(), None)
            return ErasureStep(self.request, name, audience, delivery, at, answer, open=False)
        waiting = f"delivery {begun.id} is under way" if begun else "the removal has not been delivered"
        answer = self.failures.get(name) or f"{waiting}: it is done by the next delivery that succeeds"
        return ErasureStep(
            self.request, name, audience, begun.id if begun else None, utc_now(), answer, open=True
        )

    def _stand_in(self, key: str) -> bool:
        """Whether a snapshot that a partner holds has one of the customers; many audiences hold the same."""
        if key not in self.looked_at:
            self.looked_at[key] = self._look_into(key)
        return self.looked_at[key]

    def _look_into(self, key: str) -> bool:
        with database.connect(self.pipeline.settings, rules=False) as connection:
            members_of(self.ledger, self.pipeline.layout, key).view(connection, "holding")
            database.table_of_ids(connection, "erased", self.customers)
            found = connection.execute(
                "select exists (from holding semi join erased using (customer_id))"
            ).fetchall()
        return bool(found[0][0])

    def _of_account(self, name: str) -> list[ErasureStep]:
        """Where a partner takes a person out of everything at once, do so with all that it was ever told."""
        settings = self.pipeline.settings.destinations[name]
        erase = catalog.kind_of(settings).erase
        if erase is None:
            return []
        table = self.pipeline.destinations[name]
        with database.connect(self.pipeline.settings, rules=False) as connection:
            log = HashedLog(connection, self.pipeline.layout, self.ledger, table)
            rows = rows_of(log, self.customers)
        try:
            answer, still_open = erase(table, settings, rows), False
        except AudienceAssetsError as error:
            answer, still_open = str(error), True
        return [ErasureStep(self.request, name, ACCOUNT, None, utc_now(), answer, open=still_open)]
