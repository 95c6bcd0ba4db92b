"""What the master record wants labelled is used for nothing, and no batch closes, before its label is on it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from mfg.batches import transforming
from mfg.batches.scans import as_scanned
from mfg.codes.own import labelled
from mfg.facts import Refused, Verdict, judge
from mfg.labelling import acts as labelling
from mfg.labelling.acts import Drawn
from mfg.labelling.rules import CARRIES, Carrying
from mfg.paper.readback import Found, Proof
from mfg.qc.completing import complete_batch
from mfg.recipes.acts import draft_master_record
from tests.batches.small import SMALL, Small, planted_small, small_plant
from tests.conftest import FreshDatabase

LABELLED = SMALL + "labels:\n- {kind: collection bag, keep: room}\n- {kind: vessel, keep: incubator}\n"


@pytest.fixture
def small(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    """A small process whose bags and vessels carry labels; the batch of the version before them is `old`."""
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        made.old = made.opened  # type: ignore[attr-defined]
        made.document(draft_master_record, "master record", LABELLED)
        made.opened = made.batch(1)
        yield made


def put_on(small: Small, container: str, layout: str, number: int, *, until: str = "apply_label") -> str:
    """A label as if it had been drawn and proved, and its life up to a verb."""
    code, office = f"LBL-{number:04d}", small.office
    symbol = Found("DataMatrix", "]d1", labelled(container, code))
    drawn = Drawn(code, container, container.rpartition("-")[0], layout, {"label": code},
                  Proof(b"%PDF-1.4", 300, (symbol,)))
    office.do(labelling.print_label, office.who("operator"), drawn=drawn)
    for verb in ("verify_label", "apply_label"):
        if until != "print_label":
            office.do(getattr(labelling, verb), office.who("operator"), label=code, scan=f"]d1{symbol.text}")
        if verb == until:
            break
    return code


def bag(small: Small) -> str:
    return f"{small.opened}-C01"


@pytest.mark.parametrize(("label", "state", "verdict", "said"), [
    ("", "", "FAIL", "carries no label. Print it on the page of C02"),
    ("LBL-0001", "issued", "FAIL", "is issued; none is on it. Scan it back and put it on."),
    ("LBL-0001", "verified", "FAIL", "is verified; none is on it. Scan it back and put it on."),
    ("LBL-0001", "spoiled", "FAIL", "is spoiled; none is on it. Ask for a reprint on its page."),
    ("LBL-0001", "destroyed", "FAIL", "is destroyed; none is on it. Ask for a reprint"),
    ("LBL-0001", "applied", "PASS", "LBL-0001 is on C02."),
])
def test_only_a_label_that_was_put_on_is_on_its_container(label: str, state: str, verdict: str, said: str) -> None:
    finding, = judge(CARRIES, Carrying("C02", "vessel", label, state))
    assert (finding.rule, finding.verdict) == ("LAB-10", Verdict(verdict)) and said in finding.why


def test_a_step_takes_no_bag_without_its_label(small: Small) -> None:
    scanned = as_scanned(bag(small))
    assert "carries no label" in small.enter_refused("weigh", "bag", scanned).why
    put_on(small, bag(small), "collection_bag", 1, until="verify_label")
    assert "is verified; none is on it" in small.enter_refused("weigh", "bag", scanned).why
    small.office.do(labelling.apply_label, small.office.who("operator"), label="LBL-0001",
                    scan=f"]d1{labelled(bag(small), 'LBL-0001')}")
    small.enter(small.at("weigh"), "bag", scanned)
    assert small.entry("weigh", "bag").value == bag(small)


def test_a_batch_of_a_version_that_asks_for_none_needs_none(small: Small) -> None:
    old = small.old  # type: ignore[attr-defined]
    small.enter(f"{old}/weigh", "bag", as_scanned(f"{old}-C01"))


def test_nothing_is_made_from_a_container_without_its_label(small: Small) -> None:
    seed = {"batch": small.opened, "transformation": "seed", "parents": [as_scanned(bag(small))],
            "volume_ml": Decimal(50), "taken_ml": [Decimal(50)]}
    who = small.office.who("operator")
    assert "carries no label" in small.refused(transforming.make_container, who, **seed).why
    put_on(small, bag(small), "collection_bag", 1)
    assert small.office.do(transforming.make_container, who, **seed) == f"{small.opened}-C02"


def test_the_label_of_another_kind_of_layout_is_not_the_label_of_the_container(small: Small) -> None:
    put_on(small, bag(small), "partial_label", 1)
    assert "carries no label" in small.enter_refused("weigh", "bag", as_scanned(bag(small))).why


def test_a_batch_does_not_close_while_a_container_is_without_its_label(small: Small) -> None:
    put_on(small, bag(small), "collection_bag", 1)
    vessel = small.office.do(transforming.make_container, small.office.who("operator"), batch=small.opened,
                             transformation="seed", parents=[as_scanned(bag(small))], volume_ml=Decimal(50),
                             taken_ml=[Decimal(50)])
    small.through("sum")
    who = small.office.who("production supervisor")
    found = small.refused(complete_batch, who, batch=small.opened)
    assert [one.rule for one in found.findings if one.verdict is not Verdict.PASS] == ["LAB-10"]
    assert vessel in found.why
    put_on(small, vessel, "vessel", 2)
    small.office.do(transforming.discard_container, small.office.who("operator", reason="Not needed."),
                    container=vessel, scan=as_scanned(vessel))
    assert small.office.do(complete_batch, who, batch=small.opened) == small.opened


def test_a_reprint_takes_the_container_out_of_use_until_the_new_label_is_on(small: Small) -> None:
    old = put_on(small, bag(small), "collection_bag", 1)
    office = small.office
    office.do(labelling.request_reprint, office.who("verifier", reason="It was smeared."), label=old)
    symbol = Found("DataMatrix", "]d1", labelled(bag(small), "LBL-0002"))
    office.do(labelling.approve_reprint, office.who("qa"), label=old, drawn=Drawn(
        "LBL-0002", bag(small), small.opened, "collection_bag", {}, Proof(b"%PDF-1.4 2", 300, (symbol,))))
    with pytest.raises(Refused, match="LBL-0002 of .* is issued; none is on it"):
        small.enter(small.at("weigh"), "bag", as_scanned(bag(small)))


def test_a_void_label_opens_nothing_even_without_the_identifier_of_the_scanner(small: Small) -> None:
    """A scanner that sends no identifier is taken as typing; the number of the label is looked at all the same."""
    code, office = put_on(small, bag(small), "collection_bag", 1), small.office
    text = labelled(bag(small), code)
    symbol = Found("DataMatrix", "]d1", labelled(bag(small), "LBL-0002"))
    office.do(labelling.request_reprint, office.who("operator", reason="Torn."), label=code)
    office.do(labelling.approve_reprint, office.who("qa"), label=code, drawn=Drawn(
        "LBL-0002", bag(small), small.opened, "collection_bag", {"label": "LBL-0002"},
        Proof(b"%PDF-1.4", 300, (symbol,))))
    for scan in (text, f"]d1{text}"):
        assert "LBL-0001 is void: another took its place" in small.enter_refused("weigh", "bag", scan).why
