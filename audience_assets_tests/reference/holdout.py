"""Who is held out of an audience, written once more in Python from the rule in docs/audiences.md."""

from hashlib import sha256


def number(salt: str, audience: str, customer_id: str) -> float:
    """The customer's number for an audience, from 0 to below 1: the first 52 bits of the digest."""
    digest = sha256(f"{salt}\x1f{audience}\x1f{customer_id}".encode()).digest()
    return (int.from_bytes(digest[:7], "big") >> 4) / 2**52


def held_out(salt: str, audience: str, customer_id: str, share: float) -> bool:
    return number(salt, audience, customer_id) < share
