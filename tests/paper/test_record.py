"""The batch record and the certificate: everything in, everything out, the same bytes every time."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from mfg.facts import Refused
from mfg.paper.certificate import certificate
from mfg.paper.record import batch_record
from mfg.paper.record_shape import FieldLine, RecordFacts, StepPart, Table, content_hash
from tests.paper.examples import CORRECTION, HASH, ROOT, batch_facts, field, release_facts, step
from tests.paper.reading import codes_on, picture_of_pdf

WRITE = {"record": (batch_record, batch_facts), "certificate": (certificate, release_facts)}
DRAWN = ("growth", "viability", "gauge")


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def tight(text: str) -> str:
    return "".join(text.split())


def told(pdf: bytes) -> str:
    return tight("".join(pages(pdf)))


def every_text(facts: Any) -> Iterator[str]:
    """Every text anywhere in the facts, names of parts left out."""
    if isinstance(facts, str):
        yield facts
    elif isinstance(facts, Table):
        yield from every_text([facts.header, facts.rows] if facts.rows else facts.none)
    elif dataclasses.is_dataclass(facts):
        yield from every_text([getattr(facts, one.name) for one in dataclasses.fields(facts) if one.name not in DRAWN])
    elif isinstance(facts, dict):
        yield from every_text([value for key, value in facts.items() if key not in DRAWN])
    elif isinstance(facts, (list, tuple)):
        for part in facts:
            yield from every_text(part)


def as_drawn(text: str) -> str:
    return tight("".join(c if ord(c) < 0x10000 else f"[U+{ord(c):04X}]" for c in text))


def with_step(facts: RecordFacts, changed: StepPart) -> RecordFacts:
    """The facts with this step in the place of the first."""
    first = facts.phases[0]
    return replace(facts, phases=(replace(first, steps=(changed, *first.steps[1:])), *facts.phases[1:]))


def with_value(value: str, **more: Any) -> RecordFacts:
    return with_step(batch_facts(), step("1", "Check identity of the bag", fields=(field("A field", value, **more),)))


@pytest.mark.parametrize("name", WRITE)
def test_every_text_of_the_facts_is_on_the_paper(name: str) -> None:
    write, build = WRITE[name]
    facts = build()
    paper = told(write(facts))
    for text in every_text(facts):
        assert as_drawn(text) in paper or as_drawn(text).upper() in paper, text


def test_every_entry_stands_with_its_value_its_limits_its_verdict_and_its_people() -> None:
    paper = told(batch_record(batch_facts()))
    for one in (one for part in batch_facts().steps() for one in part.fields if one.value):
        row = "".join(as_drawn(text) for text in (one.label, one.how))
        assert row in paper
        assert as_drawn(one.value) in paper and as_drawn(one.entered) in paper and as_drawn(one.limits) in paper


@pytest.mark.parametrize("name", WRITE)
def test_every_page_carries_number_subject_hash_and_time_of_printing(name: str) -> None:
    write, build = WRITE[name]
    facts = build()
    hashed = content_hash(facts) if isinstance(facts, RecordFacts) else facts["hash"]
    batch = facts.batch if isinstance(facts, RecordFacts) else facts["batch"]
    found = pages(write(facts))
    assert len(found) > 1
    for number, page in enumerate(found, 1):
        paper = tight(page)
        assert tight(f"page {number} of {len(found)}") in paper
        assert hashed in paper and batch in paper and tight("printed 2026-11-20 16:28") in paper.replace("Pri", "pri")


def test_every_page_of_the_record_carries_its_version_and_that_of_the_master_record() -> None:
    for page in pages(batch_record(batch_facts())):
        assert tight("record version 214, up to ledger entry 1310") in tight(page)
        assert tight("master record MR-NK-02/5") in tight(page)


@pytest.mark.parametrize("name", WRITE)
def test_the_same_facts_give_the_same_bytes_in_another_process_too(name: str) -> None:
    write, build = WRITE[name]
    once = write(build())
    assert write(build()) == once
    home, kind, facts = (("record", "batch_record", "batch_facts") if name == "record" else
                         ("certificate", "certificate", "release_facts"))
    program = (f"import sys; from tests.paper.examples import {facts}; from mfg.paper.{home} import {kind}; "
               f"sys.stdout.buffer.write({kind}({facts}()))")
    for seed in ("1", "2"):
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True,
                               env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)})
        assert other.stdout == once


def test_the_hash_changes_with_any_content_and_not_with_the_time_of_printing() -> None:
    facts = batch_facts()
    once = content_hash(facts)
    assert content_hash(replace(facts, printed="2027-01-01 00:00 UTC")) == once
    assert content_hash(replace(facts, checkpoint=replace(facts.checkpoint, size="2000"))) == once
    for one in dataclasses.fields(facts):
        before = getattr(facts, one.name)
        if one.name not in ("printed", "checkpoint"):
            other = replace(before, none="other", rows=before.rows[1:]) if isinstance(before, Table) else before[1:]
            assert content_hash(replace(facts, **{one.name: other})) != once, one.name


def test_a_part_that_is_missing_is_refused_by_name() -> None:
    given = {one.name: getattr(batch_facts(), one.name) for one in dataclasses.fields(RecordFacts)}
    for name in given:
        with pytest.raises(TypeError, match=name):
            RecordFacts(**{key: value for key, value in given.items() if key != name})
    for key in release_facts():
        facts = release_facts()
        del facts[key]
        with pytest.raises(Refused, match=key):
            certificate(facts)


@pytest.mark.parametrize("key", ["batch", "state", "version", "master_record", "printed"])
def test_blank_head_data_is_refused(key: str) -> None:
    with pytest.raises(Refused, match=f"'{key}' is blank"):
        replace(batch_facts(), **{key: "  "})


def test_empty_sections_say_that_there_was_nothing() -> None:
    facts = batch_facts()
    sections = tuple(replace(one, tables=tuple((title, replace(table, rows=())) for title, table in one.tables))
                     for one in facts.sections)
    facts = replace(facts, exceptions=(), coverage=(), assumed=(), phases=(), growth=(), viability=(), signatures=(),
                    sections=sections, ledger=replace(facts.ledger, rows=(), none="No ledger entry is printed."),
                    points=replace(facts.points, rows=(), none="No point is judged."))
    paper = told(batch_record(facts))
    for sentence in ("No exception is recorded", "Nothing is recorded.", "Nobody has signed", "No step is issued",
                     "No count is recorded yet", "No viability is recorded yet", "No ledger entry is printed",
                     "stated by the protocol", "Nobody has reviewed this record yet", "No point is judged"):
        assert tight(sentence) in paper
    assert paper.count(tight("No equipment is recorded.")) == 1


def test_a_field_without_a_value_is_not_a_blank() -> None:
    assert tight("Concentration not recorded not stated ? CANNOT DETERMINE") in told(batch_record(batch_facts()))


def test_assumed_values_are_marked() -> None:
    assert told(batch_record(batch_facts())).count("ASSUMED") == len(batch_facts().assumed)
    assert told(certificate(release_facts())).count("ASSUMED") == len(release_facts()["assumed"])


# --- exceptions first -------------------------------------------------------------------------------------------


def test_exceptions_come_before_everything_else_on_the_first_page() -> None:
    first = tight(pages(batch_record(batch_facts()))[0])
    order = [first.index(tight(text)) for text in (
        "3 exceptions: 1 critical, 1 major, 1 minor.", "limit breach", "correction", "Completeness", "Reviews",
        "Printed name and role", "ASSUMED")]
    assert order == sorted(order)


def links(pdf: bytes) -> list[tuple[int, int]]:
    """(page, page it leads to) of every link, 1 first."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    at = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
    return [(number, at[list(one.get_object()["/Dest"])[0].idnum]) for number, page in enumerate(reader.pages, 1)
            for one in page.get("/Annots", [])]


