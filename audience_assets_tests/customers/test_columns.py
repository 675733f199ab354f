"""Columns: our own lower-case names, or a mapping from the CRM's names to ours."""

from typing import Any

import pytest

from audience_assets.errors import ExtractError, SettingsError
from audience_assets_tests.customers.extracts import MARKER, Extracts, csv_of, parquet_of, settings_from_toml

FIELDS = ["first_name", "last_name", "state", "city", "neighborhood", "external_id"]
ODD_NAMES = [
    "Endereço  eletrônico",
    'the "first" name',
    "it's; a,b",
    "crm.contact.name",
    "select",
    "名前'); drop --",
]


def write(extracts: Extracts, kind: str, row: dict[str, Any], **source: Any) -> Extracts:
    if kind == "csv":
        return extracts.write("2026-01-05.csv", csv_of([row]), path="{day}.csv", **source)
    if kind == "json":
        return extracts.write_json([row], path="{day}.json", **source)
    return extracts.write(
        "2026-01-05.parquet",
        parquet_of({name: [value] for name, value in row.items()}),
        path="{day}.parquet",
        **source,
    )


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_mapped_column_may_have_any_name(extracts: Extracts, kind: str) -> None:
    mapping = dict(zip(FIELDS, ODD_NAMES, strict=True)) | {"customer_id": "ID Cliente"}
    write(extracts, kind, {name: f"value of {field}" for field, name in mapping.items()}, columns=mapping)
    customer = extracts.one()
    assert {field: customer[field] for field in FIELDS} == {field: f"value of {field}" for field in FIELDS}
    assert extracts.read().unused_columns == []


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_missing_required_column_is_named(extracts: Extracts, kind: str) -> None:
    write(extracts, kind, {"id": MARKER, "email": MARKER})
    assert "required column 'customer_id' is missing" in extracts.refusal(ExtractError)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
@pytest.mark.parametrize("wrong", ["EMAIL", " Email"])
def test_a_wrong_case_column_is_named(extracts: Extracts, kind: str, wrong: str) -> None:
    write(extracts, kind, {"customer_id": MARKER, wrong: MARKER})
    said = extracts.refusal(ExtractError)
    assert repr(wrong) in said
    assert f'email = "{wrong}"' in said
    extracts.source["columns"] = {"email": wrong}
    assert extracts.read().customers == 1


def test_every_wrong_column_is_named_at_once(extracts: Extracts) -> None:
    write(extracts, "csv", {"Customer_ID": MARKER, "Email": MARKER, "PHONE": MARKER})
    said = extracts.refusal(ExtractError)
    assert all(repr(name) in said for name in ("Customer_ID", "Email", "PHONE"))


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_mapping_to_a_missing_or_wrong_case_column_is_named(extracts: Extracts, kind: str) -> None:
    write(extracts, kind, {"customer_id": MARKER, "E-Mail": MARKER}, columns={"email": "mail"})
    said = extracts.refusal(ExtractError)
    assert "'mail', which source.columns maps to email, is missing" in said
    extracts.source["columns"] = {"email": "e-mail"}
    assert "'E-Mail' differs from 'e-mail'" in extracts.refusal(ExtractError)


def test_an_unknown_field_in_the_mapping_is_named(extracts: Extracts) -> None:
    write(extracts, "csv", {"customer_id": MARKER}, columns={"e_mail": "customer_id"})
    said = extracts.refusal(SettingsError)
    assert "'e_mail'" in said
    assert "'email'" in said


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_two_columns_that_differ_only_in_case_are_two_columns(extracts: Extracts, kind: str) -> None:
    row = {"Customer_id": "9", "customer_id": "1", "Email": "b@b.b", "email": "a@a.a"}
    write(extracts, kind, row)
    assert extracts.one()["email"] == "a@a.a"
    assert extracts.read().unused_columns == ["Customer_id", "Email"]
    extracts.source["columns"] = {"customer_id": "Customer_id", "email": "Email", "external_id": "email"}
    customer = extracts.one()
    assert [customer[name] for name in ("customer_id", "email", "external_id")] == ["9", "b@b.b", "a@a.a"]


def test_json_keys_that_differ_only_in_case_do_not_mix(extracts: Extracts) -> None:
    write(extracts, "json", {"customer_id": "1", "Email": "b@b.b", "email": "a@a.a"})
    assert extracts.one()["email"] == "a@a.a"
    assert extracts.read().unused_columns == ["Email"]


def test_one_column_may_feed_two_fields(extracts: Extracts) -> None:
    write(extracts, "csv", {"id": "7"}, columns={"customer_id": "id", "external_id": "id"})
    assert extracts.one()["external_id"] == "7"


def test_the_mapping_wins_over_a_column_with_our_name(extracts: Extracts) -> None:
    write(
        extracts,
        "csv",
        {"customer_id": "1", "email": "old@x.y", "mail": "new@x.y"},
        columns={"email": "mail"},
    )
    assert extracts.one()["email"] == "new@x.y"
    assert extracts.read().unused_columns == ["email"]


def test_every_field_of_the_contract_is_read(extracts: Extracts) -> None:
    row = dict.fromkeys(
        [
            "email",
            "phone",
            "social_id",
            "first_name",
            "last_name",
            "gender",
            "birth_date",
            "age",
            "postal_code",
            "country",
            "state",
            "city",
            "neighborhood",
            "audiences",
            "nbo_products",
            "nbo_categories",
            "mobile_ad_id",
            "external_id",
            "app_user_id",
            "page_user_id",
            "value",
            "consent",
            "consent_vtex_ads",
        ],
        "",
    )
    write(extracts, "csv", {"customer_id": "1"} | row)
    assert extracts.read().unused_columns == []


def test_the_settings_file_holds_the_same_mapping(extracts: Extracts) -> None:
    extracts.write("data/2026-01-05.csv", "Código do cliente,E-mail\n1,a@b.c\n")
    settings = settings_from_toml(
        extracts.folder,
        '[source]\npath = "data/{day}.csv"\n[source.columns]\ncustomer_id = "Código do cliente"\nemail = "E-mail"\n',
    )
    extracts.source = settings.source.model_dump()
    assert extracts.one()["email"] == "a@b.c"
