"""Every scan field says which structures it takes: on every form there is, and in every step of the shipped record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import fields as shapes

from mfg.app import rooms
from mfg.batches.bodies import Several
from mfg.batches.step_page import takes_of
from mfg.codes.scan import accepted, known
from mfg.doors import Door
from mfg.fields import Scanned
from mfg.recipes.master import KINDS, FieldSpec

DOORS: tuple[Door, ...] = tuple(door for room in rooms("api") for door in getattr(room, "DOORS", ()))


def scan_fields() -> Iterator[tuple[str, shapes.Field[Any], tuple[str, ...]]]:
    for door in DOORS:
        for name, field in door.body().fields.items():
            if field.metadata.get("kind") == "scan" or field.metadata.get("scans"):
                yield f"{door.verb}: {name}", field, getattr(field, "takes", ())


def test_every_scan_field_of_every_form_names_the_structures_it_takes() -> None:
    found = list(scan_fields())
    assert len(found) > 20
    assert [where for where, _, takes in found if not takes or not all(known(one) for one in takes)] == []
    assert [where for where, field, takes in found if accepted(*takes) not in field.metadata["hint"]] == []


def test_a_list_of_scans_takes_scan_after_scan() -> None:
    lists = [where for where, field, _ in scan_fields() if isinstance(field, Several)]
    assert {"hand over: things", "accept hand-over: things", "pack shipment: things"} <= set(lists)


def test_a_list_that_is_not_scanned_takes_no_scan() -> None:
    assert Several("Volumes").metadata["scans"] is False and Scanned("Lot", takes=("lot",)).takes == ("lot",)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("scan ")])
def test_every_kind_of_scan_field_of_a_step_takes_some_structure(kind: str) -> None:
    takes = takes_of(FieldSpec(id="x", label="X", kind=kind))
    assert takes and all(known(one) for one in takes)


def test_a_collection_bag_is_known_by_its_donation_number_too() -> None:
    bag = FieldSpec(id="bag", label="Bag", kind="scan container", container_kind="collection bag")
    assert "001" in takes_of(bag) and "001" not in takes_of(FieldSpec(id="x", label="X", kind="scan container"))


def test_the_hint_is_a_sentence_with_the_name_and_the_number_of_each_structure() -> None:
    assert accepted("container", "001") == "Takes the container code (ours) or the donation number (ISBT 128, 001)."
    assert accepted("01", "10") == "Takes the trade item number (GS1, 01) or the lot number (GS1, 10)."
    assert not known("041") and not known("nothing") and known("CAPA")
