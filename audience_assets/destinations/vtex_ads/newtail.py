"""Delivers files through Newtail's API: a presigned form for each file, then a multipart POST to the store behind it.

Source: VTEX Ads, Integrating audiences (June 2026).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import httpx2

from audience_assets import counting
from audience_assets.destinations.vtex_ads.newtail_answers import (
    Expired,
    outcome_of_request,
    outcome_of_upload,
)
from audience_assets.destinations.vtex_ads.upload_form import UploadForm, read_form
from audience_assets.errors import (
    DeliveryInterruptedError,
    DestinationRefusedError,
    SettingsError,
    StateError,
)
from audience_assets.http.connection import fits_a_header, open_connection
from audience_assets.http.outcome import Outcome, Refused, Retry, Unknown, outcome_of_failure
from audience_assets.http.repeating import PassingError, Patience, repeating

USABLE_SHARE = 0.9
"""The part of a form's life in which it is still used, so that it does not run out on the way."""
PATIENCE_SECONDS = 600.0
"""What all pauses for one file may take together."""


@dataclass(frozen=True, slots=True)
class NewtailAccess:
    """One publisher's access to the API."""

    base_url: str
    app_id: str
    api_key: str = field(repr=False)
    timeout_seconds: float
    max_attempts: int  # for one file, the first one included

    def __post_init__(self) -> None:
        """Refuse what cannot stand in an HTTP header, before an error somewhere repeats it."""
        for name, value in (("app_id", self.app_id), ("api_key", self.api_key)):
            if not fits_a_header(value):
                raise SettingsError(
                    f"{name} of VTEX Ads holds a space, a line end or an accent: mend its variable"
                )


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that the store has acknowledged."""

    key: str
    maybe_also: tuple[str, ...] = ()
    """Other keys under which the same file may stand, because the answer to an earlier try was lost for good."""


@dataclass(frozen=True, slots=True)
class Newtail:
    """An open connection; made by `connect`."""

    access: NewtailAccess
    connection: httpx2.Client = field(repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], float] = field(default=time.monotonic, repr=False)

    def upload(
        self, path: Path, *, note_key: Callable[[str], None], unknown_keys: Sequence[str] = ()
    ) -> Uploaded:
        """Deliver one file, and say under which other keys it may stand as well.

        While a form lives, a lost answer is followed by the same form with the same bytes: the same key, so the file
        stands there once. Only when it has run out is there a second key, and then the answer names both.

        Args:
            path: The file; it is read from disk while it is sent.
            note_key: Told the key that Newtail chose, before the first byte goes there; keep it.
            unknown_keys: Keys that an earlier run noted for this file without learning whether it arrived.

        Raises:
            StateError: The file is missing.
            DestinationRefusedError: A person has to change something. What was noted may hold the file all the same.
            DeliveryInterruptedError: It may be run again as it is, with what was noted as `unknown_keys`.
        """
        if not path.is_file():
            raise StateError(f"{path} is missing: materialize it again")
        trying = _Trying(self, path, note_key, list(unknown_keys))
        return repeating(trying.once, Patience(PATIENCE_SECONDS, self.sleep))

    def ask_for_form(self, what: str) -> UploadForm:
        """A fresh form; Newtail never gives the same key twice."""
        headers = {
            "X-App-Id": self.access.app_id,
            "X-Api-Key": self.access.api_key,
            "Accept": "application/json",
        }
        outcome: Outcome
        counting.made(headers, 0)
        try:
            response = self.connection.post(
                f"{self.access.base_url.rstrip('/')}/audience/upload-url", headers=headers
            )
        except httpx2.RequestError as failure:
            outcome = _outcome_of_failure(failure, what)
        else:
            outcome = outcome_of_request(response, what)
        match outcome:
            case Refused(error):
                raise error
            case Retry(said, seconds):
                raise PassingError(f"{what}, {said}: run it again", seconds)
            case Unknown(said):
                raise PassingError(f"{what}, {said}: run it again")
        return read_form(outcome.body, what)

    def post(self, form: UploadForm, path: Path, what: str) -> Outcome | Expired:
        """Send the file once; the credentials of the API do not go to the store."""
        with path.open("rb") as file:
            parts = {"file": (PurePosixPath(form.key).name, file, "application/octet-stream")}
            counting.made(parts, path.stat().st_size)
            try:
                response = self.connection.post(form.url, data=dict(form.fields), files=parts)
            except httpx2.RequestError as failure:
                return _outcome_of_failure(failure, what)
        return outcome_of_upload(response, what)


@contextmanager
def connect(
    access: NewtailAccess,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Newtail]:
    """Open a connection for any number of files, one after the other."""
    with open_connection(access.base_url, access.timeout_seconds) as connection:
        yield Newtail(access, connection, sleep, now)


@dataclass(slots=True)
class _Trying:
    """What is known of one file from one try to the next."""

    newtail: Newtail
    path: Path
    note_key: Callable[[str], None]
    maybe_also: list[str]
    form: UploadForm | None = None
    usable_until: float = 0.0
    lost_an_answer: bool = False
    tries: int = 0

    @property
    def what(self) -> str:
        return f"{self.path.name} was not delivered to VTEX Ads"

    def once(self) -> Uploaded:
        """One try; the last one that is allowed ends as an interruption."""
        self.tries += 1
        try:
            with counting.unforetold(when=self.tries > 1):
                return self._try(self._usable_form())
        except PassingError as passing:
            if self.tries < self.newtail.access.max_attempts:
                raise
            interrupted = DeliveryInterruptedError(str(passing))
        raise interrupted

    def _usable_form(self) -> UploadForm:
        """The form at hand while it lives, else a fresh one, whose key is noted before anything is sent there."""
        if self.form is not None and self.newtail.now() < self.usable_until:
            return self.form
        self._let_go()
        asked_at = self.newtail.now()
        form = self.newtail.ask_for_form(self.what)
        if self.path.stat().st_size > form.max_bytes:
            raise DestinationRefusedError(
                f"{self.what}: it has more than the {form.max_bytes:,} bytes that Newtail takes in one file;"
                " set a smaller rows_per_file"
            )
        self.note_key(form.key)
        self.form, self.usable_until = form, asked_at + form.expires_in * USABLE_SHARE
        return form

    def _try(self, form: UploadForm) -> Uploaded:
        match self.newtail.post(form, self.path, self.what):
            case Refused(error):
                raise error
            case Expired():
                self._let_go()
                raise self._passing("its upload form ran out on the way", 0.0)
            case Retry(said, seconds):
                raise self._passing(said, seconds)
            case Unknown(said):
                self.lost_an_answer = True
                raise self._passing(said)
        return Uploaded(form.key, tuple(key for key in self.maybe_also if key != form.key))

    def _passing(self, said: str, seconds: float | None = None) -> PassingError:
        """What to say when this was the last try: run it again, and what is known of the tries so far."""
        keys = [*self.maybe_also, *([self.form.key] if self.form is not None and self.lost_an_answer else [])]
        doubt = (
            f" (it may stand under {', '.join(keys)}; the delivery says so when it is done)" if keys else ""
        )
        return PassingError(f"{self.what}, {said}: run it again{doubt}", seconds)

    def _let_go(self) -> None:
        """Give up the form; if an answer to it was lost, nobody will ever know whether the file stands there."""
        if self.form is not None and self.lost_an_answer:
            self.maybe_also.append(self.form.key)
        self.form, self.lost_an_answer = None, False


def _outcome_of_failure(failure: httpx2.RequestError, what: str) -> Outcome:
    outcome = outcome_of_failure(failure, what)
    if isinstance(outcome, Refused):
        return Refused(
            DestinationRefusedError(
                f"{what}: there is no trusted connection ({type(failure).__name__}); mend upload_url, the company's proxy"
                " or the certificates of this machine"
            )
        )
    return outcome
