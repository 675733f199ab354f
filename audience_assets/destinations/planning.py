"""Plans a day for a destination: where it stands, what was planned before and still holds, and what must be written anew."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from secrets import token_hex
from typing import Literal, Protocol

from audience_assets import guards, progress
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaManifest, DeltaPart
from audience_assets.destinations.standing import Standing, due_snapshot, standing
from audience_assets.errors import OutOfOrderError, SettingsError, StateError
from audience_assets.guards import REMOVALS, GuardSettings
from audience_assets.storage import manifest

EVERY = "*"
"""Stands for every audience where one is asked for."""


Purpose = Literal["deliver", "plan_only", "look"]
"""Why a delta is made: to be delivered; to be looked at as the day's delta, which cannot be delivered then; or to be looked
at without becoming the day's delta, so that what was made before stays as it is."""


class Planner(Protocol):
    """How a kind of destination turns two snapshots into what must be sent."""

    @property
    def rows_per_batch(self) -> int:
        """Where files are cut; one file is one batch."""
        ...

    def audiences(self, log: HashedLog, due: str) -> Mapping[str, int]:
        """The audiences to plan, with their number of members; one without a name where there is one list for all."""
        ...

    def parts(
        self,
        log: HashedLog,
        standings: Sequence[Standing],
        members: Mapping[str, int],
        requests: Mapping[str, str],
    ) -> Iterator[DeltaPart]:
        """What each audience must be told, written as files."""
        ...


@dataclass(frozen=True, slots=True)
class RemovalGuard:
    """From where on a part is stopped, and which parts a person lets through: "removals", or "removals:AUDIENCE"."""

    settings: GuardSettings = guards.DEFAULTS
    allow: Collection[str] = ()

    def names(self, audiences: Collection[str]) -> list[str]:
        """What may be let through of these audiences."""
        return [REMOVALS, *(f"{REMOVALS}:{audience}" for audience in audiences if audience)]

    def judged(self, destination: str, part: DeltaPart) -> DeltaPart:
        """The part, and whether it takes out too many."""
        if part.retires:
            return part
        found = guards.removals(
            self.settings, destination, part.audience, held=part.held_before, leaving=part.taken_out
        )
        if found is None:
            return part
        allowed = any(name in self.allow for name in self.names([part.audience]))
        return part.model_copy(update={"allowed" if allowed else "stopped": found})


def plan(
    log: HashedLog,
    planner: Planner,
    day: date,
    planned: Mapping[str, str],
    replace: Sequence[str] = (),
    guard: RemovalGuard = RemovalGuard(),
    purpose: Purpose = "deliver",
) -> tuple[list[Standing], DeltaManifest]:
    """Make the day's delta, or find the parts of it that were delivered or begun.

    Args:
        log: What it is made from.
        planner: What the kind of destination decides.
        day: The day.
        planned: For each audience, the snapshot of an earlier day that the same run has just planned.
        replace: Audiences that are to be sent as a whole whatever changed; "*" for all of them.
        guard: What is judged before a part may be delivered.
        purpose: What is planned for.

    Returns:
        Where each audience stood, and the delta.

    Raises:
        StateError: hashed_customers has nothing for the day, or something of the log is missing.
        OutOfOrderError: A newer day was delivered or begun, or a replacement is asked for while a delivery is under way.
        ContractError: The rows or a written file break the destination's contract; nothing is published.
        SettingsError: What is asked for, or what the settings say, cannot be done with an audience.
    """
    name = log.destination.name
    due = due_snapshot(log.ledger, day)
    # What an earlier day of the same run planned is at the partner by the time that this day is sent.
    members = dict(sorted((dict.fromkeys(planned, 0) | dict(planner.audiences(log, due))).items()))
    requests = _requests(replace, list(members))
    guards.refuse_unknown(guard.allow, guard.names(members))
    standings = [standing(log.ledger, name, day, planned.get(each), each) for each in members]
    _refuse_requests_under_way(requests, standings)
    before = _parts_before(log, day, due)
    kept = {
        each.audience: before[each.audience]
        for each in standings
        if each.audience in before
        and each.audience not in requests
        and _still_holds(log, each, before[each.audience])
    }
    anew = [each for each in standings if each.audience not in kept]
    first = bool(anew) and all(each.held is None for each in anew)
    with progress.stage("planning", sum(members[each.audience] for each in anew) if first else None) as stage:
        written = {
            part.audience: guard.judged(name, part)
            for part in _written(planner, log, anew, members, requests)
        }
        stage.rows = stage.done
    parts = [(kept | written)[each] for each in members]
    plan_only = purpose == "plan_only"
    result = DeltaManifest(day=day, destination=name, to_snapshot=due, parts=parts, plan_only=plan_only)
    if purpose != "look":
        result.write(log.layout.delta(name, day))
    return standings, result


def chain(planned: dict[str, str], standings: Sequence[Standing], made: DeltaManifest) -> None:
    """Note by audience the snapshot that a planned day leads to, so that the same run's next day begins there."""
    for stands, part in zip(standings, made.parts, strict=True):
        if stands.delivered is None and (part.held or part.stopped):
            continue  # the partner keeps what the days before bring it
        if stands.delivered is not None or part.mode == "delete":
            planned.pop(stands.audience, None)
        else:
            planned[stands.audience] = stands.due


def _written(
    planner: Planner,
    log: HashedLog,
    anew: Sequence[Standing],
    members: Mapping[str, int],
    requests: Mapping[str, str],
) -> Iterator[DeltaPart]:
    return progress.each(planner.parts(log, anew, members, requests) if anew else (), len(anew))


def _requests(replace: Sequence[str], audiences: list[str]) -> dict[str, str]:
    """A name for each replacement that is asked for, by audience."""
    wanted = audiences if EVERY in replace else list(replace)
    if unknown := sorted(set(wanted) - set(audiences)):
        raise SettingsError(
            f"there is no audience {', '.join(unknown)} to replace; there are {', '.join(audiences)}"
        )
    return {audience: token_hex(8) for audience in wanted}


def _refuse_requests_under_way(requests: Mapping[str, str], standings: Sequence[Standing]) -> None:
    if begun := [each.audience for each in standings if each.begun is not None and each.audience in requests]:
        raise OutOfOrderError(
            f"a delivery of {', '.join(begun)} is under way: materialize the delivery to finish it, then ask again"
        )


def _parts_before(log: HashedLog, day: date, due: str) -> dict[str, DeltaPart]:
    """What an earlier plan of the same day says, if it leads to the same snapshot."""
    folder = log.layout.delta(log.destination.name, day)
    try:
        made = manifest.read(DeltaManifest, folder, f"{log.destination.name}/delta")
    except StateError:
        return {}
    return {part.audience: part for part in made.parts} if made.to_snapshot == due else {}


def _still_holds(log: HashedLog, stands: Standing, part: DeltaPart) -> bool:
    """Whether a planned part is what was delivered, or what was begun and can be sent from its files.

    If the files of a begun one are damaged, the same rows write the same bytes again. One that was stopped is judged anew.
    """
    if part.stopped:
        return False
    if stands.delivered is not None:
        return True
    folder = log.layout.delta(log.destination.name, stands.day)
    return (
        stands.begun is not None and part.from_snapshot == stands.begun.from_snapshot and part.intact(folder)
    )
