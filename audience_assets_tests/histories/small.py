"""A small base, written by hand, for the tests that look at one thing."""

from datetime import date, timedelta

from audience_assets_tests.histories.model import Row

FIRST = date(2026, 11, 2)


def day(number: int) -> date:
    """The nth day, from 0."""
    return FIRST + timedelta(days=number)


def person(customer: str, **given: str | list[str] | None) -> Row:
    """A customer with something in most columns."""
    return {
        "customer_id": customer,
        "email": f"{customer}@exemplo.test",
        "phone": "(11) 98765-4321",
        "social_id": "529.982.247-25",
        "first_name": "Ana",
        "last_name": "de Souza",
        "birth_date": "1990-03-05",
        "city": "São Paulo",
        "audiences": ["vip", "churn"],
        **given,
    }


def people(*customers: str, **given: str | list[str] | None) -> list[Row]:
    """Several of them."""
    return [person(customer, **given) for customer in customers]


def turnover(number: int) -> list[Row]:
    """Each day one joins, one leaves and one moves: three rows, two files of at most two."""
    return [*people("c1", "c2", "c3"), person("c0", city=f"city {number}"), person(f"x{number}")]
