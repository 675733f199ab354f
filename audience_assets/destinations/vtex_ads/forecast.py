"""What a delivery takes at VTEX Ads, and where a person sees the files.

Source: VTEX Ads, Integrating audiences.
"""

from urllib.parse import quote

from audience_assets.destinations.forecast import Ahead, Limits
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings


def calls(settings: VtexAdsSettings, ahead: Ahead) -> int:
    """One PUT a file; by presigned forms one for the form and one for the file."""
    return len(ahead.operations) * (2 if settings.transport == "presigned" else 1)


def limits(_settings: VtexAdsSettings) -> Limits:
    """Neither VTEX Ads nor S3 has a limit that a few files a day could reach."""
    return Limits("no limit that so few calls could reach")


def uri(settings: VtexAdsSettings) -> str:
    """The publisher's folder in the bucket."""
    prefix = settings.prefix.strip("/")
    return f"s3://{settings.bucket}/{f'{prefix}/' if prefix else ''}audiences/" if settings.bucket else ""


def page(settings: VtexAdsSettings) -> str:
    """The same folder in the console of AWS; another store has none that we know."""
    if settings.endpoint_url or not settings.bucket:
        return ""
    folder = uri(settings).removeprefix(f"s3://{settings.bucket}/")
    return f"https://s3.console.aws.amazon.com/s3/buckets/{settings.bucket}?prefix={quote(folder)}"
