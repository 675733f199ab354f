"""TikTok's answers: an envelope that is always HTTP 200, and the codes of its refusals."""

import secrets

from starlette.responses import HTMLResponse, JSONResponse, Response

# Source of all codes: TikTok, Business API SDK, `tiktok_code.py`.
PERMISSION = 40001
PARAMETER = 40002
NOT_EXISTING = 40007
NOT_HASHED = 40062
TOO_FREQUENT = 40100
TOKEN_EXPIRED = 40102
TOKEN_EMPTY = 40104
TOKEN_INVALID = 40105
ADVERTISER_NOT_EXISTING = 40300
LIMIT_REACHED = 40502
SIGNATURE = 40900
FILE_NOT_EXISTING = 40905
FILE_EMPTY = 40906
FILE_TOO_LARGE = 40907
FILE_TYPE = 40908
FILE_CALCULATE_TYPE = 40909
FILE_EXPIRED = 40910
FILE_INVALID = 40915
SYSTEM = 50000

Answer = dict[str, object]


class TikTokError(Exception):
    """A refusal. Its text names parameters and never repeats a value of the call."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def bad_parameter(message: str) -> TikTokError:
    """A parameter that is missing, malformed or unknown, or an audience that cannot be changed now."""
    return TikTokError(PARAMETER, message)


def success(data: Answer) -> JSONResponse:
    """A call that was carried out."""
    return _envelope(0, "OK", data)


def refusal(error: TikTokError) -> JSONResponse:
    """A call that was refused: HTTP 200 all the same."""
    return _envelope(error.code, error.message, {})


def no_such_page() -> Response:
    """What stands at every other path, also at a known one without its last slash."""
    return HTMLResponse(
        "<html><head><title>404 Not Found</title></head><body>404 page not found</body></html>", 404
    )


def _envelope(code: int, message: str, data: Answer) -> JSONResponse:
    """An answer.

    Source: TikTok, Business API SDK, `yml_files`, the response of every call.
    """
    body = {"code": code, "message": message, "request_id": secrets.token_hex(16).upper(), "data": data}
    return JSONResponse(body)
