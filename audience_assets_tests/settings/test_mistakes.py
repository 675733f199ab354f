"""Every plausible mistake is one SettingsError that names the key as it stands in the file, and the mend."""

import string
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from audience_assets import settings
from audience_assets.customers.settings import SourceSettings
from audience_assets.errors import SettingsError
from audience_assets.settings import SETTINGS_VARIABLE, EngineSettings, Settings
from audience_assets_tests.settings.conftest import Load

MISTAKES = [
    (
        'state_dir = "gs://bucket/state"',
        "state_dir: it is neither a folder nor a URL such as s3://bucket/prefix",
    ),
    ("state_dir = 3", "state_dir: write a folder, or a URL such as s3://bucket/prefix, as text"),
    ('state_dir = "s3://bucket/state"', "state_dir is on S3, where the ledger cannot be: set ledger_url"),
    ('state = "x"', "state: there is no such key; did you mean state_dir?"),
    ('[source]\npth = "x"', "source.pth: there is no such key; did you mean path?"),
    ("[source.s3]\nzone = 1", "source.s3.zone: there is no such key; there are endpoint_url"),
    ('[destinations.x]\nbuckett = "b"', "destinations.x.buckett: there is no such key; did you mean bucket?"),
    ('schedule.hour = "six"', "schedule.hour: Input should be a valid integer"),
    ("schedule.hour = 24", "schedule.hour: Input should be less than or equal to 23"),
    ('rules.brazil_ninth_digit = "perhaps"', "rules.brazil_ninth_digit: Input should be a valid boolean"),
    ('rules.date_order = "ymd"', "rules.date_order: Input should be 'dmy' or 'mdy'"),
    ('source = "x.csv"', "source: must be a table of keys: write it as [table] or { key = value }"),
    ("destinations = 5", "destinations: must be a table of keys"),
    ('destinations.x = "bucket"', "destinations.x: must be a table of keys"),
    (
        'destinations.x.type = "snapchat"',
        "destinations.x.type: there is no such type; there are vtex_ads, meta, tiktok",
    ),
    ("destinations.x.rows_per_file = 0", "destinations.x.rows_per_file: Input should be greater than"),
    ('[destinations."Meta BR"]', "destinations: Meta BR cannot be an asset's name: use lower-case letters"),
    ("[destinations.raw_customers]", "destinations: raw_customers is taken by the pipeline itself"),
    (
        'partitions.timezone = "Sao Paulo"',
        "partitions.timezone: there is no time zone 'Sao Paulo'; use a name",
    ),
    ('partitions.timezone = "America"', "partitions.timezone: there is no time zone 'America'; use a name"),
    ('partitions.timezone = ""', "partitions.timezone: there is no time zone ''"),
    ('partitions.timezone = "../x"', "partitions.timezone: there is no time zone"),
    ('partitions.start = "2026-13-01"', "partitions.start: Input should be a valid date"),
    ('rules.default_country = "br"', "rules.default_country: 'br' is not an ISO 3166-1 alpha-2 code"),
    ('rules.default_country = "UK"', "rules.default_country: 'UK' is not an ISO 3166-1 alpha-2 code"),
    ('rules.default_country = "Brasil"', "rules.default_country: 'Brasil' is not an ISO 3166-1"),
    (
        'source.path = "crm.parquet"',
        "source.path: the path is the same on several days, so it does not contain the day",
    ),
    ('source.path = "{day:%Y-%m}.csv"', "source.path: the path is the same on several days"),
    ('source.path = "{day:%-m%-d}.csv"', "source.path: the path is the same on several days"),
    ('source.path = "{day:YYYYMMDD}.csv"', "source.path: the path is the same on several days"),
    (
        'source.path = "{dya}.csv"',
        "source.path: {dya} is not a form of the day: write {day} or {day:%Y/%m/%d}",
    ),
    ('source.path = "{day:%Y%m%d%Q}"', "source.path: {day:%Y%m%d%Q} is not a form of the day"),
    ('source.path = "{day:%Q}"', "source.path: {day:%Q} is not a form of the day"),
    ('source.path = "{day.yaer}"', "source.path: {day.yaer} is not a form of the day"),
    ('source.path = "{day[0]}"', "source.path: {day[0]} is not a form of the day"),
    ('source.path = "{day!r}"', "source.path: {day!r} is not a form of the day"),
    ('source.path = "{}{day}"', "source.path: {} is not a form of the day"),
    ('source.path = "{day:{day}}"', "source.path: {day:{day}} is not a form of the day"),
    ('source.path = "{day.csv"', "source.path: a brace is not closed, or not opened: write {day}"),
    ('source.path = "day}.csv"', "source.path: a brace is not closed, or not opened"),
    ('[source]\npath = "{day}"\nquery = "from x"', "source: give either path or query, not both"),
    ('source.csv_delimiter = ";;"', "source.csv_delimiter: String should have at most 1 character"),
    ('source.hashed = ["emial"]', "source.hashed: emial cannot be a digest; it may name birth_date, city"),
    ('source.hashed = ["audiences"]', "source.hashed: audiences cannot be a digest"),
    (
        'engine.memory_limit = "2 elephants"',
        "engine.memory_limit: '2 elephants' is not an amount of memory: write it as 2GB",
    ),
    ('engine.memory_limit = "0GB"', "engine.memory_limit: '0GB' is not an amount of memory"),
    ('engine.memory_limit = "120%"', "engine.memory_limit: '120%' is not an amount of memory"),
    ("engine.memory_limit = 2", "engine.memory_limit: Input should be a valid string"),
    (
        'owners = ["nobody"]',
        "owners.0: 'nobody' cannot own an asset: write an e-mail address, or a team as team:NAME",
    ),
    ('owners = ["team:a", "team:"]', "owners.1: 'team:' cannot own an asset"),
    ('owners = ["ana@localhost"]', "owners.0: 'ana@localhost' cannot own an asset"),
    ("ledger_url = 5", "ledger_url: write the URL as text, or { env ="),
    ('ledger_url = { evn = "X" }', "ledger_url: write the URL as text, or { env ="),
    (
        'destinations.x.secret_access_key = { env = "A" }',
        "destinations.x: give access_key_id and secret_access_key together",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_mistake_is_named_with_its_mend(load: Load, file: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(text)
    place, _, said = str(caught.value).partition(": ")
    assert place.partition(", line ")[0] == str(file)
    assert said.startswith(sentence)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_two_mistakes_are_both_named(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"rules\.date_order: .*; .*: schedule\.hour: "):
        load('schedule.hour = 99\nrules.date_order = "x"')


def test_text_that_is_not_toml_names_the_line(load: Load, file: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"line 2: this is not valid TOML \(Invalid value\): text stands in quotes"
    ) as caught:
        load('state_dir = "x"\nschedule.hour = = 3')
    assert str(caught.value).startswith(str(file))


def test_a_file_that_is_not_utf8_names_the_line(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes('# ok\nstate_dir = "está"'.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"line 2: this is not UTF-8: save the file as UTF-8"):
        settings.load(file)


def test_a_missing_file_says_what_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "gone.toml"))
    with pytest.raises(
        SettingsError, match=r"gone\.toml does not exist; AUDIENCE_ASSETS_SETTINGS or --settings names it"
    ):
        settings.load()


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "AUDIENCE_ASSETS__SCHEDULE__HOUR",
            "six",
            "AUDIENCE_ASSETS__SCHEDULE__HOUR: Input should be a valid integer",
        ),
        (
            "AUDIENCE_ASSETS__SHEDULE__HOUR",
            "6",
            "AUDIENCE_ASSETS__SHEDULE__HOUR: there is no such key; did you mean schedule?",
        ),
        (
            "AUDIENCE_ASSETS__ENGINE__MEMORY",
            "1GB",
            "AUDIENCE_ASSETS__ENGINE__MEMORY: there is no such key; did you mean memory",
        ),
        ("AUDIENCE_ASSETS__OWNERS", "team:x", "is not JSON: write AUDIENCE_ASSETS__OWNERS"),
        ("AUDIENCE_ASSETS__SCHEDULE", "{", "is not JSON"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    load: Load, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load("schedule.hour = 3")
    assert sentence in str(caught.value)
    assert "settings.toml" not in str(caught.value)


@given(st.text(string.printable, max_size=12) | st.from_regex(r"[0-9.]{1,3} ?([KMGT]i?B|%)", fullmatch=True))
def test_an_amount_of_memory_that_loads_is_one_for_duckdb(text: str) -> None:
    try:
        limit = EngineSettings(memory_limit=text).memory_limit
    except ValidationError:
        return
    with duckdb.connect(config={"memory_limit": limit}) as connection:
        connection.execute("select 1")


@given(st.text("{}day%Ymd:", max_size=16) | st.text("{}%YmdQH:!.[]", max_size=16).map("{day}".__add__))
def test_a_path_that_loads_can_be_written_for_every_day(path: str) -> None:
    try:
        source = SourceSettings(path=path)
    except ValidationError:
        return
    assert (source.path or "").format(day=date(2027, 2, 3)) != (source.path or "").format(
        day=date(2027, 2, 4)
    )


def test_owners_that_dagster_refuses_never_load() -> None:
    with pytest.raises(ValidationError, match="cannot own an asset"):
        Settings(owners=("nobody",))
