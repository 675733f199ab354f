"""The client against the sandbox, which another hand wrote from Meta's pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from audience_assets.destinations.meta.answers import MetaRefusedError, ReplaceError
from audience_assets.destinations.meta.client import (
    Access,
    MetaClient,
    Operation,
    RemoteAudience,
    Session,
    UsersAnswer,
    connect,
)
from audience_assets.destinations.meta.payload import Payload
from audience_assets.errors import DeliveryInterruptedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets.sandbox.clock import Clock as SandboxClock
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.faults import Fault, FaultKind, OperationName
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.destinations.delivering import digest
from audience_assets_tests.destinations.meta.scripted import people_of

WINDOW_CLOSED, FINISHED, IN_PROGRESS, FIRST_MISSING = 1870158, 1870159, 1870145, 1870147


def people(*names: str) -> Payload:
    return people_of(("EMAIL",), *([digest(name)] for name in names))


@dataclass
class Here:
    """One ad account of the sandbox and a client of it that lets the sandbox's time pass instead of waiting."""

    client: MetaClient
    account: Account
    clock: SandboxClock
    _sessions: int = 0

    def create(self, name: str = "vip", *, value_based: bool = False) -> str:
        return self.client.create_audience(
            name=name, description="d", customer_file_source="USER_PROVIDED_ONLY", value_based=value_based
        )

    def change(
        self, audience_id: str, operation: Operation, payload: Payload, seq: int = 1, *, last: bool = True
    ) -> UsersAnswer:
        """A batch; number 1 begins a new session."""
        self._sessions += seq == 1
        session = Session(self._sessions, seq, last, len(payload.rows))
        return self.client.change_users(audience_id, operation, payload, session)

    def members(self, audience_id: str) -> set[object]:
        return {row["EMAIL"] for row in self.held(audience_id).members()}

    def held(self, audience_id: str) -> Audience:
        return self.account.audiences[audience_id]


def emails(*names: str) -> set[object]:
    return {digest(name) for name in names}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as running:
        yield running


@pytest.fixture
def here(server: MetaServer) -> Iterator[Here]:
    account, clock = server.platform.add_account(), server.platform.clock
    account.proof_required = True
    access = Access(
        account=account.id,
        access_token=account.access_token,
        app_secret=account.app_secret,
        api_version="v26.0",
        base_url=server.base_url,
        timeout_seconds=5.0,
        patience_seconds=900.0,
        calls_per_second=1000.0,
    )
    with connect(access, sleep=clock.advance, now=clock.now) as client:
        yield Here(client, account, clock)


def test_an_audience_lives_through_creation_addition_removal_and_replacement(here: Here) -> None:
    audience_id = here.create()
    assert here.client.audience(audience_id) == RemoteAudience(
        id=audience_id,
        name="vip",
        description="d",
        subtype="CUSTOM",
        value_based=False,
        status=200,
        status_text="Normal",
        count_lower=None,
        count_upper=None,
        delivery=200,
    )
    assert here.change(audience_id, Operation.ADD, people("a", "b"), last=False).received == 2
    assert here.change(audience_id, Operation.ADD, people("c"), 2).received == 3
    assert here.members(audience_id) == emails("a", "b", "c")
    here.change(audience_id, Operation.REMOVE, people("b"))
    assert here.members(audience_id) == emails("a", "c")
    here.change(audience_id, Operation.REPLACE, people("x", "y"))
    assert here.members(audience_id) == emails("x", "y")
    assert [each.received for each in here.client.sessions(audience_id)] == [3, 1, 2]


def test_people_are_removed_from_every_audience(here: Here) -> None:
    first, second = here.create("one"), here.create("two")
    for audience_id in (first, second):
        here.change(audience_id, Operation.ADD, people("a", "b"))
    here.client.remove_everywhere(people("a"), Session(99, 1, last_batch=True, estimated_total=1))
    assert here.members(first) == here.members(second) == emails("b")


def test_a_full_batch_arrives_whole(here: Here) -> None:
    audience_id = here.create()
    everybody = [str(number) for number in range(10_000)]
    assert here.change(audience_id, Operation.ADD, people(*everybody)).received == 10_000
    here.change(audience_id, Operation.REMOVE, people(*everybody[:9_999]))
    assert here.members(audience_id) == emails("9999")


