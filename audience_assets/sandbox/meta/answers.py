"""Meta's refusals: the codes that its pages name, as the JSON that a refused call gets."""

import json
import secrets

from starlette.responses import JSONResponse

OBJECT_MISSING = 33
TERMS_NOT_ACCEPTED = 1870090
UPDATE_IN_PROGRESS = 1870145
FIRST_BATCH_NOT_SEEN = 1870147
SESSION_TIMED_OUT = 1870158
SESSION_FINISHED = 1870159
AUDIENCE_TOO_LARGE = 1870144


class GraphJSON(JSONResponse):
    """An answer as Meta writes it: everything but ASCII is escaped, so that no text of a caller can break it."""

    def render(self, content: object) -> bytes:
        """The bytes of an answer."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


class GraphError(Exception):
    """A refusal. Its text names parameters and keys and never repeats a value of the call."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        title: str | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = f"(#{code}) {message}"
        self.subcode = subcode
        self.title = title
        self.transient = transient

    def body(self) -> dict[str, object]:
        """The answer's JSON.

        Source: Meta, Graph API, "Handling errors".
        """
        error: dict[str, object] = {
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "is_transient": self.transient,
            "fbtrace_id": f"A{secrets.token_urlsafe(16)}",
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.title is not None:
            error["error_user_title"] = self.title
            error["error_user_msg"] = self.message
        return {"error": error}


def bad_parameter(message: str) -> GraphError:
    """A parameter that is missing, malformed or unknown."""
    return GraphError(100, message)


def no_such_object() -> GraphError:
    """A node that does not exist or that this token may not see; Meta does not say which."""
    return GraphError(
        100,
        "Unsupported request: the object does not exist, cannot be loaded due to missing permissions,"
        " or does not support this operation",
        subcode=OBJECT_MISSING,
    )


def invalid_token(message: str, subcode: int | None = None) -> GraphError:
    """A token that is missing, unknown, expired (463) or revoked (460)."""
    return GraphError(190, message, subcode=subcode)


def terms_not_accepted() -> GraphError:
    """The ad account has not accepted the terms of customer list audiences."""
    return GraphError(
        200,
        "Permissions error: the terms of customer list custom audiences have not been accepted",
        subcode=TERMS_NOT_ACCEPTED,
        title="Custom Audience Terms Not Accepted",
    )


def replace_refused(subcode: int) -> GraphError:
    """A refusal of the replace API.

    Source: Meta, Custom audiences from a customer file, "Common errors of the replace API".
    """
    title, message = _REPLACE_REFUSALS[subcode]
    return GraphError(2650, message, subcode=subcode, title=title)


_REPLACE_REFUSALS = {
    UPDATE_IN_PROGRESS: (
        "Audience Update In Progress",
        "The audience is being updated: wait until its availability is Normal and try again",
    ),
    SESSION_TIMED_OUT: (
        "Session Timed Out",
        "The limit of 90 minutes was reached; the audience is replaced by what was uploaded so far",
    ),
    FIRST_BATCH_NOT_SEEN: (
        "Invalid Batch Upload",
        "The first batch_seq was not detected: start batch_seq with 1",
    ),
    SESSION_FINISHED: (
        "Session Finished",
        "The session is finished because a batch with last_batch_flag=true was uploaded",
    ),
    AUDIENCE_TOO_LARGE: (
        "Audience Size Not Supported",
        "An audience of 100 million people or more cannot be replaced",
    ),
}
