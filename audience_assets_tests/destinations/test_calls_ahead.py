"""How many calls each partner needs in the cases that a plain day does not have: its id is known, it was begun, it is deleted."""

import pytest
from pydantic import TypeAdapter

from audience_assets.destinations.forecast import Ahead
from audience_assets.destinations.meta import forecast as meta
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.tiktok import forecast as tiktok
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.vtex_ads import forecast as vtex_ads
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings

TOKEN = {"env": "TOKEN"}
AUDIENCES = {"known": {"id": "7"}}
META = TypeAdapter(MetaSettings).validate_python(
    {"type": "meta", "ad_account": "12", "access_token": TOKEN, "audiences": AUDIENCES, "calls_per_second": 2}
)
TIKTOK = TypeAdapter(TikTokSettings).validate_python(
    {"type": "tiktok", "advertiser_id": "34", "access_token": TOKEN, "audiences": AUDIENCES}
)
ADD, REMOVE = "add", "remove"


@pytest.mark.parametrize(
    ("ahead", "at_meta", "at_tiktok"),
    [
        (Ahead("vip", ()), 0, 0),
        (Ahead("vip", (ADD,)), 4, 4),  # searched for and created
        (Ahead("known", (ADD,)), 2, 4),  # the settings name its id
        (Ahead("vip", (ADD,), there=True), 2, 4),
        (Ahead("vip", (REMOVE,), there=True), 2, 4),
        (Ahead("vip", (ADD, ADD, REMOVE), there=True), 4, 8),
        (Ahead("vip", (ADD,), there=True, begun=True), 1, 3),
        (Ahead("vip", (), there=True, begun=True), 0, 1),  # TikTok is only asked whether it is done
        (Ahead("vip", (), there=True, deletes=True), 1, 1),
        (Ahead("vip", (), deletes=True), 0, 0),
    ],
)
def test_calls_of_one_audience(ahead: Ahead, at_meta: int, at_tiktok: int) -> None:
    assert (meta.calls(META, ahead), tiktok.calls(TIKTOK, ahead)) == (at_meta, at_tiktok)


@pytest.mark.parametrize(("calls", "minutes"), [(2, 0), (120, 59 / 60), (5_001, 60)])
def test_at_meta_the_settings_and_the_hour_count(calls: int, minutes: float) -> None:
    assert meta.limits(META).minutes(calls) == pytest.approx(minutes)


def test_at_tiktok_the_tier_counts() -> None:
    assert tiktok.limits(TIKTOK).minutes(601) == pytest.approx(1)


def test_each_partner_has_a_page_for_people_unless_it_is_a_server_of_one_s_own() -> None:
    bucket = VtexAdsSettings(bucket="audiences-of-shop", prefix="/shop/")
    assert meta.page(META) == "https://business.facebook.com/adsmanager/audiences?act=12"
    assert tiktok.page(TIKTOK) == "https://ads.tiktok.com/i18n/audience?aadvid=34"
    assert vtex_ads.uri(bucket) == "s3://audiences-of-shop/shop/audiences/"
    assert vtex_ads.page(bucket) == (
        "https://s3.console.aws.amazon.com/s3/buckets/audiences-of-shop?prefix=shop/audiences/"
    )
    own = "http://127.0.0.1:1"
    assert meta.page(META.model_copy(update={"base_url": own})) == ""
    assert tiktok.page(TIKTOK.model_copy(update={"base_url": own})) == ""
    assert vtex_ads.page(bucket.model_copy(update={"endpoint_url": own})) == ""
