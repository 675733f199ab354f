"""The rules' signature changes with everything besides the row that decides its digests."""

from dataclasses import replace
from pathlib import Path

import phonenumbers
import pytest

from audience_assets.customers.settings import SourceSettings
from audience_assets.destinations.column import Destination
from audience_assets.destinations.meta import columns as meta_columns
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.tiktok import columns as tiktok_columns
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.vtex_ads.columns import destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.pipeline import Pipeline
from audience_assets.rules import engine
from audience_assets.rules.canonical import RULES, with_consents
from audience_assets.settings import RuleSettings, Settings

VTEX_ADS = destination("vtex_ads", VtexAdsSettings())
META_SETTINGS = MetaSettings.model_validate(
    {"type": "meta", "ad_account": "1", "access_token": {"env": "META_TOKEN"}}
)
META = meta_columns.destination("meta", META_SETTINGS)
TIKTOK_SETTINGS = TikTokSettings.model_validate(
    {"type": "tiktok", "advertiser_id": "1", "access_token": {"env": "TIKTOK_TOKEN"}}
)
TIKTOK = tiktok_columns.destination("tiktok", TIKTOK_SETTINGS)
PLAIN = engine.signature(RULES, VTEX_ADS.forms, ["BR"])


def test_it_is_the_same_for_the_same() -> None:
    assert engine.signature(tuple(RULES), sorted(VTEX_ADS.forms), ["BR"]) == PLAIN
    assert len(PLAIN) == 16


@pytest.mark.parametrize("number", range(len(RULES)), ids=[rule.name for rule in RULES])
def test_it_changes_with_each_rules_version(number: int) -> None:
    raised = [replace(rule, version=rule.version + (at == number)) for at, rule in enumerate(RULES)]
    assert engine.signature(raised, VTEX_ADS.forms, ["BR"]) != PLAIN


@pytest.mark.parametrize(
    ("told", "number"),
    [(told, number) for told in (VTEX_ADS, META, TIKTOK) for number in range(len(told.columns))],
    ids=[f"{told.name}-{column.name}" for told in (VTEX_ADS, META, TIKTOK) for column in told.columns],
)
def test_it_changes_with_each_forms_version(told: Destination, number: int) -> None:
    columns = list(told.columns)
    columns[number] = replace(columns[number], form=replace(columns[number].form, version=99))
    raised = replace(told, columns=tuple(columns))
    assert engine.signature(RULES, raised.forms, ["BR"]) != engine.signature(RULES, told.forms, ["BR"])


def test_it_changes_with_the_reading_of_a_city() -> None:
    dropped = meta_columns.destination("meta", META_SETTINGS.model_copy(update={"city": "drop"}))
    assert engine.signature(RULES, dropped.forms, ["BR"]) != engine.signature(RULES, META.forms, ["BR"])


@pytest.mark.parametrize(
    "reading", [{"email": "plain"}, {"phone": "digits"}, {"phone": "both"}, {"maid": "plain"}]
)
def test_it_changes_with_the_reading_of_tiktoks_texts(reading: dict[str, str]) -> None:
    other = tiktok_columns.destination("tiktok", TIKTOK_SETTINGS.model_copy(update=reading))
    assert engine.signature(RULES, other.forms, ["BR"]) != engine.signature(RULES, TIKTOK.forms, ["BR"])


def test_it_changes_with_the_names_of_destinations_and_with_their_number() -> None:
    other = destination("vtex_br", VtexAdsSettings())
    signatures = {
        engine.signature(with_consents(names), forms, [])
        for names, forms in (
            (["vtex_ads"], VTEX_ADS.forms),
            (["vtex_br"], other.forms),
            (["vtex_ads", "vtex_br"], VTEX_ADS.forms | other.forms),
            ([], set()),
        )
    }
    assert len(signatures) == 4


def test_it_changes_with_the_version_of_libphonenumber(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phonenumbers, "__version__", "0.0.1")
    assert engine.signature(RULES, VTEX_ADS.forms, ["BR"]) != PLAIN


def test_it_changes_with_the_words_of_a_look_up_table(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, rows = engine.LOOKUPS["country_names"]
    monkeypatch.setitem(engine.LOOKUPS, "country_names", (columns, lambda: [*rows(), ("atlantida", "AT")]))
    assert engine.signature(RULES, VTEX_ADS.forms, ["BR"]) != PLAIN


def test_it_changes_with_each_setting_that_decides_a_digest(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    variants = [
        settings,
        settings.model_copy(update={"rules": RuleSettings(default_country="US")}),
        settings.model_copy(update={"rules": RuleSettings(date_order="mdy")}),
        settings.model_copy(update={"rules": RuleSettings(brazil_ninth_digit=False)}),
        settings.model_copy(update={"source": SourceSettings(hashed=frozenset({"email"}))}),
        settings.model_copy(update={"source": SourceSettings(hashed=frozenset({"email", "phone"}))}),
        settings.model_copy(update={"destinations": {"vtex_ads": VtexAdsSettings(social_id="masked")}}),
        settings.model_copy(update={"destinations": {"vtex_br": VtexAdsSettings()}}),
    ]
    assert len({Pipeline(each).rules_signature for each in variants}) == len(variants)


def test_it_stays_with_settings_that_decide_no_digest(tmp_path: Path) -> None:
    moved = Settings(state_dir=tmp_path, owners=("team:x",), source=SourceSettings(path="/in/{day}.csv"))
    assert Pipeline(moved).rules_signature == Pipeline(Settings()).rules_signature
