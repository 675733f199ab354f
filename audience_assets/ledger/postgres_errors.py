"""What Postgres's errors mean for a ledger, and what to do. No message holds a password: libpq names none, and we add none."""

import re
from typing import TypeAlias

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, SettingsError, StateError

_Meaning: TypeAlias = tuple[type[AudienceAssetsError], str]

_INTERRUPTED: _Meaning = (
    DeliveryInterruptedError,
    "broke the connection off in the middle of its work ({said}): run again",
)

_UNREACHABLE: _Meaning = (
    DeliveryInterruptedError,
    "cannot be reached ({said}): check that the server runs and that the ledger URL names its host and port, and run again",
)
_STANDBY: _Meaning = (
    StateError,
    "takes no writes ({said}): name the primary server in the ledger URL, or add ?target_session_attrs=read-write to it",
)

# By SQLSTATE, or by its first two characters: https://www.postgresql.org/docs/current/errcodes-appendix.html
_MEANINGS: dict[str, _Meaning] = {
    "08": _INTERRUPTED,
    "57P": _INTERRUPTED,  # shut down by an administrator, crashed, starting up, dropped
    "25P03": _INTERRUPTED,  # the transaction was idle for too long
    "40": (DeliveryInterruptedError, "was changed by another program at the same time ({said}): run again"),
    "57014": (DeliveryInterruptedError, "did not answer in time ({said}): look at its load, and run again"),
    "53300": (
        DeliveryInterruptedError,
        "has no connection left ({said}): raise max_connections, or run again",
    ),
    "53": (StateError, "has not enough room ({said}): free its disk or memory, and run again"),
    "55P03": (StateError, "stayed locked by another process: stop the one that holds it, and run again"),
    "25006": _STANDBY,
    "0A000": _STANDBY,
    "42501": (
        StateError,
        "does not let its user do this ({said}): give the user all rights on the ledger's tables, and CREATE on their schema "
        "for the first start",
    ),
    "42P07": (
        StateError,
        "shares its schema with another program ({said}): give the ledger a database of its own",
    ),
    "42P01": (
        StateError,
        "is not a ledger, or not all of one ({said}): restore it, or set another ledger URL",
    ),
    "42703": (StateError, "is not a ledger ({said}): set another ledger URL"),
    "3F": (StateError, "has no schema to create its tables in ({said}): create it, or mend the search_path"),
    "XX": (StateError, "is damaged ({said}): restore it from a backup"),
}

# A connection that fails has no SQLSTATE, only libpq's words.
_WORDS: tuple[tuple[str, _Meaning], ...] = (
    ("^failed to resolve host", _UNREACHABLE),  # first, because a host may be called anything
    (
        r'database ".*" does not exist',
        (
            SettingsError,
            "does not exist ({said}): create the database, or name another one in the ledger URL",
        ),
    ),
    (
        "password|authentication|pg_hba[.]conf|role |permission denied|not permitted to log in",
        (SettingsError, "refuses the login ({said}): mend the user or the password of the ledger URL"),
    ),
    (
        "^invalid |SSL|certificate",
        (SettingsError, "cannot be connected to in this way ({said}): mend the options of the ledger URL"),
    ),
    ("too many|connection slots", _MEANINGS["53300"]),
    (
        "starting up|shutting down|recovery|not yet accepting|terminating connection|read-only|read-write",
        (DeliveryInterruptedError, "is starting or stopping ({said}): run again"),
    ),
)
_UNKNOWN: _Meaning = (
    StateError,
    "answered with {kind} ({said}): check that it can be reached and written, and run again",
)


def explained(error: BaseException, place: str) -> AudienceAssetsError:
    """What an error of psycopg says about the server, and what to do."""
    kind, sentence = _meaning(error)
    says = sentence.format(said=_said(error), kind=type(error).__name__)
    return kind(f"The ledger at {place} {says}.")


def _meaning(error: BaseException) -> _Meaning:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return next((_MEANINGS[state[:n]] for n in (5, 3, 2) if state[:n] in _MEANINGS), _UNKNOWN)
    said = _said(error)
    return next((meaning for words, meaning in _WORDS if re.search(words, said)), _without_words(error))


def _without_words(error: BaseException) -> _Meaning:
    text = str(error)
    if "connection failed" in text or "timeout" in text:
        return _UNREACHABLE
    return _INTERRUPTED if type(error).__name__ in {"OperationalError", "InterfaceError"} else _UNKNOWN


def _said(error: BaseException) -> str:
    """The last words of the first line: the rest repeats the address, or may quote a row."""
    line = str(error).partition("\n")[0].rpartition("failed: ")[2]
    return line.removeprefix("connection is bad: ").removeprefix("FATAL:").strip()
