"""Messages of the printing protocol, written and read; bytes from the standard, and bytes from nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.printing import ipp
from mfg.printing.ipp import NotIpp, read, write

#: Print-Job with a name, as RFC 8010 lays it out (appendix A.1), typed by hand
BY_HAND = (b"\x01\x01\x00\x02\x00\x00\x00\x01" b"\x01"
           b"\x47\x00\x12attributes-charset\x00\x05utf-8"
           b"\x48\x00\x1battributes-natural-language\x00\x02en"
           b"\x45\x00\x0bprinter-uri\x00\x18ipp://printer.example/x/" b"\x42\x00\x08job-name\x00\x06foobar"
           b"\x02\x21\x00\x06copies\x00\x04\x00\x00\x00\x14"
           b"\x44\x00\x05sides\x00\x13two-sided-long-edge" b"\x03%!PDF")


def test_what_the_standard_lays_out_is_written_and_read() -> None:
    made = write(ipp.PRINT_JOB, 1, [
        (ipp.OPERATION, [(ipp.CHARSET, "attributes-charset", "utf-8"),
                         (ipp.LANGUAGE, "attributes-natural-language", "en"),
                         (ipp.URI, "printer-uri", "ipp://printer.example/x/"), (ipp.NAME, "job-name", "foobar")]),
        (ipp.JOB_GROUP, [(ipp.INTEGER, "copies", 20), (ipp.KEYWORD, "sides", "two-sided-long-edge")])])
    assert made + b"%!PDF" == BY_HAND
    found = read(BY_HAND, 1)
    assert (found.code, found.request, found.document) == (2, 1, b"%!PDF")
    assert found.first(ipp.JOB_GROUP, "copies") == 20 and found.first(ipp.OPERATION, "job-name") == "foobar"
    assert found.first(ipp.PRINTER_GROUP, "copies") is None


def test_an_attribute_has_many_values() -> None:
    made = write(0, 7, [(ipp.PRINTER_GROUP, [(ipp.KEYWORD, "printer-state-reasons", "media-empty"),
                                             (ipp.KEYWORD, "", "cover-open"),
                                             (ipp.BOOLEAN, "printer-is-accepting-jobs", False)])])
    found = read(made, 7)
    assert found.all(ipp.PRINTER_GROUP, "printer-state-reasons") == ["media-empty", "cover-open"]
    assert found.first(ipp.PRINTER_GROUP, "printer-is-accepting-jobs") is False


@pytest.mark.parametrize("wrong", [
    b"", BY_HAND[:8], b"\x09" + BY_HAND[1:], BY_HAND[:7] + b"\x02" + BY_HAND[8:],
    BY_HAND[:9] + b"\x21\x00\x01a\x00\x03abc\x03", BY_HAND[:9] + b"\x22\x00\x01a\x00\x04abcd\x03",
    BY_HAND[:8] + b"\x21\x00\x01a\x00\x04\x00\x00\x00\x01\x03",
    BY_HAND[:9] + b"\x21\x00\x00\x00\x04\x00\x00\x00\x01\x03",
    BY_HAND[:9] + b"\x44\x00\x01a\x00\x01b" * 1001 + b"\x03",
], ids=["nothing", "head alone", "version 9", "other request", "number of 3 bytes", "boolean of 4", "no group",
        "no name", "too many"])
def test_what_is_no_answer_is_refused_with_a_sentence(wrong: bytes) -> None:
    with pytest.raises(NotIpp, match="not one of the printing protocol"):
        read(wrong, 1)


def test_an_answer_cut_anywhere_is_none() -> None:
    for end in range(len(BY_HAND) - len(b"\3%!PDF")):
        with pytest.raises(NotIpp):
            read(BY_HAND[:end], 1)


@given(st.binary(max_size=200))
def test_bytes_from_nowhere_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        read(b"\x01\x01\x00\x00\x00\x00\x00\x01" + data, 1)
    except NotIpp:
        pass
