"""Labels and papers printed, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from mfg.facts import Refused
from mfg.labelling import acts, pages
from mfg.labelling.records import PrintedLabel, PrintedPaper, standing_label

PDF = b"%PDF-1.4 not a real one"


def printed(office: Any, reason: str = "", **change: Any) -> str:
    told = {"container": "NK-26-001-C07", "within": "NK-26-001", "layout": "dose_bag", "facts": {"coi": "X"},
            "pdf": PDF} | change
    return office.do(acts.print_label, office.who("operator", reason=reason), **told)


def test_a_label_is_kept_with_its_facts_and_the_hash_of_its_bytes(office: Any) -> None:
    code = printed(office)
    with office.look() as session:
        row = session.get_one(PrintedLabel, code)
        assert (row.copy, row.voids, json.loads(row.facts)) == (1, None, {"coi": "X"})
        assert row.pdf_hash == sha256(PDF).hexdigest()
    assert office.last_entry().within == "NK-26-001"


def test_a_reprint_without_a_reason_is_refused_and_leaves_nothing(office: Any) -> None:
    printed(office)
    before = office.counts()
    with pytest.raises(Refused, match="Say why"):
        printed(office)
    assert office.counts() == before and office.last_entry().outcome == "refused"


def test_a_reprint_with_a_reason_voids_the_label_before(office: Any) -> None:
    first = printed(office)
    second = printed(office, reason="The first one was smeared.")
    with office.look() as session:
        row = session.get_one(PrintedLabel, second)
        assert (row.copy, row.voids, row.reason) == (2, first, "The first one was smeared.")
        standing = standing_label(session, "NK-26-001-C07", "dose_bag")
        assert standing is not None and standing.code == second
        assert [line[5] for line in pages.list_labels(session)["rows"]] == ["stands", "void"]
        assert "void" in pages.show_label(session, label=first)["state"]


def test_a_label_is_signed(office: Any) -> None:
    with pytest.raises(Refused) as refused:
        office.do(acts.print_label, replace(office.who("operator"), signing=None), container="NK-26-001-C07",
                  within="NK-26-001", layout="dose_bag", facts={}, pdf=PDF)
    assert refused.value.kind == "not signed"


def test_a_paper_that_leaves_is_recorded_without_a_signature(office: Any) -> None:
    code = office.do(acts.print_record, replace(office.who("inspector"), signing=None), on_code="NK-26-001",
                     within="NK-26-001", kind="batch record", pdf=PDF)
    with office.look() as session:
        row = session.get_one(PrintedPaper, code)
        assert (row.kind, row.on_code, row.pdf_hash) == ("batch record", "NK-26-001", sha256(PDF).hexdigest())


def test_an_analyst_prints_no_label(office: Any) -> None:
    with pytest.raises(Refused) as refused:
        office.do(acts.print_label, office.who("qc analyst"), container="C", within="B", layout="dose_bag", facts={},
                  pdf=PDF)
    assert refused.value.kind == "not allowed"
