"""What stands beside the keys: values, Limited Data Use, apps and pages, each only in the calls that need it."""

from typing import Any

from audience_assets.sandbox.meta.platform import RecordedCall
from audience_assets_tests.destinations.meta.delivering import DAYS, Ads, digest, emails_of, member, members

FIRST, SECOND, THIRD, *_ = DAYS
CALIFORNIA = {"country": 1, "state": 1000}


def payloads(ads: Ads, label: str, *operations: str) -> list[dict[str, Any]]:
    return [call.params["payload"] for call in _calls(ads, label, *operations)]


def _calls(ads: Ads, label: str, *operations: str) -> list[RecordedCall]:
    audience = ads.audience(label)
    return [call for call in ads.calls(*operations) if call.path.startswith(audience.id)]


def test_a_value_is_a_number_beside_the_keys_of_whoever_is_added(ads: Ads) -> None:
    ads.configure(audiences={"vip": {"value_based": True}})
    people = {
        "a": member("a", "vip", "all", LOOKALIKE_VALUE="5"),
        "b": member("b", "vip", LOOKALIKE_VALUE="2.5"),
        "c": member("c", "vip"),
    }
    ads.run(FIRST, people)
    assert ads.audience().is_value_based
    assert not ads.audience("all").is_value_based
    sent = [row[-1] for payload in payloads(ads, "vip") for row in payload["data"]]
    assert (sent, [type(value) for value in sent]) == ([5, 2.5, 0], [int, float, int])
    assert {tuple(payload["schema"]) for payload in payloads(ads, "vip")} == {
        ("EMAIL", "PHONE", "LOOKALIKE_VALUE")
    }
    assert {tuple(payload["schema"]) for payload in payloads(ads, "all")} == {("EMAIL", "PHONE")}


def test_another_value_is_an_addition_and_a_removal_has_no_value(ads: Ads) -> None:
    ads.configure(audiences={"vip": {"value_based": True}})
    ads.run(FIRST, {"a": member("a", LOOKALIKE_VALUE="5"), "b": member("b", LOOKALIKE_VALUE="6")})
    ads.account.calls.clear()
    ads.run(SECOND, {"a": member("a", LOOKALIKE_VALUE="7")})
    [removed], [added] = payloads(ads, "vip", "users_remove"), payloads(ads, "vip", "users_add")
    assert (removed["schema"], len(removed["data"])) == (["EMAIL", "PHONE"], 1)
    assert added["data"] == [[digest("a@example.com"), "", 7]]
    assert [row["LOOKALIKE_VALUE"] for row in ads.audience().members()] == [7.0]


def test_limited_data_use_is_in_every_row_of_its_audience_and_of_no_other(ads: Ads) -> None:
    ads.configure(audiences={"vip": {"limited_data_use": {}}})
    ads.run(FIRST, members(3, "vip", "all"))
    for payload in payloads(ads, "vip"):
        assert payload["schema"] == ["EMAIL", "PHONE", "DATA_PROCESSING_OPTIONS"]
        assert {tuple(row[-1]) for row in payload["data"]} == {("LDU",)}
    for payload in payloads(ads, "all"):
        assert payload["schema"] == ["EMAIL", "PHONE"]
    assert not any("customer_consent" in call.params for call in ads.calls())


def test_limited_data_use_in_a_place_comes_with_consent_in_the_calls_of_its_audience(ads: Ads) -> None:
    ads.configure(audiences={"vip": {"limited_data_use": CALIFORNIA}})
    ads.run(FIRST, members(3, "vip", "all"))
    assert {tuple(row[2]) + tuple(row[3:]) for each in payloads(ads, "vip") for row in each["data"]} == {
        ("LDU", 1, 1000)
    }
    assert {str(call.params["customer_consent"]).lower() for call in _calls(ads, "vip")} == {"true"}
    assert not any("customer_consent" in call.params for call in _calls(ads, "all"))
    before = len(ads.calls())
    ads.run(SECOND, members(2, "vip", "all"))
    assert [call.params["payload"]["schema"] for call in ads.calls()[before:]] == [["EMAIL", "PHONE"]] * 2


def test_limited_data_use_that_is_switched_on_reaches_everybody_who_was_there(ads: Ads) -> None:
    ads.run(FIRST, members(3))
    ads.configure(audiences={"vip": {"limited_data_use": {}}})
    ads.run(SECOND, members(3))
    assert [call.operation for call in ads.calls()] == ["users_add"] * 2 + ["users_replace"] * 2
    assert all(row["DATA_PROCESSING_OPTIONS"] == ["LDU"] for row in ads.audience().members())


def test_ids_of_apps_and_of_the_page_are_named_where_their_keys_are(ads: Ads) -> None:
    ads.configure(
        keys=("EMAIL",),
        app_ids=("77", "78"),
        page_ids=("99",),
        audiences={"app": {"keys": ["APPUID"]}, "page": {"keys": ["EMAIL", "PAGEUID"]}},
    )
    ads.run(FIRST, {"a": member("a", "app", "page", "vip", APPUID="123", PAGEUID="456")})
    [app], [page], [vip] = (payloads(ads, label) for label in ("app", "page", "vip"))
    assert (app["schema"], app["data"], app["app_ids"], "page_ids" in app) == (
        ["APPUID"],
        [["123"]],
        ["77", "78"],
        False,
    )
    assert (page["schema"], page["page_ids"], "app_ids" in page) == (["EMAIL", "PAGEUID"], ["99"], False)
    assert (vip["schema"], "app_ids" in vip, "page_ids" in vip) == (["EMAIL"], False, False)
    ads.run(SECOND, {})
    assert [payload["app_ids"] for payload in payloads(ads, "app")] == [["77", "78"]] * 2
    assert ads.audience("page").identifiers() == set()


def test_an_audience_with_keys_of_its_own_gets_only_those_who_have_them(ads: Ads) -> None:
    device = "0f0e0d0c-0000-4000-8000-000000000001"
    ads.configure(keys=("EMAIL",), audiences={"app": {"keys": ["MADID"]}})
    ads.run(FIRST, {"a": member("a", "app", "vip", MADID=device), "b": member("b", "app", "vip")})
    assert ads.audience("app").identifiers() == {("MADID", device)}
    assert ads.emails() == emails_of("a", "b")
