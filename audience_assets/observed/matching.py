"""Judges whether a partner matches as many of an audience's members as it usually does: a broken rule shows as a fallen share."""

from collections.abc import Iterator, Sequence
from statistics import median

from audience_assets.guards import GuardSettings
from audience_assets.observed.sizes_manifest import AudienceSize, SizesManifest


def fallen(
    settings: GuardSettings, now: Sequence[AudienceSize], earlier: Sequence[SizesManifest]
) -> list[str]:
    """A sentence for each audience of which fewer members are matched than the median of the last days.

    Nothing is said of an audience with which the partner is not done, of one that is too small for the partner to tell, as
    far as that is what was to be expected, and of one that had no members worth a comparison.

    Args:
        settings: Say how many days are looked back at, and what is few.
        now: What partners told now.
        earlier: What they told on earlier days, newest first.
    """
    return [sentence for each in now for sentence in _fallen(settings, each, earlier)]


def _fallen(settings: GuardSettings, now: AudienceSize, earlier: Sequence[SizesManifest]) -> Iterator[str]:
    before = [
        found
        for day in earlier
        if (found := day.of(now.destination, now.audience)) and found.match is not None
    ]
    before = before[: settings.days]
    if not before or not now.settled or now.upper is None:
        return
    # Who joined since is perhaps not matched yet; who left is out of the delivered members at once.
    members = min(now.members, before[0].members)
    if members <= settings.few:
        return
    usual = median(found.match for found in before if found.match is not None)
    matched = now.upper if now.size is None else now.size
    if matched >= (1 - settings.match_drop) * usual * members:
        return
    about = f"fewer than {now.upper}" if now.size is None else f"{matched}"
    yield (
        f"{now.name}: {now.destination} matches {about} of {members} members ({matched / members:.1%}), and {usual:.1%} is the "
        f"median of the {len(before)} times before: compare a known customer with `audience-assets normalize`, and see what "
        "changed in the rules, the settings and the extract's columns since"
    )
