"""The Brazilian tax number, CPF: eleven digits whose last two prove the rest."""

from audience_assets.rules.rule import CanonicalRule, Form

CANONICAL = CanonicalRule(
    field="social_id",
    version=1,
    prepared="cpf_text({0})",
    reading="cpf_number(cleaned.social_id)",
    value="usable_cpf(cleaned.social_id_reading)",
    refusal="cpf_refusal(cleaned.social_id)",
    identifier=True,
    description="CPF, 11 digits",
)


def _check_digit(position: int) -> str:
    """SQL for the check digit at a position (10 or 11, from 1): weights fall from `position` to 2, modulo 11."""
    weighted = " + ".join(
        f"cpf // {10 ** (11 - index)} % 10 * {position + 1 - index}" for index in range(1, position)
    )
    return f"({weighted}) * 10 % 11 % 10"


MACROS = f"""
create macro bare_number(value) as
  replace(replace(replace(without_whitespace(value), '.', ''), '-', ''), '/', '');

-- The masked and the plain form of a CPF need no regard for white space and spreadsheets.
create macro cpf_text(value) as
  case
    when regexp_full_match(value, '[0-9]{{3}}[.]?[0-9]{{3}}[.]?[0-9]{{3}}-?[0-9]{{2}}')
      then replace(replace(value, '.', ''), '-', '')
    else bare_number(whole_number_text(value))
  end;

-- Eight to eleven digits: a number column loses the leading zeros.
create macro cpf_number(value) as
  case when regexp_full_match(value, '[0-9]{{8,11}}') then cast(value as bigint) end;

create macro cpf_checks_out(cpf) as
  {_check_digit(10)} = cpf // 10 % 10
  and {_check_digit(11)} = cpf % 10;

create macro usable_cpf(cpf) as
  case when cpf % 11111111111 <> 0 and cpf_checks_out(cpf) then lpad(cast(cpf as varchar), 11, '0') end;

create macro cpf_refusal(value) as
  case
    when regexp_matches(value, '[^0-9]') then 'unexpected character'
    when strlen(value) not between 8 and 11 then 'wrong length'
    when cast(value as bigint) % 11111111111 = 0 then 'repeated digit'
    else 'wrong check digits'
  end;
"""

DIGITS = Form(
    name="tax_id.digits",
    version=1,
    expression="{0}",
    description="11 digits, no mask",
    source="VTEX Ads events page, PII by CPF; the audience page names spaces and case only",
)

MASKED = Form(
    name="tax_id.masked",
    version=1,
    expression="regexp_replace({0}, '(...)(...)(...)(..)', '\\1.\\2.\\3-\\4')",
    description="written 529.982.247-25, the literal reading of the audience page",
    source="VTEX Ads, Integrating audiences, Field hashing",
)