def test_values_options_and_consent_are_taken(here: Here) -> None:
    audience_id = here.create(value_based=True)
    assert here.client.audience(audience_id).value_based
    options = {
        "DATA_PROCESSING_OPTIONS": ["LDU"],
        "DATA_PROCESSING_OPTIONS_COUNTRY": 1,
        "DATA_PROCESSING_OPTIONS_STATE": 1000,
    }
    schema = ("EMAIL", "LOOKALIKE_VALUE")
    payload = people_of(schema, (digest("a"), 12.5), constants=options, customer_consent=True)
    assert here.change(audience_id, Operation.ADD, payload).invalid == 0
    assert here.members(audience_id) == emails("a")


UPLOADS: dict[Operation, OperationName] = {
    Operation.ADD: "users_add",
    Operation.REMOVE: "users_remove",
}
KINDS: list[FaultKind] = ["drop_before", "drop_after", "error", "truncated"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", [Operation.ADD, Operation.REMOVE])
def test_a_lost_answer_to_a_batch_is_asked_for_again_and_the_batch_counts_once(
    here: Here, operation: Operation, kind: FaultKind
) -> None:
    audience_id = here.create()
    here.change(audience_id, Operation.ADD, people("a", "b"))
    here.account.faults.append(Fault(UPLOADS[operation], kind, times=2))
    assert here.change(audience_id, operation, people("b", "c")).received == 2
    assert here.members(audience_id) == (
        emails("a") if operation is Operation.REMOVE else emails("a", "b", "c")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_answer_within_a_replacing_is_asked_for_again(here: Here, kind: FaultKind) -> None:
    audience_id = here.create()
    here.change(audience_id, Operation.ADD, people("a"))
    here.change(audience_id, Operation.REPLACE, people("b"), last=False)
    here.account.faults.append(Fault("users_replace", kind, times=2))
    assert here.change(audience_id, Operation.REPLACE, people("c"), 2, last=False).received == 2
    here.change(audience_id, Operation.REPLACE, people("d"), 3)
    assert here.members(audience_id) == emails("b", "c", "d")


@pytest.mark.parametrize(("kind", "status"), [("drop_before", 200), ("drop_after", 414), ("truncated", 414)])
def test_a_lost_answer_to_a_replacings_beginning_is_looked_up_by_the_status(
    here: Here, kind: FaultKind, status: int
) -> None:
    audience_id = here.create()
    here.account.faults.append(Fault("users_replace", kind, times=2))
    with pytest.raises(UnknownOutcomeError, match="replace batch 1"):
        here.change(audience_id, Operation.REPLACE, people("b"), last=False)
    assert here.client.audience(audience_id).status == status


@pytest.mark.parametrize(
    ("kind", "made"), [("drop_before", 0), ("drop_after", 1), ("truncated", 1), ("error", 0)]
)
def test_a_lost_answer_to_a_creation_is_looked_up_by_name(here: Here, kind: FaultKind, made: int) -> None:
    here.account.faults.append(Fault("create", kind))
    with pytest.raises(UnknownOutcomeError):
        here.create("vip")
    assert len(here.account.audiences) == made
    assert [each.id for each in here.client.audiences_named("vip")] == list(here.account.audiences)


def test_one_name_is_found_among_several_pages(here: Here) -> None:
    for number in range(230):
        here.create(f"other {number}")
    wanted = {here.create("vip"), here.create("vip")}
    here.create("VIP")
    assert {each.id for each in here.client.audiences_named("vip")} == wanted


def test_a_new_audience_that_is_not_found_yet_is_waited_for(here: Here) -> None:
    here.account.absent_calls = 3
    audience_id = here.create()
    with pytest.raises(MetaRefusedError, match="there is no such object"):
        here.client.audience(audience_id)
    assert here.client.audience(audience_id, just_created=True).name == "vip"


def test_badly_formed_people_are_counted_and_given_back_for_looking_up(here: Here) -> None:
    bad = people_of(("EMAIL",), ["not a digest"], [digest("a")])
    answer = here.change(here.create(), Operation.ADD, bad)
    assert (answer.received, answer.invalid, answer.samples) == (2, 1, ("not a digest",))


def test_a_quota_is_kept_by_waiting_as_long_as_is_named(here: Here) -> None:
    audience_id = here.create()
    here.account.quota = 20
    for _ in range(10):
        here.client.audience(audience_id)
    begun = here.clock.now()

    def ask_on() -> None:
        for _ in range(20):
            here.client.audience(audience_id)

    with pytest.raises(DeliveryInterruptedError, match=r"nearly used up; run again in \d+ minutes"):
        ask_on()
    assert 60 < here.clock.now() - begun < 3600
    here.clock.advance(3600)
    assert here.client.audience(audience_id).id == audience_id


@dataclass(frozen=True)
class Trouble:
    """How an account gets into it, and what is then said."""

    make: Callable[[Account], object]
    code: int
    subcode: int | None
    says: str


TROUBLES = {
    "expired": Trouble(lambda account: setattr(account, "token_expires_at", 1.0), 190, 463, "has expired"),
    "revoked": Trouble(lambda account: setattr(account, "token_revoked", True), 190, 460, "was revoked"),
    "permission": Trouble(lambda account: account.permissions.clear(), 200, None, "ads_management"),
    "terms": Trouble(
        lambda account: setattr(account, "terms_accepted", False), 200, 1870090, "accepts them once"
    ),
    "blocked": Trouble(lambda account: setattr(account, "policy_blocked", True), 368, None, "policies"),
    "secret": Trouble(lambda account: setattr(account, "app_secret", "other"), 100, None, "mend app_secret"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_what_stops_the_account_is_said_once_with_what_to_do(here: Here, name: str) -> None:
    audience_id = here.create()
    trouble = TROUBLES[name]
    trouble.make(here.account)
    calls = len(here.account.calls)
    with pytest.raises(MetaRefusedError, match=trouble.says) as error:
        here.change(audience_id, Operation.ADD, people("a"))
    assert (error.value.scope, error.value.code, error.value.subcode) == (
        "account",
        trouble.code,
        trouble.subcode,
    )
    assert len(here.account.calls) <= calls + 1


def test_an_old_version_is_said_to_be_raised(here: Here, server: MetaServer) -> None:
    access = here.client.graph.access
    old = Access(access.account, access.access_token, access.app_secret, "v19.0", server.base_url, 5, 0, 10)
    with connect(old) as client, pytest.raises(MetaRefusedError, match="raise api_version"):
        client.account()


def test_a_replacing_that_cannot_go_on_says_why(here: Here) -> None:
    def refused(seq: int) -> int | None:
        with pytest.raises(ReplaceError) as error:
            here.change(audience_id, Operation.REPLACE, people("z"), seq)
        return error.value.subcode

    audience_id = here.create()
    here.account.processing_seconds = 60
    here.change(audience_id, Operation.REPLACE, people("a"), last=False)
    assert here.client.audience(audience_id).status == 414
    with pytest.raises(ReplaceError) as error:
        here.client.change_users(audience_id, Operation.ADD, people("b"), Session(777, 1, True, 1))  # noqa: FBT003
    assert error.value.subcode == IN_PROGRESS
    here.change(audience_id, Operation.REPLACE, people("b"), 2)
    assert refused(3) == FINISHED
    here.clock.advance(60)
    assert here.members(audience_id) == emails("a", "b")
    here.change(audience_id, Operation.REPLACE, people("c"), last=False)
    here.clock.advance(91 * 60)
    assert refused(2) == WINDOW_CLOSED
    assert here.members(audience_id) == emails("c")
    here.clock.advance(60)
    here._sessions += 1
    assert refused(5) == FIRST_MISSING


def test_the_account_its_terms_its_permissions_and_its_tokens_end_are_told(here: Here) -> None:
    assert here.client.account().terms_accepted is True
    here.account.terms_accepted = False
    assert here.client.account().terms_accepted is False
    assert here.client.permissions() == {"ads_management": True, "ads_read": True}
    assert here.client.token_expires_at() is None
    here.account.token_expires_at = 4_000_000_000.0
    expires = here.client.token_expires_at()
    assert expires is not None
    assert expires.timestamp() == 4_000_000_000.0


def test_the_sandbox_saw_no_secret_and_no_payload_in_a_url(here: Here, server: MetaServer) -> None:
    audience_id = here.create()
    here.change(audience_id, Operation.ADD, people("a"))
    log = server.log_path.read_text()
    for hidden in (here.account.access_token, here.account.app_secret, digest("a")):
        assert hidden not in log
