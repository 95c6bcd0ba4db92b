"""A blank record has a box for everything that is asked for, a number on every sheet, and loses no word."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from mfg.codes.own import with_check
from mfg.facts import Refused
from mfg.paper.blank import blank_record
from mfg.paper.blank_shape import BlankFacts, BlankField, BlankHold, BlankPhase, BlankStep, sheet_number
from tests.paper.reading import codes_on, picture_of_pdf

HASH = "9f3c41be07d2a6c8e1f05b7748d93aa2c6610f4e5d7b8890a1b2c3d4e5f60718"


def blank(label: str, **more: Any) -> BlankField:
    told: dict[str, Any] = {"unit": "", "limits": "", "choices": (), "optional": False, "twice": False, "hint": ""}
    return BlankField(label, **told | more)


def step(number: str, *fields: BlankField, **more: Any) -> BlankStep:
    told: dict[str, Any] = {"title": f"Step {number}", "instruction": "Mix the bag.", "sop": "SOP-102",
                            "critical": False, "notes": ()}
    return BlankStep(code=f"NK-26-001/s{number}", number=number, fields=fields, **told | more)


def facts(*steps: BlankStep, **more: Any) -> BlankFacts:
    steps = steps or (
        step("1.1", blank("Collection bag", hint="write the code", twice=True),
             blank("Volume", unit="mL", limits="30 to 600 mL; alert 40 to 500 mL", twice=True),
             blank("Intact", choices=("yes", "no")), critical=True, notes=("Only if it is clear.",)),
        step("1.2", blank("Remark", optional=True), blank("Appearance", choices=("clear", "turbid"))))
    told: dict[str, Any] = {
        "issue": "BLK-0001", "title": "Donor NK cells", "master_record": "NK-CD123-CD16/3", "master_hash": HASH,
        "batch": "NK-26-001", "identity": (("Recipient", "SUB-0001"), ("Donor", "")),
        "issued": "2026-12-01 08:00 UTC by QA 1", "reason": "the network is down", "done": "In the system: receive.",
        "phases": (BlankPhase("Receipt", steps),),
        "holds": (BlankHold("Contact", "at most 66 min", "Loading started", "Loading stopped"),)}
    return BlankFacts(**told | more)


def pages(pdf: bytes) -> list[str]:
    return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def tight(text: str) -> str:
    return "".join(text.split())


def every_text(of: Any) -> list[str]:
    if isinstance(of, str):
        return [of] if of else []
    if dataclasses.is_dataclass(of):
        return [text for one in dataclasses.fields(of) for text in every_text(getattr(of, one.name))]
    return [text for one in of for text in every_text(one)] if isinstance(of, tuple) else []


def boxes(pdf: bytes, page: int = 0) -> int:
    """Lines drawn on a page; a box has four."""
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[page].get_contents().get_data().count(b" l S")


def test_every_word_of_the_master_record_is_on_the_paper() -> None:
    paper = "".join(pages(blank_record(facts())[0]))
    for text in every_text(facts()):
        assert tight(text) in paper, text


def test_every_sheet_carries_its_number_the_page_the_version_and_the_hash() -> None:
    pdf, sheets = blank_record(facts())
    found = pages(pdf)
    assert len(found) == sheets >= 2
    for number, page in enumerate(found, 1):
        assert f"Sheet{sheet_number('BLK-0001', number)}" in page
        assert f"page{number}of{sheets}" in page
        assert "NK-CD123-CD16/3" in page and HASH in page and "NK-26-001" in page


def test_the_number_of_a_sheet_is_a_code_that_reads_back_with_its_check_character() -> None:
    pdf, sheets = blank_record(facts())
    for page in range(sheets):
        assert codes_on(picture_of_pdf(pdf, 200, page=page)) == [
            ("]d1", with_check(sheet_number("BLK-0001", page + 1)))]


def test_the_code_keeps_away_from_the_edge_that_printers_leave_white() -> None:
    pdf, _ = blank_record(facts())
    picture = picture_of_pdf(pdf, 72)
    assert sum(picture.crop((0, 0, picture.width, 12)).histogram()[:200]) == 0


def test_a_field_has_a_box_for_its_value_for_na_and_for_when_and_who() -> None:
    def lines(*fields: BlankField) -> int:
        return boxes(blank_record(facts(step("1", *fields), holds=()))[0])

    none, one = lines(), lines(blank("A"))
    assert one - none == 4 * 4
    assert lines(blank("A", optional=True)) - one == 4
    assert lines(blank("A", choices=("yes", "no"))) - one == 2 * 4


def test_na_is_offered_only_where_a_value_may_be_left_out() -> None:
    needed = pages(blank_record(facts(step("1", blank("A"))))[0])
    optional = pages(blank_record(facts(step("1", blank("A", optional=True))))[0])
    assert "needed" in "".join(needed) and "needed" not in "".join(optional)
    assert "".join(optional).count("N/A") == "".join(needed).count("N/A") + 1


def test_both_people_sign_each_step_with_date_and_time() -> None:
    paper = "".join(pages(blank_record(facts())[0]))
    assert paper.count("Performedby:printedname") == paper.count("Verifiedby:printedname") == 2
    assert paper.count("Date,time,zone") == 5  # both people of two steps, and who reads again


def test_what_is_read_twice_stands_on_sheets_of_their_own_after_all_first_readings() -> None:
    found = pages(blank_record(facts())[0])
    second = next(number for number, page in enumerate(found) if "Verifier'ssheets" in page)
    assert all("Performedby" not in page for page in found[second:])
    assert tight("1.1 Step 1.1, read again") in found[second]
    assert "Volume" in found[second] and "Intact" not in "".join(found[second:])
    assert "".join(found[:second]).count(tight("read twice: again on the verifier's sheet")) == 2


def test_a_record_without_second_readings_has_no_verifiers_sheet() -> None:
    assert "Verifier'ssheets" not in "".join(pages(blank_record(facts(step("1", blank("A"))))[0]))


def test_every_hold_time_has_boxes_for_its_beginning_and_end() -> None:
    first = pages(blank_record(facts())[0])[0]
    assert tight("Contact: at most 66 min") in first
    assert tight("Begins: Loading started") in first and tight("Ends: Loading stopped") in first
    assert "Holdtimes" not in "".join(pages(blank_record(facts(holds=()))[0]))


def test_a_step_stays_with_its_boxes_on_one_sheet_when_it_fits() -> None:
    steps = tuple(step(str(number), *(blank(f"Value {number}.{one}") for one in range(4))) for number in range(1, 12))
    for page in pages(blank_record(facts(*steps))[0]):
        for number in range(1, 12):
            if f"NK-26-001/s{number}\u00b7" in page:
                assert all(f"Value{number}.{one}" in page for one in range(4))
        assert page.count("Performedby:") == page.count("\u00b7Mixthebag.")


def test_the_title_of_a_phase_stands_on_the_sheet_of_its_first_step() -> None:
    phases = tuple(BlankPhase(f"Phase {number}", (step(str(number), *(blank(f"V{one}") for one in range(7))),))
                   for number in range(1, 8))
    for page in pages(blank_record(facts(phases=phases))[0]):
        for number in range(1, 8):
            assert (f"Phase{number}" in page) == (f"NK-26-001/s{number}\u00b7" in page)


def test_the_same_facts_give_the_same_bytes() -> None:
    assert blank_record(facts()) == blank_record(facts())


@pytest.mark.parametrize("key", ["issue", "title", "master_record", "master_hash", "issued"])
def test_a_blank_record_without_its_origin_is_refused(key: str) -> None:
    with pytest.raises(Refused, match=f"'{key}' is blank"):
        facts(**{key: " "})


@pytest.mark.parametrize("text", ["x" * 3000, "word " * 900, "\u4e2d" * 500], ids=["one word", "words", "chinese"])
def test_long_text_stays_on_the_sheet_and_whole(text: str) -> None:
    made = facts(step("1", blank(text, limits=text, choices=(text[:200], "no")), title=text[:300], instruction=text,
                      notes=(text,)), identity=(("Recipient", text[:400]),), reason=text)
    pdf, sheets = blank_record(made)
    for page in range(sheets):
        picture = picture_of_pdf(pdf, 72, page=page)
        edges = [(0, 0, 38, picture.height), (558, 0, picture.width, picture.height)]
        assert all(sum(picture.crop(edge).histogram()[:128]) == 0 for edge in edges)
    paper = "".join(pages(pdf))
    letter = text[0]
    assert paper.count(letter) >= text.count(text[0]) * 5


def test_strings_that_break_programs_do_not_break_a_blank_record(shared: Path) -> None:
    lines = [line for line in (shared / "inputs/hostile/blns.txt").read_text("utf-8").split("\n")
             if line.strip() and not line.startswith("#")][::9]
    made = facts(*(step(str(number), blank(line, hint=line, choices=(line[:60],)), instruction=line)
                   for number, line in enumerate(lines)))
    pdf, sheets = blank_record(made)
    found = pages(pdf)
    assert len(found) == sheets and all(f"of{sheets}" in page for page in found)
    paper = "".join(found)
    assert [line for line in lines if line.isascii() and line.isprintable() and tight(line) not in paper] == []


def test_a_batch_that_is_not_chosen_leaves_boxes_to_write_in() -> None:
    found = pages(blank_record(replace(facts(), batch="", identity=(("Batch", ""), ("Donor", "")), done=""))[0])
    assert "batchNK" not in "".join(found) and "Donor" in found[0]
