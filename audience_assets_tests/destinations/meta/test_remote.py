from datetime import UTC, datetime

import pytest

from audience_assets.destinations.meta.remote import read_account, read_audience, read_moment, read_users
from audience_assets_tests.destinations.meta.scripted import AUDIENCE


@pytest.mark.parametrize(
    ("given", "samples"),
    [
        (["a", "b"], ("a", "b")),
        ({"a": "bad digest", "b": "bad digest"}, ("a", "bad digest", "b", "bad digest")),
        ([{"EMAIL": "a"}, "b"], ("EMAIL", "a", "b")),
        ([], ()),
        (None, ()),
    ],
)
def test_samples_are_read_in_every_shape_that_the_page_leaves_open(
    given: object, samples: tuple[str, ...]
) -> None:
    body = {"num_received": "3", "num_invalid_entries": 2, "invalid_entry_samples": given}
    answer = read_users(body)
    assert (answer.received, answer.invalid, answer.samples) == (3, 2, samples)


@pytest.mark.parametrize("missing", ["num_received", "num_invalid_entries"])
def test_an_answer_without_its_figures_is_none(missing: str) -> None:
    body = {"num_received": 3, "num_invalid_entries": 0}
    del body[missing]
    with pytest.raises(KeyError):
        read_users(body)


def test_counts_that_meta_does_not_tell_are_none() -> None:
    audience = read_audience(
        {
            **AUDIENCE,
            "approximate_count_lower_bound": -1,
            "approximate_count_upper_bound": None,
            "is_value_based": None,
        }
    )
    assert (audience.count_lower, audience.count_upper, audience.value_based) == (None, None, None)


@pytest.mark.parametrize(("given", "value"), [(1, True), (True, True), (0, False), ("1", True), ("0", False)])
def test_accepted_terms_are_read_in_any_form(given: object, value: bool) -> None:  # noqa: FBT001
    account = read_account({"id": "act_42", "tos_accepted": {"value_based_custom_audience_tos": given}})
    assert (account.terms_accepted, account.value_based_terms_accepted) == (False, value)


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        (1800000000, datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ("1800000000", datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ("2027-01-15T08:00:00+0000", datetime(2027, 1, 15, 8, tzinfo=UTC)),
        (0, None),
        ("", None),
        (None, None),
        ("soon", None),
        (10**30, None),
    ],
)
def test_moments_are_read_in_any_form(given: object, moment: datetime | None) -> None:
    assert read_moment(given) == moment
