r"""Text as every rule sees it: format characters, NFC, white space and lower case, exactly as Python has them.

DuckDB differs from Python in a handful of code points (`İ`, the final sigma, the white space that RE2 calls `\s`); the
macros here mend each of them, and take a short way for plain ASCII or everyday Latin letters, where nothing differs.

Most macros name the unusual case and leave the usual one to `else`, because NULL goes there, too: where every value of a
batch takes the same way, DuckDB keeps the dictionary of a Parquet column, and works on each distinct value once.
"""

from audience_assets.rules import unicode_sets

WHITESPACE = r"\t-\r\x1c- \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
"""What Python's `\\s` matches in text, as the inside of an RE2 class."""


def character_class(code_points: str) -> str:
    """The inside of an RE2 class for a list of hexadecimal code points and ranges."""
    return "".join("-".join(f"\\x{{{bound}}}" for bound in item.split("-")) for item in code_points.split())


LATIN = r"\x{a1}-\x{ac}\x{ae}-\x{2ff}"
"""Letters and signs behind ASCII that are neither white space nor format characters, and in NFC whatever is beside them."""

LATIN_LETTERS = r"\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{12f}\x{131}-\x{24f}"
"""Those of them that are letters, without `İ`, which DuckDB and Python lower differently."""

FORMAT_CHARACTERS = character_class(unicode_sets.FORMAT_CHARACTERS)
CASED = character_class(unicode_sets.CASED)
CASE_IGNORABLE = character_class(unicode_sets.CASE_IGNORABLE)

MACROS = rf"""
create macro trim_whitespace(value) as
  regexp_replace(value, '^[{WHITESPACE}]+|[{WHITESPACE}]+$', '', 'g');

create macro without_whitespace(value) as
  case
    when regexp_full_match(value, '[!-~]*') then value
    else regexp_replace(value, '[{WHITESPACE}]+', '', 'g')
  end;

-- DuckDB's nfc_normalize swallows U+11A7 behind a Hangul syllable. It composes with nothing, so it can be split at.
create macro to_nfc(value) as
  case
    when contains(value, chr(4519)) then array_to_string(
      list_transform(string_split(value, chr(4519)), lambda part: nfc_normalize(part)),
      chr(4519)
    )
    else nfc_normalize(value)
  end;

-- Format characters out, NFC, trimmed; NULL where nothing is left.
create macro clean_text(value) as
  case
    when not regexp_full_match(value, '[!-~{LATIN}](?:[ -~{LATIN}]*[!-~{LATIN}])?') then nullif(
      trim_whitespace(to_nfc(regexp_replace(value, '[{FORMAT_CHARACTERS}]+', '', 'g'))),
      ''
    )
    else value
  end;

-- A capital sigma behind a letter and before none is a final one (Unicode, Final_Sigma).
create macro with_final_sigma(value) as
  case
    when contains(value, 'Σ') then regexp_replace(
      value,
      '([{CASED}][{CASE_IGNORABLE}]*)Σ([{CASE_IGNORABLE}]*(?:$|[^{CASED}{CASE_IGNORABLE}]))',
      '\1ς\2',
      'g'
    )
    else value
  end;

-- Python's str.lower().
create macro lower_text(value) as
  case
    when strlen(value) = length(value) then lower(value)
    else lower(replace(with_final_sigma(value), 'İ', 'i' || chr(775)))
  end;

-- What stands between the letters of everyday names.
create macro without_name_marks(value) as
  replace(replace(replace(replace(value, ' ', ''), '.', ''), '-', ''), '''', '');

-- How words of a fixed vocabulary are compared: no accents, case, dots, hyphens or white space.
create macro word_key(value) as
  case
    when not regexp_full_match(value, '[ -~{LATIN}]*')
      then regexp_replace(strip_accents(lower_text(value)), '[.{WHITESPACE}-]+', '', 'g')
    else replace(replace(replace(strip_accents(lower(value)), ' ', ''), '.', ''), '-', '')
  end;

-- Spreadsheets write a whole number as 123.0.
create macro whole_number_text(value) as
  case when regexp_full_match(value, '[0-9]+[.]0') then split_part(value, '.', 1) else value end;

create macro is_digest(value) as
  case when strlen(value) = 64 then regexp_full_match(value, '[0-9a-fA-F]*') else false end;

create macro unless_digest(value) as
  case when is_digest(value) then null else value end;
"""
