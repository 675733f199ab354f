"""Mobile advertising ids (IDFA, GAID)."""

from audience_assets.rules.rule import CanonicalRule, Form

MOBILE_AD_ID = CanonicalRule(
    field="mobile_ad_id",
    version=1,
    prepared="lower_text({0})",
    value="usable_device_id(cleaned.mobile_ad_id)",
    refusal="device_id_refusal(cleaned.mobile_ad_id)",
    identifier=True,
    description="mobile advertising id, lower case with hyphens",
)

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NIL = "00000000-0000-0000-0000-000000000000"

MACROS = f"""
create macro usable_device_id(value) as
  case when regexp_full_match(value, '{UUID}') and value <> '{NIL}' then value end;

create macro device_id_refusal(value) as
  case when value = '{NIL}' then 'all zeros' else 'not a device id' end;
"""

LOWER = Form(
    name="device_id.lower",
    version=1,
    expression="{0}",
    description="lower case with hyphens",
    source=(
        "Meta, Custom audiences from a customer file, Hashing and normalization for multiple keys, MADID; "
        "TikTok Ads help centre, supported identifiers, mobile advertising id"
    ),
)
