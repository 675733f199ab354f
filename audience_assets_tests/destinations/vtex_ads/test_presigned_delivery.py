"""A delta goes through Newtail's forms: once, under keys that the ledger knows before a byte leaves, doubts named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from audience_assets import counting
from audience_assets.destinations.forecast import Ahead
from audience_assets.destinations.outcome import Report
from audience_assets.destinations.vtex_ads import forecast
from audience_assets.destinations.vtex_ads.newtail import NewtailAccess, connect
from audience_assets.destinations.vtex_ads.presigned_sender import PresignedSender
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import DeliveryInterruptedError
from audience_assets.ledger import Batch, BatchStatus, Ledger
from audience_assets.sandbox.newtail import Fault, NewtailServer
from audience_assets.secret import Secret
from audience_assets_tests.destinations.state import NAME, State, only
from audience_assets_tests.destinations.vtex_ads.conftest import Time

DAY = date(2026, 11, 1)
PEOPLE = {"a": {"CITY": "Santos"}, "b": {"CITY": "Recife"}}
Deliver = Callable[..., Report]


class KilledError(BaseException):
    """The end of a process; nothing of ours may catch it."""


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[State]:
    """A day of two files that is ready to be sent."""
    with Ledger.open(f"sqlite:///{tmp_path}/state/ledger.sqlite") as ledger:
        state = State(tmp_path / "state", ledger, VtexAdsSettings(rows_per_file=1))
        state.publish(DAY, PEOPLE)
        state.plan(DAY)
        yield state


@pytest.fixture
def deliver(planned: State, access: NewtailAccess, time: Time) -> Deliver:
    """Delivers the day as a process of its own does."""

    def deliver(max_attempts: int = access.max_attempts) -> Report:
        once = NewtailAccess(
            access.base_url, access.app_id, access.api_key, access.timeout_seconds, max_attempts
        )
        with connect(once, sleep=time.sleep, now=lambda: time.now) as newtail:
            sender = PresignedSender(planned.destination, newtail, planned.ledger)
            return planned.courier(sender).deliver(DAY)

    return deliver


def batches(state: State) -> list[Batch]:
    return state.ledger.batches(state.ledger.deliveries(NAME)[0].id)


def issued(server: NewtailServer) -> list[str]:
    return [form.key for form in server.issued]


def stored(server: NewtailServer) -> dict[str, bytes]:
    """What lies under the keys of this test's forms."""
    return {key: body for key, body in server.stored().items() if key in issued(server)}


def planned_bytes(state: State) -> list[bytes]:
    return [state.layout.absolute(batch.file).read_bytes() for batch in batches(state)]


@contextmanager
def killed_when_noting(state: State, monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """The process ends right after the ledger has the form's key: nothing was sent to the store yet."""
    note_key, noted = state.ledger.note_key, []

    def note(delivery_id: int, sequence: int, key: str) -> None:
        note_key(delivery_id, sequence, key)
        noted.append(key)
        if len(noted) == number:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(state.ledger, "note_key", note)
        yield


def test_each_file_takes_two_calls_as_foretold(deliver: Deliver, server: NewtailServer) -> None:
    declared = VtexAdsSettings(transport="presigned", app_id=Secret(env="A"), api_key=Secret(env="B"))
    with counting.counted() as calls:
        deliver()
    assert (
        forecast.calls(declared, Ahead("", ("upsert", "upsert"))) == calls.needed == 2 * len(issued(server))
    )
    assert calls.waiting == 0


def test_every_file_is_delivered_under_the_key_of_its_form(
    planned: State, deliver: Deliver, server: NewtailServer
) -> None:
    report = only(deliver())
    assert report.delivery is not None
    assert [batch.remote_key for batch in batches(planned)] == issued(server)
    assert list(stored(server).values()) == planned_bytes(planned)
    assert [(batch.status, batch.answer, batch.earlier_keys) for batch in batches(planned)] == [
        (BatchStatus.ACKNOWLEDGED, "created", "")
    ] * 2


def test_a_delivered_day_asks_for_no_form(deliver: Deliver, server: NewtailServer) -> None:
    deliver()
    assert only(deliver()).already is not None
    assert len(server.issued) == 2


def test_after_a_lost_answer_the_file_stands_there_once(
    planned: State, deliver: Deliver, server: NewtailServer
) -> None:
    server.faults.append(Fault("upload", "drop after"))
    deliver()
    assert [batch.remote_key for batch in batches(planned)] == issued(server)
    assert [batch.answer for batch in batches(planned)] == ["created", "created"]
    assert len(stored(server)) == 2


def test_a_lost_answer_and_a_form_that_ran_out_leave_a_doubt_that_the_ledger_names(
    planned: State, deliver: Deliver, server: NewtailServer, time: Time
) -> None:
    server.faults.append(Fault("upload", "drop after"))
    time.seconds_per_pause = server.expires_in + 1.0
    deliver()
    lost, used, second = issued(server)
    first_batch, second_batch = batches(planned)
    assert (first_batch.remote_key, first_batch.earlier_keys) == (used, lost)
    assert first_batch.answer == f"created; an answer was lost, so the same file may also stand as {lost}"
    assert (second_batch.remote_key, second_batch.answer) == (second, "created")
    assert stored(server)[lost] == stored(server)[used] == planned_bytes(planned)[0]


def test_the_next_run_names_the_key_under_which_an_answer_was_lost_for_good(
    planned: State, deliver: Deliver, server: NewtailServer
) -> None:
    server.faults.append(Fault("upload", "drop after"))
    with pytest.raises(DeliveryInterruptedError) as caught:
        deliver(max_attempts=1)
    [lost] = issued(server)
    assert lost in str(caught.value)
    assert [batch.remote_key for batch in batches(planned)] == [lost, ""]
    assert only(deliver()).resumed is not None
    assert batches(planned)[0].remote_key == issued(server)[1]
    assert lost in (batches(planned)[0].answer or "")
    assert len(stored(server)) == 3


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_that_was_killed_after_it_got_its_form_leaves_the_key_to_the_next(
    planned: State, deliver: Deliver, server: NewtailServer, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with killed_when_noting(planned, monkeypatch, number), pytest.raises(KilledError):
        deliver()
    lost = issued(server)[-1]
    statuses = [BatchStatus.ACKNOWLEDGED] * (number - 1) + [BatchStatus.SENT]
    assert [batch.status for batch in batches(planned)][:number] == statuses
    deliver()
    told = batches(planned)[number - 1]
    assert told.earlier_keys == lost
    assert told.answer == f"created; an answer was lost, so the same file may also stand as {lost}"
    assert set(stored(server)) == {batch.remote_key for batch in batches(planned)}
