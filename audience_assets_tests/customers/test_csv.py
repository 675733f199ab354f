"""CSV extracts: nothing is guessed from the rows, nothing is dropped without a word."""

import gzip

import pytest

from audience_assets.errors import ExtractError
from audience_assets_tests.customers.extracts import MARKER, Extracts

HEADER = "customer_id,first_name,email\n"


@pytest.mark.parametrize(
    ("delimiter", "line_end", "mark"),
    [(",", "\n", ""), (";", "\r\n", "\ufeff"), ("\t", "\r", ""), ("|", "\n", "\ufeff"), (",", "\r\n", "")],
    ids=["comma", "semicolon CRLF BOM", "tab CR", "bar BOM", "comma CRLF"],
)
def test_delimiter_line_ends_and_byte_order_mark_are_recognized(
    extracts: Extracts, delimiter: str, line_end: str, mark: str
) -> None:
    lines = [["customer_id", "social_id", "postal_code"], ["007", "01234567890", "01310100"]]
    extracts.write("2026-01-05.csv", mark + line_end.join(delimiter.join(line) for line in lines) + line_end)
    customer = extracts.one()
    assert (customer["customer_id"], customer["social_id"], customer["postal_code"]) == (
        "007",
        "01234567890",
        "01310100",
    )


def test_a_configured_delimiter_is_not_guessed(extracts: Extracts) -> None:
    path = {"path": "{day}.csv", "csv_delimiter": "^"}
    extracts.write("2026-01-05.csv", "customer_id^a,b^first_name\n1^x,y^Ana\n", **path)
    assert extracts.one()["first_name"] == "Ana"


def test_delimiters_inside_quoted_names_do_not_count(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", '"a;b;c;d",customer_id\n1,2\n')
    assert extracts.read().unused_columns == ["a;b;c;d"]


def test_quotes_may_hold_delimiters_quotes_and_line_breaks(extracts: Extracts) -> None:
    rows = [
        {"customer_id": "1", "first_name": "Ana, Maria", "city": 'São "Paulo"'},
        {"customer_id": "2", "first_name": "Ana\nMaria", "city": "Rio\n\nde Janeiro"},
        {"customer_id": 'a"b,c\nd', "first_name": "", "city": "x"},
    ]
    customers = extracts.write_csv(rows).customers()
    assert customers["1"]["first_name"] == "Ana, Maria"
    assert customers["1"]["city"] == 'São "Paulo"'
    assert customers["2"]["first_name"] == "Ana\nMaria"
    assert customers['a"b,c\nd']["first_name"] is None


@pytest.mark.parametrize("name", ["2026-01-05.csv.gz", "2026-01-05.csv", "2026-01-05.CSV.GZ"])
def test_gzip_is_told_by_the_content(extracts: Extracts, name: str) -> None:
    content = gzip.compress((HEADER + "1,Ana,\n").encode()) + gzip.compress(b"2,Bia,\n")
    extracts.write(name, content)
    assert {row["first_name"] for row in extracts.customers().values()} == {"Ana", "Bia"}


def test_compressed_and_plain_files_make_one_day(extracts: Extracts) -> None:
    extracts.write("2026-01-05/a.csv.gz", gzip.compress((HEADER + "1,Ana,\n").encode()))
    extracts.write("2026-01-05/b.csv", HEADER + "2,Bia,\n", path="{day}/*")
    assert extracts.read().customers == 2


@pytest.mark.parametrize("kept", [0.2, 0.999])
def test_a_gzip_that_was_cut_off_is_refused(extracts: Extracts, kept: float) -> None:
    content = gzip.compress((HEADER + "".join(f"{n},{MARKER},{n**7}\n" for n in range(5000))).encode())
    extracts.write("2026-01-05.csv.gz", content[: int(len(content) * kept)])
    assert "2026-01-05.csv.gz" in extracts.refusal(ExtractError)


def test_a_gzip_without_a_header_line_is_refused(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv.gz", b"\x1f\x8b" + MARKER.encode() * 9)
    assert "gzip" in extracts.refusal(ExtractError)


WRONG_ROWS = {
    "one field too many": f"{MARKER},x,y,z\n",
    "one empty field too many": f"{MARKER},Silva, Jr,\n",
    "one quoted empty field too many": f'{MARKER},Silva, Jr,""\n',
    "two empty fields too many": f"{MARKER},x,y,,\n",
    "one field too few": f"{MARKER},x\n",
    "one field": f"{MARKER}\n",
    "a quote that never closes": f'{MARKER},"x,y\n',
    "text behind a quote": f'{MARKER},"x"{MARKER},y\n',
}


@pytest.mark.parametrize("wrong", WRONG_ROWS.values(), ids=WRONG_ROWS.keys())
@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 30_000), (30_000, 0)])
def test_a_row_of_another_shape_is_refused_with_its_line(
    extracts: Extracts, wrong: str, before: int, after: int
) -> None:
    good = "".join(f"{number},{MARKER},\n" for number in range(before))
    tail = "".join(f"{number},{MARKER},\n" for number in range(before, before + after))
    extracts.write("2026-01-05.csv", HEADER + good + wrong + tail)
    said = extracts.refusal(ExtractError)
    assert f"at line {before + 2} " in said
    assert "2026-01-05.csv" in said


