"""Classes of what goes wrong, each with the severity it has unless somebody judges otherwise. Data, not behaviour.

The severities follow the classification aid of the domain dossier (8.3). A class that is critical stays critical:
whoever writes it down may not call it less.
"""

from __future__ import annotations

from dataclasses import dataclass

SEVERITIES = ("minor", "major", "critical")


@dataclass(frozen=True, slots=True)
class ExceptionClass:
    """One kind of departure. `severity` is its default, and its floor where it is critical."""

    name: str
    severity: str
    about: str


_TABLE = (
    ExceptionClass("limit breach", "major", "A value outside the limits of its field or test"),
    ExceptionClass("hold breach", "major", "A hold time was overrun"),
    ExceptionClass("late step", "minor", "A step was done after it was due"),
    ExceptionClass("late entry", "minor", "A value was written down later than it was read"),
    ExceptionClass("skipped step", "major", "A step was not done"),
    ExceptionClass("custody gap", "major", "It is not known who held it, where, or how warm"),
    ExceptionClass("monitoring action", "major", "Environmental or personnel monitoring beyond its action limit"),
    ExceptionClass("label mismatch", "critical", "A label says something else than the record"),
    ExceptionClass("identity mismatch", "critical", "A chain of identity does not fit"),
    ExceptionClass("wrong infusion time", "major", "Given earlier, later, faster or slower than the protocol says"),
    ExceptionClass("equipment lapse", "major", "Used while calibration, maintenance or cleaning was overdue"),
    ExceptionClass("training lapse", "major", "Done by somebody not qualified for it on that day"),
    ExceptionClass("reconciliation", "major", "What was issued is not what was used, spoiled, returned and destroyed"),
    ExceptionClass("recall", "major", "A lot in use was recalled"),
    ExceptionClass("redline", "minor", "The record of one batch was changed for that batch alone"),
    ExceptionClass("sterility positive", "critical", "Growth in a sterility test, suspect or confirmed"),
    ExceptionClass("wrong dose", "critical", "More than the largest dose allowed"),
    ExceptionClass("under-dose", "major", "Less than the dose meant"),
    ExceptionClass("missing observation", "major", "Vital signs or a reading that were due were not taken"),
    ExceptionClass("expired product", "critical", "Used or given after its expiry"),
    ExceptionClass("donor eligibility", "critical", "A donor who is not eligible, without it being disclosed"),
    ExceptionClass("audit trail gap", "critical", "The history of a record is not whole"),
    ExceptionClass("documentation", "minor", "An error of documentation without effect on the product"),
    ExceptionClass("other", "minor", "None of these"),
)

CLASSES: dict[str, ExceptionClass] = {one.name: one for one in _TABLE}


def severity_for(kind: str, given: str | None = None) -> str:
    """The severity a deviation begins with: what was given, else the default; never below a critical class.

    Raises KeyError for a class that is not in the table: that is a fault of the program, never of a person.

    >>> severity_for("late step"), severity_for("late step", "major"), severity_for("label mismatch", "minor")
    ('minor', 'major', 'critical')
    """
    default = CLASSES[kind].severity
    return default if default == "critical" or not given else given
