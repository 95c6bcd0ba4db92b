"""The batch record and the certificate: everything in, everything out, the same bytes every time."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import Any

import pypdf
import pytest

from mfg.facts import Refused
from mfg.paper.record import batch_record, certificate
from tests.paper.examples import HASH, ROOT, batch_facts, release_facts
from tests.paper.reading import codes_on, picture_of_pdf

WRITE = {"record": (batch_record, batch_facts), "certificate": (certificate, release_facts)}


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def tight(text: str) -> str:
    return "".join(text.split())


def every_text(facts: Any) -> list[str]:
    """Every text anywhere in the facts, keys left out."""
    if isinstance(facts, str):
        return [facts] if facts else []
    parts = facts.values() if isinstance(facts, dict) else facts
    return [text for part in parts for text in every_text(part)]


@pytest.mark.parametrize("name", WRITE)
def test_every_text_of_the_facts_is_on_the_paper(name: str) -> None:
    write, build = WRITE[name]
    facts = build()
    told = tight("".join(pages(write(facts))))
    drawn = ("growth", "viability", "gauge")
    written = {k: v for k, v in facts.items() if k not in drawn}
    for text in every_text(written):
        shown = "".join(c if ord(c) < 0x3000 else f"[U+{ord(c):04X}]" for c in text)
        assert tight(shown) in told, text


@pytest.mark.parametrize("name", WRITE)
def test_every_page_carries_number_subject_hash_and_time_of_printing(name: str) -> None:
    write, build = WRITE[name]
    facts = build()
    found = pages(write(facts))
    assert len(found) > 1
    for number, page in enumerate(found, 1):
        told = tight(page)
        assert tight(f"page {number} of {len(found)}") in told
        assert facts["hash"] in told and tight(f"printed {facts['printed_at']}") in told
        assert facts["batch"] in told


@pytest.mark.parametrize("name", WRITE)
def test_the_same_facts_give_the_same_bytes_in_another_process_too(name: str) -> None:
    write, build = WRITE[name]
    once = write(build())
    assert write(build()) == once
    kind, facts = ("batch_record", "batch_facts") if name == "record" else ("certificate", "release_facts")
    program = (f"import sys; from tests.paper.examples import {facts}; from mfg.paper.record import {kind}; "
               f"sys.stdout.buffer.write({kind}({facts}()))")
    for seed in ("1", "2"):
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True,
                               env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)})
        assert other.stdout == once


@pytest.mark.parametrize("name", WRITE)
def test_a_part_that_is_missing_is_refused_by_name(name: str) -> None:
    write, build = WRITE[name]
    for key in build():
        facts = build()
        del facts[key]
        with pytest.raises(Refused, match=key):
            write(facts)


@pytest.mark.parametrize("key", ["batch", "status", "hash", "printed_at"])
def test_blank_head_data_is_refused(key: str) -> None:
    with pytest.raises(Refused, match=f"'{key}' is blank"):
        batch_record({**batch_facts(), key: "  "})


def test_empty_sections_say_that_there_was_nothing() -> None:
    facts = batch_facts()
    for key in ("exceptions", "containers", "materials", "results", "ledger"):
        facts[key] = {"header": ["One"], "rows": []}
    facts.update(assumed=[], phases=[], growth=[], viability=[], signatures=[])
    told = "".join(pages(batch_record(facts)))
    for sentence in ("No exception is recorded", "No container is recorded", "No material is recorded",
                     "Nobody has signed", "No count is recorded yet", "No ledger entry is printed",
                     "stated by the protocol"):
        assert tight(sentence) in tight(told)


def test_an_entry_without_a_value_is_not_a_blank() -> None:
    told = tight("".join(pages(batch_record(batch_facts()))))
    assert tight("Concentration not recorded not stated") in told


def test_assumed_values_are_marked() -> None:
    for write, build in WRITE.values():
        told = "".join(pages(write(build())))
        assert told.count("ASSUMED") == len(build()["assumed"])


def lines_drawn(pdf: bytes) -> int:
    return sum(page.get_contents().get_data().count(b" l S") for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_corrected_value_is_struck_through_but_readable() -> None:
    facts = batch_facts()
    facts["phases"] = facts["phases"][:1]
    corrected = batch_record(facts)
    told = tight("".join(pages(corrected)))
    assert tight("5.2 \u00d7 10\u2076 /mL") in told and tight("digits read in the wrong order") in told
    facts["phases"][0]["steps"][1]["entries"][0]["corrections"] = []
    plain = batch_record(facts)
    assert len(pages(plain)) == len(pages(corrected))
    assert lines_drawn(corrected) == lines_drawn(plain) + 1


def test_the_certificate_holds_every_finding_and_puts_what_is_open_first() -> None:
    facts = release_facts()
    told = tight("".join(pages(certificate(facts))))
    for finding in facts["findings"]:
        assert tight(finding["rule"]) in told
    assert told.index("REL-09") < told.index("DOSE-01")
    assert tight("24 rules judged: 23 PASS, 0 FAIL, 1 CANNOT DETERMINE.") in told


def test_the_certificate_of_a_conditional_release_names_the_open_tests() -> None:
    told = tight("".join(pages(certificate(release_facts()))))
    assert tight("Released before completion of sterility testing") in told and "S-0720" in told


def test_open_tests_without_a_conditional_statement_are_refused() -> None:
    facts = release_facts()
    facts["condition"]["statement"] = ""
    with pytest.raises(Refused, match="conditional statement"):
        certificate(facts)


def test_a_final_release_has_no_condition() -> None:
    facts = release_facts()
    facts["condition"] = {"statement": "", "open_tests": {"header": [], "rows": []}}
    assert tight("Condition of this release") not in tight("".join(pages(certificate(facts))))


@pytest.mark.parametrize("name", WRITE)
def test_the_checkpoint_is_a_code_that_reads_back(name: str) -> None:
    write, build = WRITE[name]
    pdf = write(build())
    last = len(pages(pdf)) - 1
    assert codes_on(picture_of_pdf(pdf, 200, page=last)) == [("]d1", f"1311 {ROOT}")]


def test_bookmarks_lead_to_every_section() -> None:
    def titles(items: list) -> list[str]:
        return [t for item in items for t in (titles(item) if isinstance(item, list) else [item.title])]

    found = titles(pypdf.PdfReader(io.BytesIO(batch_record(batch_facts()))).outline)
    for title in ("Exceptions", "Phase 5  Bispecific loading", "30  Contact with the bispecific", "Signatures",
                  "Quality control results", "Ledger checkpoint"):
        assert title in found


def test_all_fonts_travel_inside_the_record() -> None:
    for page in pypdf.PdfReader(io.BytesIO(batch_record(batch_facts()))).pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]


def test_text_longer_than_a_page_goes_on_over_the_next_and_loses_nothing() -> None:
    facts = batch_facts()
    words = [f"word{number:04d}" for number in range(3000)]
    facts["phases"][0]["steps"][0]["entries"][0]["value"] = " ".join(words)
    found = pages(batch_record(facts))
    told = tight("".join(found))
    assert len(found) > 5
    assert all(word in told for word in words)


def test_a_word_wider_than_its_column_is_cut_into_lines_not_out_of_the_page() -> None:
    facts = batch_facts()
    facts["phases"][0]["steps"][0]["entries"][0]["value"] = "x" * 400
    told = tight("".join(pages(batch_record(facts))))
    assert told.count("x") >= 400


@pytest.mark.parametrize("odd", ["\u4e2d\u6587", "\U0001f9ec", "a\tb\x00c", "\u202eabc", "(\\)", "\ud800"])
def test_no_character_is_dropped_or_crashes_the_record(odd: str) -> None:
    facts = batch_facts()
    facts["status"] = f"before{odd}after"
    told = tight("".join(pages(batch_record(facts))))
    assert "before" in told and "after" in told
    for character in odd:
        if ord(character) > 0x2fff or ord(character) < 32:
            assert f"[U+{ord(character):04X}]" in told


def test_a_ragged_table_is_refused() -> None:
    facts = batch_facts()
    facts["materials"]["rows"].append(["only one"])
    with pytest.raises(Refused, match="'materials' has 1 cells for 5 columns"):
        batch_record(facts)


@pytest.mark.parametrize("value", ["many", "NaN", "Infinity"])
def test_a_curve_of_something_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="number"):
        batch_record({**batch_facts(), "growth": [["0", value]]})


def test_a_void_signature_stays_and_says_so() -> None:
    told = tight("".join(pages(batch_record(batch_facts()))))
    assert tight("VOID: content changed on 2026-11-20 15:40 UTC") in told
    assert told.count(HASH) >= 3


def test_more_different_characters_than_one_font_subset_holds_all_stay_readable() -> None:
    facts = batch_facts()
    letters = [chr(code) for code in range(0x100, 0x300)]
    facts["phases"][0]["steps"][0]["entries"][0]["value"] = " ".join(letters)
    told = tight("".join(pages(batch_record(facts))))
    assert sum(letter in told for letter in letters) > 256
    assert not [letter for letter in letters if letter not in told and f"[U+{ord(letter):04X}]" not in told]
