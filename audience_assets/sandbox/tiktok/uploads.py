"""Uploading a file, and finding the files that a creation or a change of members names."""

import hashlib
import secrets

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.answers import (
    FILE_CALCULATE_TYPE,
    FILE_EMPTY,
    FILE_EXPIRED,
    FILE_NOT_EXISTING,
    FILE_TOO_LARGE,
    FILE_TYPE,
    SIGNATURE,
    Answer,
    TikTokError,
    bad_parameter,
)
from audience_assets.sandbox.tiktok.cells import SEVERAL, SINGLE_KINDS
from audience_assets.sandbox.tiktok.parameters import Params, text, texts
from audience_assets.sandbox.tiktok.platform import Advertiser, StoredFile
from audience_assets.sandbox.tiktok.reading import Call, GivenFile
from audience_assets.sandbox.tiktok.upload_file import read_file

UPLOAD_TYPES = frozenset({*SINGLE_KINDS, SEVERAL})
SAME_TYPE = {"MAID_SHA256": "FIRST_SHA256", "MAID_MD5": "FIRST_MD5"}
"""Names of one number, of which only the second can be used for an audience."""
AUDIENCE_TYPES = UPLOAD_TYPES - SAME_TYPE.keys()

SUFFIXES = (".csv", ".txt")
PATH_LENGTH = 16
MOST_FILES = 500


def upload(clock: Clock, advertiser: Advertiser, call: Call) -> Answer:
    """POST /dmp/custom_audience/file/upload/.

    Source: TikTok, Business API SDK, `dmp_custom_audience_file_upload.yml`. Which of the codes 40905 to 40915 stands
    for which fault is read off their names.

    Raises:
        TikTokError: The type (40909), the file's name (40908), size (40906, 40907), signature (40900) or content
            (40915, 40062) is wrong, or there is no file (40905).
    """
    calculate_type = text(call.params, "calculate_type")
    if calculate_type not in UPLOAD_TYPES:
        raise TikTokError(FILE_CALCULATE_TYPE, "calculate_type: Not a supported type")
    signature = text(call.params, "file_signature")
    file = _checked(advertiser, call.file)
    if hashlib.md5(file.content, usedforsecurity=False).hexdigest() != signature:
        raise TikTokError(SIGNATURE, "file_signature: Not the MD5 of the file in lower-case hex")
    rows = read_file(file.content, calculate_type)
    now = clock.now()
    path = secrets.token_hex(PATH_LENGTH // 2)
    advertiser.files[path] = StoredFile(
        SAME_TYPE.get(calculate_type, calculate_type), now + advertiser.file_seconds, rows
    )
    return {"file_path": path}


def rows_of_files(clock: Clock, advertiser: Advertiser, params: Params, calculate_type: str) -> list[bytes]:
    """The rows of all files that `file_paths` names.

    Raises:
        TikTokError: A path is malformed (40002), unknown (40905) or expired (40910), or its file was uploaded with
            another type (40909).
    """
    paths = texts(params, "file_paths", most=MOST_FILES)
    if any(len(path) != PATH_LENGTH for path in paths):
        raise bad_parameter(f"file_paths: Each must have {PATH_LENGTH} characters")
    files = [advertiser.files.get(path) for path in paths]
    rows: list[bytes] = []
    for file in files:
        if file is None:
            raise TikTokError(FILE_NOT_EXISTING, "file_paths: A file does not exist")
        if clock.now() >= file.expires:
            raise TikTokError(FILE_EXPIRED, "file_paths: A file has expired, upload it again")
        if file.calculate_type != calculate_type:
            raise TikTokError(
                FILE_CALCULATE_TYPE, "file_paths: A file was uploaded with another calculate_type"
            )
        rows += file.rows
    return rows


def _checked(advertiser: Advertiser, file: GivenFile | None) -> GivenFile:
    if file is None:
        raise TikTokError(FILE_NOT_EXISTING, "file: There is no file")
    if not file.name.endswith(SUFFIXES):
        raise TikTokError(FILE_TYPE, "file: Its name must end in .csv or .txt")
    if not file.content:
        raise TikTokError(FILE_EMPTY, "file: The file is empty")
    if len(file.content) > advertiser.largest_file:
        raise TikTokError(FILE_TOO_LARGE, f"file: Larger than {advertiser.largest_file} bytes")
    return file
