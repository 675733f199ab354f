"""Which call is which operation, and the parameters that each knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok import changes, readings, uploads
from audience_assets.sandbox.tiktok.access import check_permission
from audience_assets.sandbox.tiktok.answers import Answer, bad_parameter
from audience_assets.sandbox.tiktok.faults import OperationName
from audience_assets.sandbox.tiktok.membership import Action
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.reading import Call

ROOT = "/open_api/v1.3"
AUDIENCES = f"{ROOT}/dmp/custom_audience"


@dataclass(frozen=True)
class Operation:
    """One kind of call: its name, what carries it out, and the parameters that it knows."""

    name: OperationName
    run: Callable[[Clock, Advertiser, Call], Answer]
    params: frozenset[str]


def _operation(
    name: OperationName, run: Callable[[Clock, Advertiser, Call], Answer], *params: str
) -> Operation:
    return Operation(name, run, frozenset({"advertiser_id", *params}))


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", f"{AUDIENCES}/file/upload/"): _operation(
        "upload", uploads.upload, "calculate_type", "file_signature", "file_name", "name", "context_info"
    ),
    ("POST", f"{AUDIENCES}/create/"): _operation(
        "create",
        changes.create,
        "custom_audience_name",
        "calculate_type",
        "file_paths",
        "audience_sub_type",
        "retention_in_days",
        "audience_enhancement",
    ),
    ("POST", f"{AUDIENCES}/update/"): _operation(
        "update_details",
        changes.update,
        "custom_audience_id",
        "custom_audience_name",
        "file_paths",
        "action",
        "audience_sub_type",
        "audience_enhancement",
        "context_info",
    ),
    ("POST", f"{AUDIENCES}/delete/"): _operation("delete", changes.delete, "custom_audience_ids"),
    ("GET", f"{AUDIENCES}/get/"): _operation("get", readings.get, "custom_audience_ids", "history_size"),
    ("GET", f"{AUDIENCES}/list/"): _operation(
        "list", readings.list_audiences, "custom_audience_ids", "page", "page_size"
    ),
    ("GET", f"{ROOT}/advertiser/info/"): Operation(
        "advertiser", readings.advertiser_info, frozenset({"advertiser_ids", "fields"})
    ),
}
"""By method and path."""

UPDATES: Mapping[Action, OperationName] = {
    "APPEND": "update_append",
    "REMOVE": "update_remove",
    "REPLACE": "update_replace",
}


def name_of(operation: Operation, call: Call) -> OperationName:
    """The operation's name; an update of members goes by its action."""
    if operation.run is changes.update and "file_paths" in call.params:
        return UPDATES[changes.action_of(call)]
    return operation.name


def carry_out(operation: Operation, clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """Do what a call asks for, unless the advertiser may not."""
    check_permission(advertiser, call.params, demands_id="advertiser_id" in operation.params)
    if call.params.keys() - operation.params:
        raise bad_parameter("The call has a parameter that this operation does not know")
    return operation.run(clock, advertiser, call)
