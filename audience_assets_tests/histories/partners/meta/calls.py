"""Everything that an ad account was asked, each call checked by itself."""

from dataclasses import dataclass, field

from audience_assets.sandbox.meta.platform import Account, RecordedCall

CHANGES = {"create", "users_add", "users_remove", "users_replace"}


@dataclass
class Numbers:
    """One session's batches as they came."""

    label: str
    operation: str
    seen: list[int] = field(default_factory=list)
    last: int | None = None
    known: bool = False

    def take(self, number: int, *, last: bool) -> None:
        """Each number is at most one above those before; after the last one there is only the last one again."""
        assert number <= max(self.seen, default=0) + 1, "a number was left out"
        assert self.last is None or (number <= self.last and (number < self.last or last)), (
            "more came after the last batch"
        )
        assert not last or number >= max(self.seen, default=0), "the last batch was not the last one"
        self.seen.append(number)
        self.last = number if last else self.last


@dataclass
class Calls:
    """Everything that one ad account was asked."""

    account: Account
    rows_per_batch: int = 10_000
    sessions: dict[int, Numbers] = field(default_factory=dict)
    _seen: int = 0

    def forget(self) -> None:
        """Look at later calls only."""
        self._seen = len(self.account.calls)

    def new(self) -> list[RecordedCall]:
        """The calls since this was asked last, each checked by itself."""
        found = self.account.calls[self._seen :]
        self._seen = len(self.account.calls)
        for call in found:
            if call.operation.startswith("users_"):
                self._check(call)
        return found

    def label(self, call: RecordedCall) -> str:
        """Which audience a call is about."""
        return self.account.audiences[call.path.partition("/")[0]].name

    def _check(self, call: RecordedCall) -> None:
        assert 0 < call.rows <= self.rows_per_batch
        given = call.params["session"]
        numbers = self.sessions.setdefault(given["session_id"], Numbers(self.label(call), call.operation))
        assert (numbers.label, numbers.operation) == (self.label(call), call.operation)
        again = numbers.known and call.operation == "users_replace" and given["batch_seq"] == 1
        assert not again, "a replacement's first batch was sent again after Meta had taken it"
        numbers.known = given["session_id"] in self.account.sessions
        numbers.take(given["batch_seq"], last=given["last_batch_flag"])


def rows_of(call: RecordedCall) -> list[tuple[tuple[str, str], ...]]:
    """The cells of each row that are not empty, with their keys."""
    payload = call.params["payload"]
    return [
        tuple((key, cell) for key, cell in zip(payload["schema"], row, strict=True) if cell != "")
        for row in payload["data"]
    ]
