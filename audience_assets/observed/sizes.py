"""Asks every partner how many people of each audience it matched, and writes down what was told on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice

from audience_assets import database
from audience_assets.destinations import audience_sizes, catalog
from audience_assets.destinations.column import Destination
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.told_audience import ToldAudience
from audience_assets.errors import AudienceAssetsError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import utc_now
from audience_assets.observed import matching
from audience_assets.observed.sizes_manifest import AudienceSize, SizesManifest
from audience_assets.settings import DestinationSettings, Settings
from audience_assets.storage import files, manifest
from audience_assets.storage.layout import SIZES, Layout
from audience_assets.storage.object_path import folders

NOT_NOW = "it was not asked for this day: it only knows the present, which belongs to {day}"


def build(
    settings: Settings, ledger: Ledger, destinations: Mapping[str, Destination], day: date, newest: date
) -> SizesManifest:
    """Write what partners tell now, if the day is the newest one; an earlier day keeps what was told on it.

    A partner that refuses or does not answer is named with its reason, and the others are asked all the same.

    Args:
        settings: The deployment.
        ledger: Knows which audiences there are and what was delivered into them.
        destinations: Whose audiences are asked for.
        day: The day.
        newest: The newest day of the run.

    Raises:
        StateError: The index or the log of what a partner holds is missing.
    """
    layout = Layout(settings.state)
    folder = layout.sizes(day)
    newest = max([newest, *(date.fromisoformat(name) for name in folders(layout.root / SIZES))])
    if day < newest:
        said = dict.fromkeys(destinations, NOT_NOW.format(day=newest))
        return _recorded(layout, day) or SizesManifest(day=day, unasked=said)
    sizes, unasked = [], {}
    for name, destination in destinations.items():
        try:
            told = _ask(settings.destinations[name], ledger, name)
        except AudienceAssetsError as error:
            unasked[name] = str(error)
            continue
        sizes += _sizes(settings, ledger, destination, told)
    earlier = list(islice(_asked_before(layout, day), settings.guards.days))
    made = SizesManifest(
        day=day,
        asked_at=utc_now(),
        sizes=sizes,
        unasked=unasked,
        fallen=matching.fallen(settings.guards, sizes, earlier),
    )
    made.write(files.private_folder(folder))
    return made


def askable(settings: DestinationSettings) -> bool:
    """Whether the partner can be asked at all."""
    return catalog.kind_of(settings).sizes is not None


def _ask(settings: DestinationSettings, ledger: Ledger, name: str) -> dict[str, ToldAudience]:
    kind = catalog.kind_of(settings)
    ids = {
        each.audience: each.remote_id for each in ledger.remote_audiences(name) if each.remote_id is not None
    }
    return kind.sizes(settings, ids) if kind.sizes is not None and ids else {}


def _sizes(
    settings: Settings, ledger: Ledger, destination: Destination, told: Mapping[str, ToldAudience]
) -> list[AudienceSize]:
    """What was told beside what was delivered."""
    with database.connect(settings, rules=False) as connection:
        log = HashedLog(connection, Layout(settings.state, settings.keys), ledger, destination)
        return [_size(log, audience, each) for audience, each in told.items()]


def _size(log: HashedLog, audience: str, told: ToldAudience) -> AudienceSize:
    pointer = log.ledger.acknowledged(log.destination.name, audience)
    members = audience_sizes.sizes(log, pointer.snapshot_key).get(audience, 0) if pointer else 0
    known = told.settled and members and told.size is not None
    return AudienceSize(
        destination=log.destination.name,
        audience=audience,
        remote_id=told.remote_id,
        members=members,
        lower=told.lower,
        upper=told.upper,
        match=told.size / members if known and told.size is not None else None,
        settled=told.settled,
        status=told.status,
        ends=told.ends,
        ending=told.ending,
    )


def _recorded(layout: Layout, day: date) -> SizesManifest | None:
    if day.isoformat() not in folders(layout.root / SIZES):
        return None
    return manifest.read(SizesManifest, layout.sizes(day), SIZES)


def _asked_before(layout: Layout, day: date) -> Iterable[SizesManifest]:
    return (each for each in manifest.before(SizesManifest, layout.sizes(day), day) if each.sizes)