def page_with(pdf: bytes, sentence: str) -> int:
    """The last page on which this stands, 1 first."""
    return max(number for number, page in enumerate(pages(pdf), 1) if tight(sentence) in tight(page))


def test_an_exception_leads_to_its_step_and_says_the_page() -> None:
    pdf = batch_record(batch_facts())
    first = tight(pages(pdf)[0])
    for title in ("30  Contact with the bispecific", "2  Count"):
        page = page_with(pdf, f"NK-26-014/{title.split()[0]} \u00b7")
        assert (1, page) in links(pdf)
        assert tight(f"{title} page {page}") in first
    assert len({target for _, target in links(pdf)}) >= 1


def test_an_exception_on_another_record_names_it_and_leads_nowhere() -> None:
    facts = replace(batch_facts(), phases=())
    pdf = batch_record(facts)
    assert links(pdf) == [] and "DEV-0031" in pages(pdf)[0]


def test_a_step_names_the_exceptions_that_concern_it() -> None:
    paper = told(batch_record(batch_facts()))
    assert tight("Exception 1 of this record concerns this step.") in paper
    assert tight("Exception 3 of this record concerns this step.") in paper
    assert tight("Exception 2 of this record") not in paper
    twice = replace(batch_facts(), exceptions=(batch_facts().exceptions[0],) * 2)
    assert tight("Exceptions 1, 2 of this record") in told(batch_record(twice))


