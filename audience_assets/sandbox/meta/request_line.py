"""How long a request line may be: users report that Meta closes the connection above some 20 kB."""

from starlette.requests import Request

LONGEST_REQUEST_LINE = 20_000
"""Source: facebook-python-business-sdk, issue 717."""

LONGEST_HEAD = 16 * 1024 * 1024  # so that the application itself sees a request line that is too long


def is_too_long(request: Request) -> bool:
    """Whether the request line is longer than Meta reads."""
    return len(request.scope["raw_path"]) + len(request.scope["query_string"]) > LONGEST_REQUEST_LINE
