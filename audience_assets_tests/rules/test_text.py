"""Text in SQL is text in Python, for every code point that both know."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import pytest

from audience_assets.rules import latin, unicode_sets
from audience_assets.rules.text import WHITESPACE
from audience_assets_tests.reference import unicode14
from audience_assets_tests.rules.conftest import Ask

EVERY = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
"""Every code point that can stand in a text; DuckDB takes no NUL from a file either."""
KNOWN = [letter for letter in map(chr, unicode14.assigned()) if unicodedata.category(letter) != "Cn"]
SMALL_SIGMA = "\u03c3"
FILLER = "\u11a7"
"""HANGUL JUNGSEONG's place before the first vowel: DuckDB's nfc_normalize takes it for one."""


def listed(code_points: str) -> set[str]:
    """The characters of a list in unicode_sets."""
    return {
        chr(code)
        for first, _, last in (item.partition("-") for item in code_points.split())
        for code in range(int(first, 16), int(last or first, 16) + 1)
    }


def is_cased(letter: str) -> bool:
    """Whether Python keeps a sigma before this letter from being a final one."""
    return f"aΣ{letter}".lower()[1] == SMALL_SIGMA


def is_skipped(letter: str) -> bool:
    """Whether Python looks past this letter for the one that decides."""
    return not is_cased(letter) and f"aΣ{letter}a".lower()[1] == SMALL_SIGMA


def differing(found: Iterable[object], wanted: Iterable[object], values: Iterable[str]) -> list[str]:
    return [
        f"{value!a}: {ours!a} for {theirs!a}"
        for value, ours, theirs in zip(values, found, wanted, strict=True)
        if ours != theirs
    ][:10]


def sigma_words() -> Iterator[str]:
    """Capital sigmas with every known code point before and behind them, alone and with a letter beyond."""
    for letter in KNOWN:
        yield from (f"aΣ{letter}", f"aΣ{letter}a", f"{letter}Σ", f"a{letter}Σ a")


def test_format_characters_are_the_general_category() -> None:
    listed_ones = listed(unicode_sets.FORMAT_CHARACTERS)
    assert [
        letter for letter in KNOWN if (letter in listed_ones) != (unicodedata.category(letter) == "Cf")
    ] == []


def test_punctuation_and_symbols_are_the_general_categories() -> None:
    listed_ones = listed(unicode_sets.PUNCTUATION_AND_SYMBOLS)
    assert [
        letter for letter in KNOWN if (letter in listed_ones) != (unicodedata.category(letter)[0] in "PS")
    ] == []


def test_cased_and_skipped_letters_are_those_of_str_lower() -> None:
    cased, skipped = listed(unicode_sets.CASED), listed(unicode_sets.CASE_IGNORABLE)
    assert not cased & skipped
    assert [ascii(letter) for letter in KNOWN if (letter in cased) != is_cased(letter)] == []
    assert [ascii(letter) for letter in KNOWN if (letter in skipped) != is_skipped(letter)] == []


def test_white_space_is_what_python_matches(ask: Ask) -> None:
    found = ask(f"regexp_full_match(value, '[{WHITESPACE}]')", EVERY)
    assert differing(found, (re.fullmatch(r"\s", letter) is not None for letter in EVERY), EVERY) == []
    around = [f"{letter}x{letter}" for letter in KNOWN]
    assert (
        differing(
            ask("without_whitespace(value)", around), (re.sub(r"\s", "", text) for text in around), around
        )
        == []
    )


def test_lower_case_is_pythons_for_every_code_point(ask: Ask) -> None:
    assert differing(ask("lower_text(value)", KNOWN), map(str.lower, KNOWN), KNOWN) == []


def test_lower_case_of_sigma_is_pythons_in_every_context(ask: Ask) -> None:
    words = list(sigma_words())
    assert len(words) > 1_000_000
    assert differing(ask("lower_text(value)", words), map(str.lower, words), words) == []


@pytest.mark.parametrize(
    "word",
    [
        "ΟΔΥΣΣΕΥΣ",
        "ΣΑΣ",
        "Σ",
        "ΣΣ",
        "ΑΣ.",
        "\u0391Σ'\u0391",
        "ΑΣ\u0301",
        "\u0391\u0301Σ",
        "1Σ",
        "ΑΣ ΣΑΣ",
        "ΑΣΣ ΑΣ\u00adΣ",
        "İSTANBUL",
        "İΣ",
    ],
)
def test_greek_and_turkish_words_are_lowered_as_python_does(ask: Ask, word: str) -> None:
    assert ask("lower_text(value)", [word]) == [word.lower()]


def test_nfc_is_pythons_for_every_code_point_and_its_decompositions(ask: Ask) -> None:
    values = KNOWN + [unicodedata.normalize("NFD", letter) for letter in KNOWN]
    wanted = [unicodedata.normalize("NFC", value) for value in values]
    assert differing(ask("to_nfc(value)", values), wanted, values) == []


def test_nfc_keeps_the_hangul_filler_which_duckdb_alone_loses(ask: Ask) -> None:
    values = [f"가{FILLER}", f"가{FILLER}가", f"{FILLER}", f"e\u0301가{FILLER}e\u0301"]
    wanted = [unicodedata.normalize("NFC", value) for value in values]
    assert ask("to_nfc(value)", values) == wanted
    assert ask("nfc_normalize(value)", values[:1]) == ["가"], (
        "DuckDB's bug is mended: to_nfc can be nfc_normalize"
    )


def test_clean_text_is_without_format_characters_trimmed_and_null_when_blank(ask: Ask) -> None:
    given = ["a b", " a\u00a0", "\u200b", "\ufeffe\u0301\u00ad", "\t \u3000", "", "x\u200b ", "a\u200bb"]
    assert ask("clean_text(value)", given) == ["a b", "a", None, "é", None, None, "x", "ab"]


def test_a_digest_is_64_hex_digits_in_any_case(ask: Ask) -> None:
    given = ["aB" * 32, "a" * 63, "a" * 65, "g" * 64, "a" * 64 + "\n", "\uff41" * 64, ""]
    assert ask("is_digest(value)", given) == [True, *[False] * 6]


def test_words_are_compared_without_accents_case_dots_hyphens_or_blanks(ask: Ask) -> None:
    given = ["São-Paulo", "S. A\u0303O PAULO", "não\u00a0informado", "-"]
    assert ask("word_key(value)", given) == ["saopaulo", "saopaulo", "naoinformado", ""]


def test_each_special_letter_of_latin_alphabets_is_written_in_a_to_z_or_left_out(ask: Ask) -> None:
    table = latin.SINGLE | latin.DOUBLE
    given = [form for letter in table for form in (letter, letter.upper())]
    written = [table[letter] for letter in table for _ in range(2)]
    assert ask("transliterated_letters(value)", given) == written
    assert all(re.fullmatch("[a-z]{1,2}", text) for text in written)
    assert set(ask("undecorated_letters(value)", list(table))) == {None}


def test_letters_with_accents_lose_the_accent_or_are_left_out(ask: Ask) -> None:
    given = ["São Paulo", "ǼRØ", "x\u0301y", "Ж", "12", "K\u212a"]
    assert ask("transliterated_letters(value)", given) == ["saopaulo", "aero", "xy", None, None, "kk"]
    assert ask("undecorated_letters(value)", given) == ["sopaulo", "r", "xy", None, None, "kk"]