# --- corrections, marks, signatures -----------------------------------------------------------------------------


def lines_drawn(pdf: bytes) -> int:
    return sum(page.get_contents().get_data().count(b" l S") for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def struck(old: bool) -> bytes:
    value = field("Viable cells", "2.5e6", corrections=(CORRECTION,) if old else ())
    room = field("Remark", "\n".join("line" for _ in range(0 if old else 4)))
    return batch_record(with_step(batch_facts(), step("1", "Count", fields=(value, room))))


def test_a_corrected_value_is_struck_through_but_readable_and_stands_above_the_one_that_counts() -> None:
    corrected, plain = struck(True), struck(False)
    paper = told(corrected)
    begin = paper.index(tight("5.2 \u00d7 10\u2076 /mL"))
    for part in (CORRECTION.was, f"entered {CORRECTION.entered}",
                 f"corrected {CORRECTION.at} by {CORRECTION.by}: {CORRECTION.reason}", "2.5e6"):
        begin = paper.index(tight(part), begin) + len(tight(part))
    assert len(pages(plain)) == len(pages(corrected))
    assert lines_drawn(corrected) == lines_drawn(plain) + 1


def test_values_corrected_twice_are_both_struck_through_the_oldest_first() -> None:
    second = replace(CORRECTION, was="2.4e6", reason="read again", at="2026-11-20 09:30 UTC")
    facts = with_value("2.5e6", corrections=(CORRECTION, second))
    paper = told(batch_record(facts))
    assert paper.index(tight(CORRECTION.reason)) < paper.index(tight("read again"))
    one = batch_record(with_value("2.5e6", corrections=(CORRECTION,)))
    assert "2.4e6" in paper and "2.4e6" not in told(one)
    assert lines_drawn(batch_record(facts)) == lines_drawn(one) + 1


@pytest.mark.parametrize("mark", ["LATE ENTRY: the terminal was being cleaned", "N/A: no second wash was needed",
                                  "beyond the alert limit", "from paper sheet BLK-0001-03"])
def test_a_mark_on_a_value_is_printed_with_its_reason(mark: str) -> None:
    assert tight(mark) in told(batch_record(with_value("1", remarks=(mark,))))


def test_a_redline_shows_what_was_and_what_held_and_who_approved_it() -> None:
    paper = told(batch_record(batch_facts()))
    for text in ("RED-0001 approved", "wash at 200 g", "wash at 180 g", "rotor 2 is limited",
                 "QA 1, 2026-11-20 08:55 UTC"):
        assert tight(text) in paper


def images(pdf: bytes) -> int:
    return sum(len(page.images) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_an_attached_photograph_is_drawn_small_and_told_with_its_hash() -> None:
    pdf = batch_record(batch_facts())
    assert images(pdf) == 1
    assert tight("bag.jpg image/jpeg 182 kB") in told(pdf)


def test_a_file_that_is_no_picture_is_told_and_not_drawn() -> None:
    kept = next(one for one in batch_facts().steps() if one.attachments).attachments[0]
    facts = with_step(replace(batch_facts(), exceptions=()),
                      step("1", "Look", attachments=(replace(kept, name="log.csv", kind="text/csv", picture=None),)))
    facts = replace(facts, phases=facts.phases[:1])
    pdf = batch_record(facts)
    assert images(pdf) == 0 and tight("log.csv text/csv") in told(pdf)


def test_a_void_signature_stays_and_says_so() -> None:
    paper = told(batch_record(batch_facts()))
    assert tight("VOID content changed on 2026-11-20 15:40 UTC") in paper
    assert paper.count("stands") == 1
    assert paper.count(HASH) == 2


@pytest.mark.parametrize(("state", "word"), [("verified", "VERIFIED"), ("todo", "TODO"), ("performed", "PERFORMED"),
                                             ("skipped", "SKIPPED")])
def test_the_state_of_a_step_stands_beside_its_title(state: str, word: str) -> None:
    paper = told(batch_record(with_step(batch_facts(), step("1", "Check identity of the bag", state=state))))
    assert tight(f"{word} 1  Check identity of the bag") in paper


def test_a_step_nobody_has_verified_says_so() -> None:
    paper = told(batch_record(with_step(batch_facts(), step("1", "Look", verified=""))))
    assert tight("nobody yet") in paper


# --- the certificate --------------------------------------------------------------------------------------------


def test_the_certificate_holds_every_finding_and_puts_what_is_open_first() -> None:
    facts = release_facts()
    paper = told(certificate(facts))
    for finding in facts["findings"]:
        assert tight(finding["rule"]) in paper
    assert paper.index("REL-09") < paper.index("DOSE-01")
    assert tight("24 rules judged: 23 PASS, 0 FAIL, 1 CANNOT DETERMINE.") in paper


def test_the_certificate_of_a_conditional_release_names_the_open_tests() -> None:
    paper = told(certificate(release_facts()))
    assert tight("Released before completion of sterility testing") in paper and "S-0720" in paper


def test_open_tests_without_a_conditional_statement_are_refused() -> None:
    facts = release_facts()
    facts["condition"]["statement"] = ""
    with pytest.raises(Refused, match="conditional statement"):
        certificate(facts)


def test_a_final_release_has_no_condition() -> None:
    facts = release_facts()
    facts["condition"] = {"statement": "", "open_tests": {"header": [], "rows": []}}
    assert tight("Condition of this decision") not in told(certificate(facts))


# --- the document -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITE)
def test_the_checkpoint_is_a_code_that_reads_back(name: str) -> None:
    write, build = WRITE[name]
    pdf = write(build())
    last = len(pages(pdf)) - 1
    assert codes_on(picture_of_pdf(pdf, 200, page=last)) == [("]d1", f"1311 {ROOT}")]


def outline(items: list[Any], level: int = 0) -> Iterator[tuple[int, str]]:
    for item in items:
        if isinstance(item, list):
            yield from outline(item, level + 1)
        else:
            yield level, item.title


def test_bookmarks_lead_to_every_section_phase_and_step() -> None:
    found = list(outline(pypdf.PdfReader(io.BytesIO(batch_record(batch_facts()))).outline))
    for title in ("Exceptions", "Completeness", "Reviews", "Signatures", "Steps", "Materials", "Samples and results",
                  "Audit extract: every ledger entry of this batch", "Ledger checkpoint"):
        assert (0, title) in found
    for phase in batch_facts().phases:
        assert (1, phase.title) in found
        for one in phase.steps:
            assert (2, f"{one.number}  {one.title}") in found


@pytest.mark.parametrize("name", WRITE)
def test_all_fonts_travel_inside(name: str) -> None:
    write, build = WRITE[name]
    for page in pypdf.PdfReader(io.BytesIO(write(build()))).pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]


# --- long and hostile text --------------------------------------------------------------------------------------


def test_text_longer_than_a_page_goes_on_over_the_next_and_loses_nothing() -> None:
    words = [f"word{number:04d}" for number in range(3000)]
    found = pages(batch_record(with_value(" ".join(words))))
    paper = tight("".join(found))
    assert len(found) > 8
    assert all(word in paper for word in words)


def ink_outside(pdf: bytes, page: int) -> int:
    """Dark dots outside the margins that text keeps to."""
    picture = picture_of_pdf(pdf, 72, page=page)
    wide, tall = picture.size
    return sum(dots for strip in ((0, 0, 38, tall), (558, 0, wide, tall), (0, 0, wide, 18), (0, 834, wide, tall))
               for dots in [sum(picture.crop(strip).histogram()[:128])])


@pytest.mark.slow
@pytest.mark.parametrize("text", ["x" * 4000, "\u4e2d" * 900, "W" * 700, "a\u0301" * 600, "\n" * 300 + "end"],
                         ids=["one word", "chinese", "wide", "combining", "empty lines"])
def test_a_text_without_a_place_to_break_stays_on_the_page(text: str) -> None:
    short = replace(batch_facts(), phases=(), sections=(), exceptions=())
    where = (with_value(text), replace(short, state=text), replace(short, identity=(("Label", text),)),
             with_step(batch_facts(), step("1", text[:400], instruction=text)))
    for facts in where:
        pdf = batch_record(facts)
        assert [ink_outside(pdf, page) for page in range(len(pages(pdf)))] == [0] * len(pages(pdf))
        found = told(pdf)
        for letter in set(text) - {"\n"}:
            drawn = as_drawn(letter)
            assert found.count(drawn) >= min(text.count(letter), 600)


@pytest.mark.parametrize("odd", ["\u4e2d\u6587", "\U0001f9ec", "a\tb\x00c", "\u202eabc", "(\\)", "\u200b",
                                 "\x85\u2028"])
def test_no_character_is_dropped_or_crashes_the_record(odd: str) -> None:
    paper = told(batch_record(replace(batch_facts(), state=f"before{odd}after")))
    assert "before" in paper and "after" in paper
    for character in odd:
        if character in "\U0001f9ec\t\x00\u202e\u200b\x85\u2028":
            assert f"[U+{ord(character):04X}]" in paper
        else:
            assert character in paper


def naughty(shared: Path) -> list[str]:
    lines = (shared / "inputs/hostile/blns.txt").read_text("utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.slow
def test_strings_that_break_programs_neither_break_a_page_nor_get_lost(shared: Path) -> None:
    lines = naughty(shared)
    assert len(lines) > 400
    fields: tuple[FieldLine, ...] = tuple(
        field(line, "1", remarks=(line,), corrections=(replace(CORRECTION, was=line, reason="-"),))
        for line in lines)
    facts = with_step(batch_facts(), step("1", lines[0], fields=fields))
    ledger = Table(("Entry", "Told"), tuple((str(number), line) for number, line in enumerate(lines)), "None.")
    pdf = batch_record(replace(facts, ledger=ledger))
    assert batch_record(replace(facts, ledger=ledger)) == pdf
    found = pages(pdf)
    paper = tight("".join(found))
    assert all(f"of{len(found)}" in tight(page) for page in found)
    lost = [line for line in lines if line.isascii() and line.isprintable() and tight(line) not in paper]
    assert lost == []


def test_hostile_text_in_titles_reaches_bookmarks_whole(shared: Path) -> None:
    for line in naughty(shared)[::40]:
        facts = with_step(batch_facts(), step("1", line))
        assert len(list(outline(pypdf.PdfReader(io.BytesIO(batch_record(facts))).outline))) > 10


def test_a_ragged_table_is_refused() -> None:
    with pytest.raises(Refused, match="1 cells for 5 columns"):
        Table(("a", "b", "c", "d", "e"), (("only one",),), "None.")
    facts = release_facts()
    facts["condition"]["open_tests"]["rows"].append(["only one"])
    with pytest.raises(Refused, match="1 cells for 4 columns"):
        certificate(facts)


@pytest.mark.parametrize("value", ["many", "NaN", "Infinity"])
def test_a_curve_of_something_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="number"):
        batch_record(replace(batch_facts(), growth=(("0", value),)))


def test_more_different_characters_than_one_font_subset_holds_all_stay_readable() -> None:
    letters = [chr(code) for code in range(0x100, 0x300)]
    paper = told(batch_record(with_value(" ".join(letters))))
    assert sum(letter in paper for letter in letters) > 256
    assert not [letter for letter in letters if letter not in paper and f"[U+{ord(letter):04X}]" not in paper]


def test_no_word_of_a_table_is_broken_when_the_page_has_room_for_it() -> None:
    facts = batch_facts()
    paper = "\n".join(pages(batch_record(facts)))
    for word in ("Verdict", "Reviewed", "S-0719", "DETERMINE", "quarantine", "REC-01"):
        assert word in paper, f"{word} is broken into lines"
