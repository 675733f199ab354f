"""A key's line is found however the key is written, and values over several lines do not shift it."""

import tomllib

import pytest

from audience_assets.settings_lines import line_of, not_toml

TEXT = '''# a comment
state_dir = "x"

[source]
path = """
[schedule]
hour = 3
"""
columns = { customer_id = "ID", "social.id" = "CPF" }
owners = [
    "a",
    # hour
    "b",
]

[destinations.meta.audiences."v.i.p"]
name = "VIP"
[schedule]
limits.few = 5
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (["state_dir"], 2),
        (["source"], 4),
        (["source", "path"], 5),
        (["source", "columns", "social.id"], 9),
        (["source", "owners"], 10),
        (["source", "owners", "1"], 10),
        (["destinations"], 16),
        (["destinations", "meta", "audiences", "v.i.p", "name"], 17),
        (["schedule"], 18),
        (["schedule", "limits", "few"], 19),
    ],
)
def test_a_key_is_found_where_its_value_begins(key: list[str], line: int) -> None:
    assert line_of(TEXT, key) == line


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (["source", "query"], 4),
        (["destinations", "meta", "access_token"], 16),
        (["source", "owners", "7"], 10),
    ],
)
def test_a_key_that_is_missing_is_told_where_its_table_begins(key: list[str], line: int) -> None:
    assert line_of(TEXT, key) == line


@pytest.mark.parametrize("key", [[], ["nothing"], ["nothing", "here"]])
def test_what_is_not_in_the_text_has_no_line(key: list[str]) -> None:
    assert line_of(TEXT, key) is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\n[x]\nb = 1\n[x]\n", 4, "[x] stands on line 2 already: give each table"),
        ("a = 1\nb = 2\na = 3\n", 3, "this key stands twice in its table: keep one of them"),
        ("a = 1\nb = two\n", 2, "this is not valid TOML (Invalid value): text stands in quotes"),
        ("a = 1\nb = [1,\n\n", 2, "this is not valid TOML (Invalid value)"),
    ],
)
def test_text_that_is_not_toml_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    found = not_toml(text, caught.value)
    assert found[0] == line
    assert found[1].startswith(said)
