from typing import Any

import pytest
from pydantic import ValidationError

from audience_assets_tests.destinations.tiktok.declared import settings


def test_what_is_not_said_sends_every_identifier_in_files_of_several_columns() -> None:
    said = settings()
    assert said.identifiers == ("email", "phone", "maid")
    assert (said.several, said.calculate_type) == (True, "MULTIPLE_TYPES")
    assert (said.email, said.phone, said.maid) == ("seed", "plus", "hashed")
    assert (said.smallest_audience, said.below_smallest, said.file_bytes) == (1000, "hold", 52_428_800)


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [("email", "EMAIL_SHA256"), ("phone", "PHONE_SHA256"), ("maid", "FIRST_SHA256")],
)
def test_one_identifier_is_a_file_of_its_kind(identifier: str, kind: str) -> None:
    said = settings(identifiers=[identifier])
    assert (said.several, said.calculate_type) == (False, kind)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"identifiers": []}, "at least 1 item"),
        ({"identifiers": ["email", "email"]}, "an identifier stands twice"),
        ({"identifiers": ["name"]}, "'email', 'phone' or 'maid'"),
        ({"identifiers": ["phone"], "phone": "both"}, 'phone = "both" needs a file of several columns'),
        ({"identifiers": ["maid"], "maid": "plain"}, 'maid = "plain" needs a file of several columns'),
        ({"identifiers": ["email"], "phone": "digits"}, 'identifiers does not name "phone": add it there'),
        ({"identifiers": ["phone", "maid"], "email": "seed"}, 'identifiers does not name "email"'),
        ({"name": "all"}, "must contain {audience}"),
        ({"name": "{audience}" + "x" * 120}, "at most 128 characters"),
        ({"audiences": {"vip": {"name": "x" * 129}}}, "at most 128 characters"),
        ({"audiences": {"vip": {"id": "12a"}}}, "match pattern"),
        ({"audiences": {"": {}}}, "at least 1 character"),
        ({"advertiser_id": "act_7"}, "match pattern"),
        ({"retention_in_days": 366}, "less than or equal to 365"),
        ({"patience_seconds": 1501}, "less than or equal to 1500"),
        ({"smallest_audience": 0}, "greater than or equal to 1"),
        ({"file_bytes": 1000}, "greater than or equal to 1024"),
        ({"tier": "gold"}, "'basic', 'advanced', 'premium', 'ultimate' or 'sandbox'"),
        ({"access_token": "in clear"}, "a secret does not belong in the file"),
        ({"acess_token": {"env": "T"}}, "Extra inputs"),
    ],
)
def test_a_contradiction_says_what_to_write(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings(**wrong)
    assert says in str(error.value)


def test_an_audience_without_a_section_is_created_or_skipped() -> None:
    listed = {"audiences": {"vip": {"name": "VIP", "replace": "never"}}}
    assert settings(**listed).audience("new") is not None
    assert settings(**listed, unlisted="skip").audience("new") is None
    found = settings(**listed, unlisted="skip").audience("vip")
    assert found is not None
    assert (found.name, found.replace, found.id) == ("VIP", "never", None)
