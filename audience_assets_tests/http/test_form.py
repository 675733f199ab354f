from io import BytesIO
from typing import Any

from python_multipart import parse_form

from audience_assets.http.form import FormFile, form_of


def read(content_type: str, body: bytes) -> dict[bytes | None, bytes | None]:
    found: dict[bytes | None, bytes | None] = {}
    headers = {"Content-Type": content_type.encode(), "Content-Length": str(len(body)).encode()}
    parse_form(headers, BytesIO(body), lambda each: found.update({each.field_name: each.value}), None)
    return found


def test_another_reader_finds_every_field_as_it_was() -> None:
    form = form_of({"name": "São Paulo & Cª + 100%", "payload": b'{"data":[["a\\nb"]]}', "empty": ""})
    assert read(form.content_type, form.body) == {
        b"name": "São Paulo & Cª + 100%".encode(),
        b"payload": b'{"data":[["a\\nb"]]}',
        b"empty": b"",
    }


def test_line_ends_and_dashes_in_a_value_do_not_end_it() -> None:
    value = b"--\r\n--boundary--\r\n\r\n--"
    form = form_of({"a": value, "b": "next"})
    assert read(form.content_type, form.body) == {b"a": value, b"b": b"next"}


def test_a_form_does_not_show_what_it_carries() -> None:
    assert "somebody" not in repr(form_of({"payload": b"somebody"}))


def test_a_file_comes_with_its_name_and_every_byte() -> None:
    content = b"a\r\n--\x00\xff\n"
    form = form_of({"kind": "x", "file": FormFile("people.csv", content, "text/csv")})
    found: list[Any] = []
    headers = {
        "Content-Type": form.content_type.encode(),
        "Content-Length": str(len(form.body)).encode(),
    }
    parse_form(headers, BytesIO(form.body), None, found.append)
    (file,) = found
    file.file_object.seek(0)
    assert (file.field_name, file.file_name, file.file_object.read()) == (b"file", b"people.csv", content)
    assert b"Content-Type: text/csv\r\n\r\n" in form.body
    assert "people.csv" not in repr(form)
