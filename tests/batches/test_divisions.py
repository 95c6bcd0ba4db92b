"""The label of a dose bag, scanned, is the bag: donation, product and division together."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from mfg.batches.divisions import bag_labelled
from mfg.batches.records import DoseBag
from mfg.facts import Refused
from mfg.labelling.records import PrintedLabel
from mfg.scan import place_of
from tests.conftest import FreshDatabase
from tests.release.story import READY, a_story


def test_the_matrix_of_a_printed_label_leads_to_its_bag_and_to_no_other(
        fresh_database: FreshDatabase, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as story, story.office.look() as session:
        bags = session.scalars(select(DoseBag.container)).all()
        for row in session.scalars(select(PrintedLabel)):
            matrix = "]d1" + json.loads(row.facts)["datamatrix"]
            found = bag_labelled(session, matrix)
            assert found is not None and found.code == row.container and found.code in bags
            assert place_of(session, matrix, typed=False) == f"/containers/{row.container}"
            with pytest.raises(Refused, match="no dose bag of this facility has it"):
                bag_labelled(session, matrix.replace("A0&>", "Q0&>"))
