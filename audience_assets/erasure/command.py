"""What `audience-assets erase` does."""

from collections.abc import Iterable
from typing import TextIO

from audience_assets.erasure import carrying_out, reading
from audience_assets.erasure.receipt import receipts
from audience_assets.erasure.requests import ErasureRequest
from audience_assets.errors import SettingsError
from audience_assets.pipeline import Pipeline


def given(request: str | None, customer_id: str | None, lines: Iterable[str]) -> list[ErasureRequest]:
    """The request of the command line, or those of standard input.

    Raises:
        SettingsError: The command line names a person and no request.
        ExtractError: A line is no request.
    """
    if customer_id is None:
        return list(reading.from_lines(lines))
    if request is None:
        raise SettingsError("give the request a name with --request, such as the ticket's number")
    return [ErasureRequest(request=request, customer_id=customer_id)]


def carry_out(pipeline: Pipeline, requests: Iterable[ErasureRequest]) -> None:
    """Register requests and carry out all that are open."""
    carrying_out.register(pipeline, requests)
    carrying_out.settle(pipeline, carrying_out.deliver(pipeline))


def show(pipeline: Pipeline, request: str | None, out: TextIO) -> bool:
    """Print receipts, of one request or of all, as JSON lines; return whether nothing of them is open."""
    with pipeline.ledger() as ledger:
        found = receipts(ledger, request)
    out.writelines(f"{receipt.model_dump_json()}\n" for receipt in found)
    return all(receipt.done_at is not None for receipt in found)
