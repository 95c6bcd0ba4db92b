"""For tests above the trial: a protocol in effect, an enrolled recipient, a confirmed weight. Made by acts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from mfg.documents import acts as documents
from mfg.trial import acts as trial
from tests.documents.changed import change_for
from tests.office import Office

PROTOCOL = """\
id: TEST-1
title: A trial written for tests
sources: [written for tests]
phase: "1"
dose:
  basis: per_kg
  cohorts:
  - {name: "1", cells_per_kg: "1e7", participants: 3}
  - {name: "2", cells_per_kg: "2e7", participants: 1}
  tolerance_pct: null
  weight_cap_kg: null
  max_cells: null
schedule:
  infusions_per_course: 3
  interval_hours: ["96", "120"]
  courses: 1
volumes:
  per_infusion_ml: ["100", "150"]
assumed:
  tolerance_pct: {value: "20", because: the source gives no range}
  weight_max_age_days: {value: "7", because: not stated}
  dlt_definition: {value: null, because: nobody said}
"""


def protocol_in_effect(office: Office, text: str = PROTOCOL) -> str:
    """Drafted by the principal investigator, approved and made effective by QA. Its document code."""
    code = office.do(trial.draft_protocol, office.who("principal investigator"), text=text)
    office.do(documents.submit, office.who("principal investigator"), kind="protocol", document=code)
    office.do(documents.approve, office.who("qa"), kind="protocol", document=code)
    return office.do(documents.make_effective, office.who("qa"), kind="protocol", document=code,
                     change=change_for(office, code))


def enrolled(office: Office, protocol: str | None = None, cohort: str = "1") -> str:
    """A recipient; with its own protocol when none is given."""
    protocol = protocol or protocol_in_effect(office)
    return office.do(trial.enrol_recipient, office.who("clinical coordinator"), protocol=protocol, cohort=cohort)


def weighed(office: Office, recipient: str, kg: str = "70.0") -> str:
    """A weight that two people have read, measured an hour ago."""
    code = office.do(trial.record_weight, office.who("clinical coordinator"), recipient=recipient, kg=Decimal(kg),
                     measured_at=office.now - timedelta(hours=1))
    return office.do(trial.confirm_weight, office.who("principal investigator"), weight=code, kg=Decimal(kg))
