"""Asks Meta how many people each custom audience has, whether it is done with them, and whether the audience is about to end.

Source: Meta, Marketing API, Custom audience: approximate_count_lower_bound and _upper_bound, operation_status, delivery_status.
"""

from collections.abc import Mapping

from audience_assets.destinations.meta.access import Access
from audience_assets.destinations.meta.answers import MetaRefusedError
from audience_assets.destinations.meta.client import MetaClient, RemoteAudience, connect
from audience_assets.destinations.meta.statuses import EXPIRING, OPERATION_STATUS, SETTLED, TOO_SMALL, named
from audience_assets.destinations.preflight import hurried
from audience_assets.destinations.told_audience import ToldAudience

FEWEST_TOLD = 1000
"""Below so many people Ads Manager tells no number; the API tells none either, or says that the audience is too small."""

UNUSED = (
    "no active ad set has used it for two years, and Meta deletes it when none does for 90 more days: use it in an ad set, "
    "or set retire = true in its section"
)


def ask(access: Access, ids: Mapping[str, str]) -> dict[str, ToldAudience]:
    """What Meta tells of each audience now, given its id by our name for it.

    Raises:
        MetaRefusedError: Meta refuses to tell anything of the account.
        DeliveryInterruptedError: There is no answer.
    """
    with connect(hurried(access)) as client:
        return {label: _asked(client, audience_id) for label, audience_id in ids.items()}


def _asked(client: MetaClient, audience_id: str) -> ToldAudience:
    try:
        return _told(client.audience(audience_id))
    except MetaRefusedError as error:
        if error.scope == "account":
            raise
        return ToldAudience(audience_id, str(error))


def _told(found: RemoteAudience) -> ToldAudience:
    settled = found.status in SETTLED
    lower, upper = found.count_lower, found.count_upper
    small = settled and (found.delivery == TOO_SMALL or lower is None or upper is None)
    said = named(found.status, OPERATION_STATUS)
    return ToldAudience(
        remote_id=found.id,
        status=f"{said}; too small to be told" if small else said,
        settled=settled,
        lower=0 if small else lower,
        upper=FEWEST_TOLD if small else upper,
        small=small,
        ending=UNUSED if found.status == EXPIRING else "",
    )
