import pytest

from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.sandbox.tiktok.caller import Caller, digest, digests, emails, lines, table


def test_an_audience_has_the_people_of_all_its_files(caller: Caller, advertiser: Advertiser) -> None:
    paths = [caller.path(lines("a", "b")), caller.path(lines("b", "c"))]
    answer = caller.post(
        "create", custom_audience_name="Buyers", calculate_type="EMAIL_SHA256", file_paths=paths
    )
    assert answer.data["custom_audience_id"].isdigit()
    audience = advertiser.audiences[answer.data["custom_audience_id"]]
    assert (audience.name, audience.is_valid, audience.size()) == ("Buyers", True, 3)
    assert audience.identifiers() == {("email_SHA256", each) for each in digests("a", "b", "c")}


def test_a_row_of_several_identifiers_is_one_person(caller: Caller) -> None:
    header = "MAID,email_SHA256,phone_SHA256,phone_SHA256"
    audience = caller.created(table(header, ["m", "e", "p", "q"], ["", "", "r", ""]), "MULTIPLE_TYPES")
    assert audience.size() == 2
    assert audience.rows() == {
        (
            ("email_SHA256", digest("e")),
            ("phone_SHA256", digest("p")),
            ("phone_SHA256", digest("q")),
            ("MAID", digest("m")),
        ),
        (("phone_SHA256", digest("r")),),
    }
    assert len(audience.identifiers()) == 5


def test_a_plain_device_id_is_held_as_it_came(caller: Caller) -> None:
    device = "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"
    audience = caller.created(f"MAID\n{device}\n".encode(), "MULTIPLE_TYPES")
    assert audience.identifiers() == {("MAID", device)}


@pytest.mark.parametrize("uploaded", ["FIRST_SHA256", "MAID_SHA256"])
def test_maid_and_first_are_one_type_but_an_audience_knows_it_as_first(caller: Caller, uploaded: str) -> None:
    def create(calculate_type: str) -> int:
        path = caller.path(lines("m"), uploaded)
        return caller.post(
            "create", custom_audience_name="A", calculate_type=calculate_type, file_paths=[path]
        ).code

    assert (create("FIRST_SHA256"), create("MAID_SHA256"), create("IDFA_SHA256")) == (0, 40002, 40909)


@pytest.mark.parametrize(
    ("changed", "parameter"),
    [
        ({"custom_audience_name": ""}, "custom_audience_name"),
        ({"custom_audience_name": "x" * 129}, "custom_audience_name"),
        ({"custom_audience_name": 7}, "custom_audience_name"),
        ({"calculate_type": "EMAIL"}, "calculate_type"),
        ({"retention_in_days": 0}, "retention_in_days"),
        ({"retention_in_days": 366}, "retention_in_days"),
        ({"retention_in_days": "30"}, "retention_in_days"),
        ({"retention_in_days": True}, "retention_in_days"),
        ({"audience_sub_type": "SPECIAL"}, "audience_sub_type"),
        ({"file_paths": []}, "file_paths"),
        ({"file_paths": ["short"]}, "file_paths"),
        ({"file_paths": ["0123456789abcdef"] * 501}, "file_paths"),
        ({"file_paths": None}, "file_paths"),
        ({"file_paths": [1]}, "file_paths"),
    ],
)
def test_a_parameter_out_of_its_range_is_named(
    caller: Caller, changed: dict[str, object], parameter: str
) -> None:
    path = caller.path(lines("a"))
    params = {"custom_audience_name": "A", "calculate_type": "EMAIL_SHA256", "file_paths": [path]}
    answer = caller.post("create", **(params | changed))
    assert answer.code == 40002
    assert answer.message.startswith(f"{parameter}: ")
    assert caller.advertiser.audiences == {}


def test_the_bounds_themselves_are_taken(caller: Caller) -> None:
    for changed in (
        {"custom_audience_name": "x" * 128},
        {"retention_in_days": 1},
        {"retention_in_days": 365},
        {"audience_sub_type": "REACH_FREQUENCY"},
    ):
        assert caller.create(lines("a"), **changed).code == 0


def test_an_unknown_file_is_refused(caller: Caller) -> None:
    params = {"custom_audience_name": "A", "calculate_type": "EMAIL_SHA256"}
    assert caller.post("create", file_paths=["0123456789abcdef"], **params).code == 40905


def test_all_files_are_of_the_audiences_type(caller: Caller) -> None:
    paths = [caller.path(lines("a")), caller.path(lines("b"), "PHONE_SHA256")]
    answer = caller.post("create", custom_audience_name="A", calculate_type="EMAIL_SHA256", file_paths=paths)
    assert answer.code == 40909


def test_an_audience_has_a_thousand_people(caller: Caller, advertiser: Advertiser) -> None:
    advertiser.smallest_audience = type(advertiser).smallest_audience
    people = [str(number) for number in range(1_000)]
    answer = caller.create(lines(*people[1:], people[1]))
    assert (answer.code, "too few" in answer.message) == (40002, True)
    assert advertiser.audiences == {}
    assert caller.create(lines(*people)).code == 0


def test_too_few_may_also_be_found_out_when_it_is_processed(caller: Caller, advertiser: Advertiser) -> None:
    advertiser.smallest_audience, advertiser.too_few = 2, "failed"
    audience = caller.created(lines("a"))
    details = caller.details(audience)
    assert (details["is_valid"], details["cover_num"]) == (False, 0)
    assert "too few" in details["error_msg"]


def test_two_audiences_may_have_one_name_unless_the_advertiser_is_set_otherwise(
    caller: Caller, advertiser: Advertiser
) -> None:
    assert caller.create(lines("a")).code == 0
    assert caller.create(lines("a")).code == 0
    advertiser.unique_names = True
    assert caller.create(lines("a")).code == 40002
    other = caller.created(lines("a"), custom_audience_name="Others")
    rename = {"custom_audience_id": other.id}
    assert caller.post("update", custom_audience_name="Buyers", **rename).code == 40002
    assert caller.post("update", custom_audience_name="Others", **rename).code == 0


def test_an_advertiser_has_a_limit_of_audiences(caller: Caller, advertiser: Advertiser) -> None:
    assert advertiser.audience_limit == 400
    advertiser.audience_limit = 1
    audience = caller.created(lines("a"))
    assert caller.create(lines("a")).code == 40502
    assert caller.post("delete", custom_audience_ids=[audience.id]).code == 0
    assert caller.create(lines("a")).code == 0
    assert emails(*advertiser.audiences.values()) == digests("a")
