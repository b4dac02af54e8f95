import pytest

from hashbench.data.tables import TextFile
from hashbench.errors import DataError
from tests.unit.made_up_files import write


def text_file(tmp_path, content):
    return TextFile.detect(write(tmp_path / "table.csv", content))


def test_lines_end_at_line_feeds_alone(tmp_path):
    file = text_file(tmp_path, "one\r\n two\u2028\x0b\rtwo \n\nthree")
    assert list(file.lines()) == [(1, "one"), (2, "two\u2028\x0b\rtwo"), (3, ""), (4, "three")]


def test_utf8_is_read_with_or_without_a_byte_order_mark_and_needs_no_note(tmp_path):
    for mark in ("", "\ufeff"):
        file = text_file(tmp_path, f"{mark}naïve €")
        assert list(file.lines()) == [(1, "naïve €")]
        assert file.notes == ()


@pytest.mark.parametrize("before", [0, (1 << 20) - 1])  # the second one begins a block of the reader
def test_other_bytes_are_read_as_cp1252_with_a_note(tmp_path, before):
    file = text_file(tmp_path, b"x" * before + "naïve “€”".encode("cp1252"))
    assert list(file.lines()) == [(1, "x" * before + "naïve “€”")]
    assert file.notes == ("table.csv is not UTF-8 and was read as cp1252",)


def test_a_character_cut_off_at_the_end_of_the_file_is_not_utf8(tmp_path):
    assert text_file(tmp_path, "aé".encode()[:-1]).encoding == "cp1252"


def test_bytes_of_neither_encoding_are_refused(tmp_path):
    file = text_file(tmp_path, b"a,b\n\x81,c\n")
    for read in (file.lines, file.rows):
        with pytest.raises(DataError, match=r"table\.csv is neither UTF-8 nor cp1252"):
            list(read())


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"table\.csv is empty"):
        text_file(tmp_path, "")


def test_rows_may_hold_commas_quotes_and_line_ends(tmp_path):
    file = text_file(tmp_path, '1,"a ""b"", c"\r\n\r\n2,"two\nlines"\n')
    assert list(file.rows(2)) == [(1, ["1", 'a "b", c']), (4, ["2", "two\nlines"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,a\n2\n", "line 2: 1 columns instead of 2"),
        ("1,a\n2,b,c\n", "line 2: 3 columns instead of 2"),
        ('1,a\n2,"b\n3,c\n', "line 3: unexpected end of data"),
        ('1,"a"b\n', "line 1: ',' expected after '\"'"),
        ("\n\n", r"table\.csv has no rows$"),
    ],
)
def test_broken_rows_are_refused_with_their_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        list(text_file(tmp_path, content).rows(2))


def test_records_are_the_named_columns_of_the_rows_below_the_header(tmp_path):
    file = text_file(tmp_path, "a,b,c\n1, 2 ,\n4,5,6\n")
    assert list(file.records(("b", "a"))) == [(2, ["2", "1"]), (3, ["5", "4"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,c\n1,2\n", "line 1: no column b among a, c"),
        ("a,b\n1,2\n1, \n", "line 3: column b is blank"),
        ("a,b\n1,2\n1\n", "line 3: 1 columns instead of 2"),
        ("a,b\n", "no rows below its header"),
        ("\n", "has no rows"),
    ],
)
def test_bad_records_are_refused_with_their_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        list(text_file(tmp_path, content).records(("a", "b")))
