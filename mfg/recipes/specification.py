"""A specification as people approved it: the tests, their limits and when each has to be there.

Pure values. Reading them from YAML is `reading.py`; results and verdicts are the affair of qc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from mfg.facts import Limits
from mfg.recipes.faults import Fault
from mfg.recipes.master import UNITS
from mfg.verbs import ROLES as ROLES_OF_PEOPLE

SCOPES = ("batch", "dose")
KINDS = ("number", "reading", "replicates", "choice", "sterility")
TIMINGS = ("before", "conditional-after", "characterisation")
#: A well-known meaning -> kind and unit; the dose arithmetic finds its values by it.
ROLES: dict[str, tuple[str, str]] = {
    "viable_per_ml": ("replicates", "{cells}/mL"),
    "viability": ("number", "%"),
    "nk_percent": ("number", "%"),
    "cd3_percent": ("reading", "%"),
    "endotoxin": ("reading", "{EU}/mL"),
    "sterility": ("sterility", ""),
    "in_process_sterility": ("choice", ""),
    "mycoplasma": ("choice", ""),
    "gram": ("choice", ""),
    "identity": ("choice", ""),
    "appearance": ("choice", ""),
    "loaded_percent": ("number", "%"),
    "cd16_percent": ("number", "%"),
    "residual_feeder": ("reading", "%"),
    "b_cells": ("reading", "%"),
    "monocytes": ("reading", "%"),
}


#: controls that make a result: what has to be read beside the sample (domain dossier 3.2 and 4.2, S11 and S19), and
#: which of the limits below they need
CONTROLS: dict[str, tuple[str, ...]] = {
    "occupancy": ("saturation",),
    "potency": ("ratio", "added", "spontaneous", "wells"),
}


@dataclass(frozen=True, slots=True)
class Test:
    """One test. Limits are inclusive and compared with the value as stored, never with a rounded one."""

    #: pytest would otherwise take it for a test of ours
    __test__ = False

    id: str
    title: str
    method: str
    scope: str
    kind: str
    timing: str
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    #: for a choice: the one answer that is good
    equals: str = ""
    choices: tuple[str, ...] = ()
    #: for replicates: how many at least, and how far apart (coefficient of variation, percent)
    replicates: int | None = None
    max_cv_percent: Decimal | None = None
    #: for sterility: days until the last read
    days: int | None = None
    role: str = ""
    mandatory: bool = True
    because: str = ""
    method_version: str = ""
    #: how often a failing result may be tested again, fixed here beforehand, and the procedure that says so
    retests: int = 0
    retest_policy: str = ""
    #: what it is done with: a kind of equipment, kinds of lots; named with each result, and judged at its time
    equipment: str = ""
    reagents: tuple[str, ...] = ()
    #: roles that may test and review, where not everybody may whom the verbs allow; procedures to be qualified for
    performers: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    qualifications: tuple[str, ...] = ()
    #: what the method can tell from nothing, and what it can put a number to, in the unit of the test
    lod: Decimal | None = None
    loq: Decimal | None = None
    #: for a share counted in a cytometer: how many events there have to be for the claim, and the path of its gate
    events: int | None = None
    population: str = ""
    #: SHA-256 of the approved file of gates, where the events themselves are handed in
    gates: str = ""
    #: which controls belong to a result: a key of CONTROLS; and what is asked of them, see `mfg/qc/controls.py`
    controls: str = ""
    saturation: Decimal | None = None
    fold: Decimal | None = None
    ratio: Decimal | None = None
    added: Decimal | None = None
    spontaneous: Decimal | None = None
    unspecific: Decimal | None = None
    wells: int | None = None

    @property
    def comparator(self) -> str:
        """How a value is compared: at least, at most, range, equals, no growth, or for information only."""
        if self.kind == "sterility":
            return "no growth"
        if self.equals:
            return "equals"
        bounds = ("at least" if self.low is not None else "", "at most" if self.high is not None else "")
        return "range" if all(bounds) else "".join(bounds) or "for information"

    @property
    def limits(self) -> Limits | None:
        """The inclusive limits in the test's unit; None when there are none."""
        bounded = self.low is not None or self.high is not None
        return Limits(self.low, self.high, self.unit) if bounded else None

    @property
    def assumed(self) -> bool:
        """True while the limit is ours and not the process owner's."""
        return bool(self.because)


