"""Proves before the first byte that a destination can be delivered to: what is ours first, then what is the partner's."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from typing import Any

from audience_assets.destinations import catalog
from audience_assets.destinations.audience_settings import AccountSettings
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.preflight import Check, Finding, Preflight, findings
from audience_assets.errors import AudienceAssetsError
from audience_assets.pipeline import Pipeline
from audience_assets.preflight.ours import BEFORE_A_RUN, BEFORE_ANY_DELIVERY, Ours
from audience_assets.storage import manifest


def look(pipeline: Pipeline, destination: str, day: date | None = None) -> list[Finding]:
    """Everything that can be looked at for a destination, and what a day needs; nothing is sent.

    Args:
        pipeline: The deployment.
        destination: The destination's name.
        day: Also ask whether this day's extract has landed.
    """
    ours = (*BEFORE_ANY_DELIVERY, *(BEFORE_A_RUN if day else BEFORE_A_RUN[:-1]))
    return list(_findings(pipeline, destination, ours, day))


def before_delivery(pipeline: Pipeline, destination: str, days: Sequence[date]) -> list[Finding]:
    """What a delivery of these days' deltas needs; a partner who gets nothing is not asked.

    Args:
        pipeline: The deployment.
        destination: The destination's name.
        days: The days that are about to be delivered; none for a look at all audiences.
    """
    concerned = _concerned(pipeline, destination, days)
    if concerned is not None and not concerned:
        return [
            Finding(check.name, passed=True, sentence="nothing is to be sent")
            for check in checks_before_delivery(pipeline, destination)
        ]
    return list(_findings(pipeline, destination, BEFORE_ANY_DELIVERY, None, concerned))


def checks_before_delivery(pipeline: Pipeline, destination: str) -> tuple[Check[Any], ...]:
    """The checks of `before_delivery`, each of which has one finding."""
    return (*BEFORE_ANY_DELIVERY, *_partners(pipeline, destination).checks)


def _findings(
    pipeline: Pipeline,
    destination: str,
    checks: Sequence[Check[Ours]],
    day: date | None,
    concerned: Collection[str] | None = None,
) -> Iterator[Finding]:
    unmet: dict[str, str] = {}
    with ExitStack() as stack:
        ours = Ours(pipeline, pipeline.destinations[destination], day, stack)
        yield from findings(checks, ours, unmet)
        ids = {} if "ledger" in unmet else _partners_ids(ours, concerned)
        partners = _partners(pipeline, destination)
        with partners.opened(ids) as subject:
            yield from findings(partners.checks, subject, unmet)


def _partners(pipeline: Pipeline, destination: str) -> Preflight:
    settings = pipeline.settings.destinations[destination]
    return catalog.kind_of(settings).preflight(destination, settings)


def _partners_ids(ours: Ours, concerned: Collection[str] | None) -> Mapping[str, str]:
    """The partner's id of each audience that is concerned, of all of them where that is None, by our name for it."""
    name = ours.destination.name
    settings: object = ours.pipeline.settings.destinations[name]
    if not isinstance(settings, AccountSettings):
        return {}
    known = {
        each.audience: each.remote_id
        for each in ours.ledger.remote_audiences(name)
        if each.remote_id is not None and each.account == settings.account
    }
    declared = {label: each.id for label, each in settings.audiences.items() if each.id is not None}
    return {
        label: remote_id
        for label, remote_id in sorted((declared | known).items())
        if concerned is None or label in concerned
    }


def _concerned(pipeline: Pipeline, destination: str, days: Sequence[date]) -> set[str] | None:
    """The audiences of whom a delivery of these days tells the partner something, or had begun to.

    None where that cannot be known: without days, without a delta, or when the ledger does not open, which is a finding.
    """
    if not days:
        return None
    try:
        folders = [pipeline.layout.delta(destination, day) for day in days]
        made = [manifest.read(DeltaManifest, folder, f"{destination}/delta") for folder in folders]
        with pipeline.ledger() as ledger:
            known = ledger.audiences(destination)
            begun = {each for each in known if ledger.unfinished(destination, each) is not None}
    except AudienceAssetsError:
        return None
    parts = [part for delta in made for part in delta.parts]
    return begun | {part.audience for part in parts if part.files or part.mode == "delete"}
