"""The calls on one audience: its fields, its name, its end, its members and its sessions."""

from audience_assets.sandbox.meta.account_calls import Answer, required_name
from audience_assets.sandbox.meta.answers import GraphError, no_such_object
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.fields import asked_fields, audience_fields
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.reading import Call
from audience_assets.sandbox.meta.scene import Scene
from audience_assets.sandbox.meta.uploads import upload


def read(_scene: Scene, account: Account, call: Call) -> Answer:
    """GET /{audience}: the asked fields and the id."""
    return audience_fields(account, _audience(account, call), asked_fields(call.params.get("fields")))


def update(scene: Scene, account: Account, call: Call) -> Answer:
    """POST /{audience}: another name or description."""
    audience = _audience(account, call)
    if "name" in call.params:
        audience.name = required_name(call.params)
    if "description" in call.params:
        audience.description = str(call.params["description"])
    audience.updated = scene.clock.now()
    return {"success": True}


def delete(_scene: Scene, account: Account, call: Call) -> Answer:
    """DELETE /{audience}."""
    del account.audiences[_audience(account, call).id]
    return {"success": True}


def add_users(_scene: Scene, account: Account, call: Call) -> Answer:
    """POST /{audience}/users."""
    return upload(account, _audience(account, call), call, "add")


def remove_users(_scene: Scene, account: Account, call: Call) -> Answer:
    """DELETE /{audience}/users."""
    return upload(account, _audience(account, call), call, "remove")


def replace_users(_scene: Scene, account: Account, call: Call) -> Answer:
    """POST /{audience}/usersreplace."""
    return upload(account, _audience(account, call), call, "replace")


def sessions(scene: Scene, account: Account, call: Call) -> Answer:
    """GET /{audience}/sessions."""
    now = scene.clock.now()
    only = call.params.get("session_id")
    listed = [one.as_listed(now) for one in _audience(account, call).sessions.values()]
    return {"data": [one for one in listed if only is None or one["session_id"] == str(only)]}


def _audience(account: Account, call: Call) -> Audience:
    audience = account.audiences.get(call.node)
    if audience is None:
        raise no_such_object()
    if audience.absent_calls > 0:
        audience.absent_calls -= 1
        raise GraphError(803, "Some of the aliases you requested do not exist")
    return audience
