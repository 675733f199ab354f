"""Lists of texts: audiences, next best products and categories, and how a partner joins them."""

from audience_assets.rules.rule import CanonicalRule, Form
from audience_assets.rules.text import LATIN

LIST_FIELDS = ("audiences", "nbo_products", "nbo_categories")


def _canonical(field: str, description: str) -> CanonicalRule:
    return CanonicalRule(
        field=field,
        version=1,
        value=f"usable_list(cleaned.{field})",
        type="VARCHAR[]",
        description=f"{description}: blanks and repeats dropped, order kept",
    )


AUDIENCES = _canonical("audiences", "names of the audiences the customer is in")
NBO_PRODUCTS = _canonical("nbo_products", "next best offer, product SKUs")
NBO_CATEGORIES = _canonical("nbo_categories", "next best offer, category trees")

CLEAN = f"[!-~{LATIN}](?:[ -~{LATIN}]*[!-~{LATIN}])?"
"""What clean_text leaves as it is, as an RE2 pattern."""

MACROS = rf"""
-- NFC first: it turns the Greek question mark into a semicolon. Everyday Latin text is in NFC.
create macro split_list(value) as
  string_split(case when regexp_full_match(value, '[ -~{LATIN}]*') then value else to_nfc(value) end, ';');

create macro without_repeats(items) as
  list_filter(items, lambda item, position: item is not null and list_position(items, item) = position);

-- Lists of everyday Latin text without outer blanks need no cleaning. Few elements are compared in pairs sooner than counted.
create macro usable_list(items) as
  case
    when len(items) = 0 then null
    when regexp_full_match(array_to_string(items, chr(10)), '{CLEAN}(?:\n{CLEAN})*') then case
      when len(items) = 1 then items
      when len(items) = 2 and items[1] <> items[2] then items
      when len(items) > 16 and list_unique(items) = len(items) then items
      else without_repeats(items)
    end
    else nullif(
      -- The list of one list binds the cleaned elements to a name, so that they are not cleaned again for each element.
      list_transform(
        [list_filter(list_transform(items, lambda item: clean_text(item)), lambda item: item is not null)],
        lambda cleaned: without_repeats(cleaned)
      )[1],
      []
    )
  end;

-- The separator has no escape, so an element that contains it is left out.
create macro joined_list(items) as
  nullif(array_to_string(list_filter(items, lambda item: not contains(item, ';')), ';'), '');

create macro unjoinable_refusal(items) as
  case
    when len(list_filter(items, lambda item: contains(item, ';'))) > 0 then 'an element contains ;'
  end;
"""

JOINED = Form(
    name="list.joined",
    version=1,
    expression="joined_list({0})",
    description="joined with `;`, in the extract's order",
    source="VTEX Ads, Integrating audiences, Attributes",
    refusal="unjoinable_refusal({0})",
)

JOINED_SET = Form(
    name="list.joined_set",
    version=1,
    expression="joined_list({0})",
    description="joined with `;`; another order is not a change",
    source="VTEX Ads, Integrating audiences, Attributes",
    refusal="unjoinable_refusal({0})",
    comparison="list_sort(string_split({0}, ';'))",
)
