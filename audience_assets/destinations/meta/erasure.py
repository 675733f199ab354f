"""Takes people out of every custom audience of the ad account, also out of those that are not ours.

Source: Meta, Custom audiences from a customer file, "Remove audience members", DELETE /act_N/usersofanyaudience.
"""

from secrets import randbits

import pyarrow as pa

from audience_assets.destinations.column import Destination
from audience_assets.destinations.meta.client import FIRST_BATCH, MetaClient, Session
from audience_assets.destinations.meta.payload import payload_of
from audience_assets.destinations.meta.settings import MetaSettings

PEOPLE = 10_000
"""How many people one call takes."""


def erase(client: MetaClient, destination: Destination, settings: MetaSettings, rows: pa.Table) -> str:
    """Remove these people everywhere; return what was done in a few words.

    Raises:
        DestinationRefusedError: A person must act.
        DeliveryInterruptedError: Unknown or failing; removing them again does no harm.
    """
    if not rows.num_rows:
        return f"{destination.name} was never told of anybody of this request"
    calls = range(0, rows.num_rows, PEOPLE)
    session_id = randbits(63)
    for number, first in enumerate(calls, start=FIRST_BATCH):
        people = rows.slice(first, PEOPLE)
        payload = payload_of(
            people,
            app_ids=settings.app_ids if "APPUID" in people.column_names else (),
            page_ids=settings.page_ids if "PAGEUID" in people.column_names else (),
        )
        last = first + PEOPLE >= rows.num_rows
        client.remove_everywhere(payload, Session(session_id, number, last, rows.num_rows))
    return f"removed from every audience of {settings.account} in {len(calls)} calls"