@dataclass(frozen=True, slots=True)
class Specification:
    """What a batch and its doses are tested for."""

    key: str
    title: str
    tests: tuple[Test, ...]

    def test(self, id: str) -> Test | None:
        """The test of that id."""
        return next((one for one in self.tests if one.id == id), None)

    def of_role(self, role: str) -> Test | None:
        """The test with that meaning."""
        return next((one for one in self.tests if one.role == role), None)


def faults(specification: Specification) -> list[Fault]:
    """Everything that makes this specification unusable, each with its place."""
    tests = specification.tests
    found = [] if tests else [Fault(("tests",), "there is no test. Write at least one under “tests”.")]
    for what in ("id", "role"):
        names = [getattr(one, what) for one in tests]
        found += [Fault(("tests", at, what), f"the {what} “{name}” is used a second time; each test needs its own.")
                  for at, name in enumerate(names) if name and name in names[:at]]
    for at, one in enumerate(tests):
        found += [Fault(("tests", at, key), f"test “{one.id}”: {why}.") for key, why in _test_faults(one)]
    return found


def _test_faults(one: Test) -> Iterator[tuple[str, str]]:
    numeric = one.kind in ("number", "reading", "replicates")
    checks = (
        ("unit", numeric and one.unit not in UNITS,
         f"“{one.unit}” is not a unit known here; use one of UCUM such as %"),
        ("unit", not numeric and bool(one.unit), f"a {one.kind} has no unit"),
        ("low" if one.low is not None else "high", not numeric and one.limits is not None,
         f"a {one.kind} has no limits"),
        ("low", one.low is not None and one.high is not None and one.low > one.high, "low lies above high"),
        ("choices", (one.kind == "choice") != bool(one.choices), "choices belong to a choice, and a choice needs them"),
        ("equals", bool(one.equals) and one.equals not in one.choices, f"“{one.equals}” cannot be chosen"),
        ("equals", one.kind == "choice" and one.timing != "characterisation" and not one.equals,
         "a choice that decides needs “equals”, the one good answer"),
        ("replicates", (one.kind == "replicates") != (one.replicates is not None),
         "replicates belong to kind replicates"),
        ("days", (one.kind == "sterility") != (one.days is not None),
         "days belong to kind sterility, which needs them"),
        ("retests", bool(one.retests) and not one.retest_policy,
         "retests need “retest_policy”, the procedure that fixed their number beforehand"),
        ("retests", bool(one.retests) and one.kind == "sterility",
         "sterility is repeated only after an invalidated test, never retested by a number"),
        ("timing", one.timing == "conditional-after" and one.kind != "sterility",
         "only sterility can come after a conditional release"),
    )
    yield from ((key, why) for key, wrong, why in (*checks, *_evidence_checks(one)) if wrong)
    if one.role and (one.kind, one.unit) != ROLES.get(one.role):
        kind, unit = ROLES.get(one.role, ("", ""))
        yield "role", (f"the role {one.role} is a {kind}{f' in {unit}' if unit else ''}" if kind else
                       f"“{one.role}” is not a role known here. Known: {', '.join(ROLES)}")


def _evidence_checks(one: Test) -> tuple[tuple[str, bool, str], ...]:
    """What a test asks to be named with its results has to make sense for it."""
    numeric = one.kind in ("number", "reading", "replicates")
    strange = [role for role in (*one.performers, *one.reviewers) if role not in ROLES_OF_PEOPLE]
    return (
        ("performers" if set(strange) & set(one.performers) else "reviewers", bool(strange),
         f"“{strange[0] if strange else ''}” is not a role"),
        ("controls", bool(one.controls) and one.controls not in CONTROLS,
         f"“{one.controls}” are not controls known here; known: {', '.join(CONTROLS)}"),
        *((name, getattr(one, name) is None, f"a test with controls of {one.controls} needs it")
          for name in CONTROLS.get(one.controls, ())),
        ("controls", bool(one.controls) and (one.unit != "%" or one.low is None or one.kind != "number"),
         "a test with controls is a number in % with a lower limit"),
        ("lod", (one.lod is not None or one.loq is not None) and not numeric, f"a {one.kind} has no such limit"),
        ("loq", one.lod is not None and one.loq is not None and one.lod > one.loq, "lod lies above loq"),
        ("events", one.events is not None and one.unit != "%", "events belong to a share in %"),
        ("gates", bool(one.gates) and (not one.population or re.fullmatch("[0-9a-f]{64}", one.gates) is None),
         "gates are the SHA-256 of the approved file of gates, 64 of 0-9 and a-f, for a test with a population"),
    )