def test_the_last_row_may_lack_its_line_end_but_no_field(extracts: Extracts) -> None:
    assert extracts.write("2026-01-05.csv", HEADER + "1,a,b\n2,c,d").read().rows == 2
    extracts.write("2026-01-05.csv", HEADER + f"1,a,b\n2,{MARKER}")
    assert "at line 3 " in extracts.refusal(ExtractError)


def test_of_several_files_the_broken_one_is_named(extracts: Extracts) -> None:
    extracts.write("2026-01-05/a.csv", HEADER + "1,a,b\n")
    extracts.write("2026-01-05/b.csv", HEADER + f"2,a,b\n3,{MARKER}\n", path="{day}/*.csv")
    said = extracts.refusal(ExtractError)
    assert "b.csv" in said
    assert "at line 3 " in said


def test_every_row_counts_however_odd_it_looks(extracts: Extracts) -> None:
    """What auto_detect has skipped: comment marks, notes above, rows that look like another header."""
    rows = ["#1,a,b", "customer_id,first_name,email", "-- ,a,b", ",,", '"",,', "NULL,a,b", " 1 , a , b "]
    found = extracts.write("2026-01-05.csv", HEADER + "\n".join(rows) + "\n").read()
    assert found.rows == len(rows)
    assert found.set_aside == {"no customer_id": 2}
    assert {"#1", "NULL", " 1 ", "customer_id"} <= set(extracts.fingerprints())


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("accent", ["header", "row"])
def test_another_encoding_is_refused_and_utf_8_asked_for(
    extracts: Extracts, encoding: str, accent: str
) -> None:
    text = "customer_id,região\n" if accent == "header" else "customer_id,city\n"
    extracts.write("2026-01-05.csv", (text + f"1,{MARKER} João\n").encode(encoding))
    assert "in UTF-8" in extracts.refusal(ExtractError)


def test_an_invalid_byte_is_refused_with_its_line(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", HEADER.encode() + b"1,a,b\n2," + MARKER.encode() + b"\xff,b\n")
    said = extracts.refusal(ExtractError)
    assert "at line 3 " in said
    assert "UTF-8" in said


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", "  \n1,2\n", "\n" + HEADER])
def test_a_file_without_a_header_line_is_refused(extracts: Extracts, content: str) -> None:
    extracts.write("2026-01-05.csv", content)
    assert "no header line" in extracts.refusal(ExtractError)


def test_a_header_whose_quote_does_not_close_is_refused(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", f'customer_id,"email\n1,{MARKER}\n')
    assert "header line" in extracts.refusal(ExtractError)


def test_a_header_alone_is_an_empty_extract(extracts: Extracts) -> None:
    for content in (HEADER, HEADER.strip()):
        extracts.write("2026-01-05.csv", content)
        assert "no usable customer (0 rows read)" in extracts.refusal(ExtractError)


def test_a_file_without_header_shows_no_value(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", f"1,{MARKER},{MARKER}\n2,{MARKER},{MARKER}\n")
    assert "'customer_id' is missing" in extracts.refusal(ExtractError)


def test_a_used_column_that_stands_twice_is_refused(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", f"customer_id,email,email\n1,{MARKER},{MARKER}\n")
    assert "'email' stands there 2 times" in extracts.refusal(ExtractError)


def test_an_unused_column_may_stand_twice_or_have_no_name(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", "customer_id,email,x,x,,\n1,a@b.c,1,2,3,4\n")
    assert extracts.read().unused_columns == ["", "x"]
    assert extracts.one()["email"] == "a@b.c"


@pytest.mark.parametrize("other", ["customer_id,email\n", "email,customer_id,first_name\n", "customer_id\n"])
def test_files_of_a_day_with_different_headers_are_refused(extracts: Extracts, other: str) -> None:
    extracts.write("2026-01-05/a.csv", HEADER + f"1,{MARKER},b\n")
    extracts.write("2026-01-05/b.csv", other, path="{day}/*.csv")
    said = extracts.refusal(ExtractError)
    assert "b.csv has another header line than" in said


def test_mixed_line_ends_are_read_or_refused_but_lose_nothing(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", HEADER + f"1,{MARKER},b\r\n2,c,d\n3,e,f\r\n")
    assert "line breaks" in extracts.refusal(ExtractError)
