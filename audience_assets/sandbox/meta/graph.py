"""Which call is which operation, what it may carry, and what is checked before it is carried out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from audience_assets.sandbox.meta import account_calls, audience_calls
from audience_assets.sandbox.meta.access import check_permission
from audience_assets.sandbox.meta.account_calls import Answer
from audience_assets.sandbox.meta.answers import bad_parameter, no_such_object
from audience_assets.sandbox.meta.faults import OperationName
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.reading import Call
from audience_assets.sandbox.meta.scene import Scene

UPLOAD_PARAMS = frozenset({"payload", "session", "customer_consent", "namespace"})
LIST_PARAMS = frozenset({"fields", "limit", "after", "filtering", "summary"})
CREATE_PARAMS = frozenset(
    {"name", "description", "subtype", "customer_file_source", "is_value_based", "retention_days"}
)


@dataclass(frozen=True)
class Operation:
    """One kind of call: its name, what carries it out, and the parameters that it knows."""

    name: OperationName
    run: Callable[[Scene, Account, Call], Answer]
    params: frozenset[str]


OPERATIONS: Mapping[tuple[str, str, str], Operation] = {
    ("account", "", "GET"): Operation("account", account_calls.read_account, frozenset({"fields"})),
    ("account", "customaudiences", "POST"): Operation("create", account_calls.create, CREATE_PARAMS),
    ("account", "customaudiences", "GET"): Operation("list", account_calls.list_audiences, LIST_PARAMS),
    ("account", "usersofanyaudience", "DELETE"): Operation(
        "remove_everywhere", account_calls.remove_everywhere, UPLOAD_PARAMS
    ),
    ("audience", "", "GET"): Operation("get", audience_calls.read, frozenset({"fields"})),
    ("audience", "", "POST"): Operation("update", audience_calls.update, frozenset({"name", "description"})),
    ("audience", "", "DELETE"): Operation("delete", audience_calls.delete, frozenset()),
    ("audience", "users", "POST"): Operation("users_add", audience_calls.add_users, UPLOAD_PARAMS),
    ("audience", "users", "DELETE"): Operation("users_remove", audience_calls.remove_users, UPLOAD_PARAMS),
    ("audience", "usersreplace", "POST"): Operation(
        "users_replace", audience_calls.replace_users, UPLOAD_PARAMS
    ),
    ("audience", "sessions", "GET"): Operation(
        "sessions", audience_calls.sessions, frozenset({"session_id", "fields", "summary", "limit"})
    ),
    ("me", "permissions", "GET"): Operation("permissions", account_calls.permissions, frozenset()),
    ("debug_token", "", "GET"): Operation(
        "debug_token", account_calls.debug_token, frozenset({"input_token"})
    ),
}
"""By the kind of node, the edge behind it, and the method."""

UNRESTRICTED = frozenset({"permissions", "debug_token"})


def operation_of(account: Account, call: Call) -> Operation:
    """The operation that a call asks for.

    Raises:
        GraphError: There is no such node, edge, method or parameter (100).
    """
    kind = _kind(account, call.node)
    operation = OPERATIONS.get((kind, call.edge, call.method))
    if operation is None:
        if any(known[:2] == (kind, call.edge) for known in OPERATIONS):
            raise bad_parameter("Unsupported method")
        raise bad_parameter("Tried accessing nonexisting edge")
    if call.params.keys() - operation.params:
        raise bad_parameter("The call has a parameter that this operation does not know")
    return operation


def carry_out(operation: Operation, scene: Scene, account: Account, call: Call) -> Answer:
    """Do what a call asks for, unless the account may not."""
    if operation.name not in UNRESTRICTED:
        check_permission(account)
    return operation.run(scene, account, call)


def _kind(account: Account, node: str) -> str:
    if node == account.id:
        return "account"
    if node in {"me", "debug_token"}:
        return node
    if node.isdigit():
        return "audience"
    raise no_such_object()
