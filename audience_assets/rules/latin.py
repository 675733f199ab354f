"""Text in the letters a to z alone, for partners that take no others."""

SINGLE = {
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ŀ": "l",
    "ħ": "h",
    "ı": "i",  # noqa: RUF001 - the letter itself
    "ŋ": "n",
    "ŉ": "n",
    "ŧ": "t",
    "ſ": "s",  # noqa: RUF001 - the letter itself
}
DOUBLE = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij"}
"""Letters of Latin alphabets that are more than a letter with an accent, and how they are written without them."""

ACCENTED = "À-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿ"
"""Letters that are a letter from a to z with an accent."""

TRANSLITERATED = "transliterated_letters"
DROPPED = "undecorated_letters"
"""The macros for the two readings: accents and special letters are written in a to z, or such letters are left out."""


def _transliterated(text: str) -> str:
    """SQL for a lower-case text with its accents gone and the letters above written in a to z."""
    written = f"translate(strip_accents({text}), '{''.join(SINGLE)}', '{''.join(SINGLE.values())}')"
    for letter, pair in DOUBLE.items():
        written = f"replace({written}, '{letter}', '{pair}')"
    return written


MACROS = f"""
create macro ascii_letters(value) as
  nullif(lower(regexp_replace(value, '[^A-Za-z]+', '', 'g')), '');

create macro {TRANSLITERATED}(value) as
  case
    when not regexp_full_match(value, '[A-Za-z{ACCENTED} .''-]*') then case
      when strlen(value) = length(value) then ascii_letters(value)
      else ascii_letters({_transliterated("lower_text(value)")})
    end
    else nullif(without_name_marks(strip_accents(lower(value))), '')
  end;

create macro {DROPPED}(value) as
  case
    when strlen(value) = length(value) then ascii_letters(value)
    else ascii_letters(lower_text(value))
  end;
"""
