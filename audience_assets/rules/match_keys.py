"""Keyed digests of what identifies a person: with them a suppression list or an erasure finds customers, and nobody without the secret can.

They outlive the normalized records, and unlike a plain SHA-256 they cannot be compared with anybody else's lists.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import duckdb

from audience_assets.rules import email, engine, phone, place, tax_id
from audience_assets.rules.canonical import refusal_column
from audience_assets.rules.rule import CanonicalRule, Form
from audience_assets.sql import identifier, listed, literal

CUSTOMER_ID = "customer_id"

RULES: tuple[CanonicalRule, ...] = (email.CANONICAL, phone.CANONICAL, tax_id.CANONICAL)
"""What besides the customer_id names one person."""

KINDS = tuple(rule.name for rule in RULES)

FORMS: dict[str, Form] = {"email": email.LOWER, "phone": phone.E164, "social_id": tax_id.DIGITS}
"""The string of each whose SHA-256 a list or a request may bring in place of the value."""

NO_KEYS = """
select
  null::varchar as customer_id,
  null::varchar as segment,
  null::blob as email,
  null::blob as phone,
  null::blob as social_id
where false
"""


def use_secret(connection: duckdb.DuckDBPyConnection, secret: bytes) -> None:
    """Let a connection make keys."""
    connection.execute("set variable match_secret = $secret", {"secret": secret})


def key_sql(kind: str, digest: str) -> str:
    """SQL for the key of a SHA-256 in lower-case hex: 16 bytes.

    A secret in front of a text of one length is all that a keyed digest needs here: there is nothing to append to it.
    """
    text = f"encode(concat({literal(f'{kind}:')}, {digest}))"
    return f"if({digest} is null, null, unhex(left(sha256(getvariable('match_secret') || {text}), 32)))"


def digest_sql(kind: str, ready_digests: Collection[str] = ()) -> str:
    """SQL for the SHA-256 of a canonical value; a field that arrives as a digest is one."""
    name = identifier(kind)
    return name if kind in ready_digests else f"sha256({FORMS[kind].sql((name,))})"


def keys_sql(rows: str, ready_digests: Collection[str]) -> str:
    """The keys of canonical customers, with the segment that the variable `segment` names."""
    columns = ["customer_id", "getvariable('segment') as segment"]
    columns += [f"{key_sql(kind, digest_sql(kind, ready_digests))} as {identifier(kind)}" for kind in KINDS]
    return f"select\n{listed(columns)}\nfrom {rows}"


def of_listing(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, bytes]]:
    """Kind and key of every identifier in the table `listing`, which has the columns of an extract.

    An identifier may be in clear, or the SHA-256 in hex of its canonical form. Fills `canonical_customers`.
    """
    engine.view_canonical_customers(connection, "listing", (*RULES, place.COUNTRY))
    found = connection.execute("\nunion\n".join([_customer_ids_sql(), *_clear_sql(), *_digests_sql()]))
    return [(str(kind), bytes(key)) for kind, key in found.fetchall()]


def count_unusable(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows of the `listing` that `of_listing` read name nobody."""
    nobody = [
        f"({identifier(kind)} is null and {identifier(refusal_column(kind))} is distinct from 'already hashed')"
        for kind in KINDS
    ]
    where = " and ".join([*nobody, "clean_text(customer_id) is null"])
    counted = connection.execute(f"select count(*) from canonical_customers where {where}").fetchall()
    return int(counted[0][0])


def _customer_ids_sql() -> str:
    key = key_sql(CUSTOMER_ID, f"sha256({CUSTOMER_ID})")
    return f"select '{CUSTOMER_ID}' as kind, {key} as key from listing where clean_text({CUSTOMER_ID}) is not null"


def _clear_sql() -> Iterator[str]:
    for kind in KINDS:
        key = key_sql(kind, digest_sql(kind))
        yield f"select '{kind}' as kind, {key} as key from canonical_customers where {identifier(kind)} is not null"


def _digests_sql() -> Iterator[str]:
    for kind in KINDS:
        text = f"clean_text({identifier(kind)})"
        key = key_sql(kind, f"lower({text})")
        yield f"select '{kind}' as kind, {key} as key from listing where is_digest({text})"


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The keys of the ids of customers who were erased, and what they were made with."""

    keys: tuple[bytes, ...] = ()
    secret: bytes = field(default=b"", repr=False)

    @classmethod
    def among(cls, keys: Iterable[tuple[str, bytes]], secret: bytes) -> "Tombstones":
        """Those of an id."""
        return cls(tuple(sorted(key for kind, key in keys if kind == CUSTOMER_ID)), secret)

    def view_others(self, connection: duckdb.DuckDBPyConnection, rows: str, others: str) -> int:
        """Create the view `others` over `rows` without those of erased customers; return how many rows that leaves out."""
        theirs = self.condition(connection, "customer_id")
        connection.execute(
            f"create or replace temp view {others} as select * from {rows} where ({theirs}) is not true"
        )
        if not self.keys:
            return 0
        counted = connection.execute(f"select count(*) from {rows} where {theirs}").fetchall()
        return int(counted[0][0])

    def condition(self, connection: duckdb.DuckDBPyConnection, customer_id: str) -> str:
        """SQL that says whether an id is that of an erased customer."""
        if not self.keys:
            return "false"
        use_secret(connection, self.secret)
        connection.execute("set variable erased_keys = $keys", {"keys": list(self.keys)})
        key = key_sql(CUSTOMER_ID, f"sha256({customer_id})")
        return f"{key} in (select unnest(getvariable('erased_keys')))"


NOBODY = Tombstones()
