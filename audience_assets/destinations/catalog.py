"""The kinds of destination there are, and those that the settings declare. A new partner is one more line here."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from audience_assets.destinations.column import Destination
from audience_assets.destinations.kind import Kind
from audience_assets.destinations.meta.kind import META
from audience_assets.destinations.tiktok.kind import TIKTOK
from audience_assets.destinations.vtex_ads.kind import VTEX_ADS
from audience_assets.errors import SettingsError
from audience_assets.settings import DestinationSettings, Settings

KINDS: tuple[Kind[Any], ...] = (VTEX_ADS, META, TIKTOK)


def kind_of(settings: DestinationSettings) -> Kind[Any]:
    """The kind of destination that these settings are for."""
    return next(kind for kind in KINDS if isinstance(settings, kind.settings))


def configured(settings: Settings) -> dict[str, Destination]:
    """Each configured destination with its columns, by its name.

    Raises:
        SettingsError: A ready-made digest would have to be the digest of two different strings.
    """
    found = {
        name: replace(kind_of(each).columns(name, each), opt_in=each.consent == "opt_in")
        for name, each in settings.destinations.items()
    }
    _refuse_digests_of_two_strings(settings.source.hashed, found)
    return found


def _refuse_digests_of_two_strings(hashed: Collection[str], destinations: dict[str, Destination]) -> None:
    """Partners hash different strings of one field, so a digest that the extract brings fits only some of them."""
    for field in sorted(hashed):
        forms: dict[str, list[str]] = {}
        for destination in destinations.values():
            for column in destination.columns:
                if column.hashed and column.fields[0] == field and not column.form.part:
                    forms.setdefault(column.form.name, []).append(f"{destination.name}/{column.name}")
        if len(forms) > 1:
            readings = "; ".join(f"{form} for {', '.join(columns)}" for form, columns in forms.items())
            raise SettingsError(
                f"source.hashed names {field}, but one digest cannot stand for different strings ({readings}): bring "
                f"{field} in clear, or deliver to one of them only"
            )


def require(destination: str, there: Iterable[str]) -> None:
    """Refuse the name of a destination that is not there.

    Raises:
        SettingsError: It is not; the message lists those that are.
    """
    if destination not in there:
        raise SettingsError(f"there is no destination {destination}; there is {', '.join(there)}")


def chosen(wanted: Iterable[str] | None, there: Iterable[str]) -> list[str]:
    """The destinations that were named, or all where none was.

    Raises:
        SettingsError: One is not there.
    """
    names = list(wanted or there)
    for name in names:
        require(name, there)
    return names
