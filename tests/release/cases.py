"""A dossier in which everything is well, written out fact by fact, for tests that spoil one thing at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mfg.batches.loading import Antibody, Loading
from mfg.donors.collection_rules import Receipt
from mfg.donors.rules import TESTS, ConsentFact, DonorFacts, MarkerFact
from mfg.facts import Reading
from mfg.qc.sampling_facts import SamplingFacts
from mfg.recipes.master import LoadingLimits, Setting
from mfg.recipes.specification import Test
from mfg.release.dossier import (
    BagFacts,
    BatchFacts,
    Dossier,
    LabelFacts,
    Link,
    LotUse,
    Origin,
    ReadFacts,
    ResultFacts,
    ReviewFacts,
    StepFacts,
    Subject,
    Version,
)
from mfg.trial.dose import Bag, DoseFacts, Weight
from mfg.trial.protocol_file import load

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COI = "CHA9991267K2P4Q"
PROTOCOL = load("""
id: TRIAL-1
title: A trial of our own
sources: [ours]
dose:
  basis: per_kg
  cohorts:
  - {name: "1", cells_per_kg: "1e7", participants: 3}
  tolerance_pct: "20"
schedule:
  infusions_per_course: 3
volumes:
  per_infusion_ml: ["100", "150"]
assumed:
  cd3_per_kg_max: {value: "2e5", because: ours}
""")


def ago(**delta: float) -> datetime:
    return NOON - timedelta(**delta)


TESTED = (
    Test("count", "Viable cells", "counter", "dose", "replicates", "before", "{cells}/mL", replicates=3,
         max_cv_percent=Decimal(15), role="viable_per_ml"),
    Test("nk", "NK cells", "flow", "dose", "number", "before", "%", Decimal(80), role="nk_percent"),
    Test("cd3", "T cells", "flow", "dose", "reading", "before", "%", role="cd3_percent", high=Decimal(1)),
    Test("endotoxin", "Endotoxin", "LAL", "dose", "reading", "before", "{EU}/mL", high=Decimal(5), role="endotoxin"),
    Test("mycoplasma", "Mycoplasma", "NAT", "batch", "choice", "before", equals="not detected",
         choices=("not detected", "detected")),
    Test("ph", "pH", "meter", "dose", "number", "characterisation", "[pH]", mandatory=False),
    Test("sterility", "Sterility", "culture", "dose", "sterility", "conditional-after", days=14),
)


def result(number: int, test: str, value: str, unit: str, *, of_dose: bool = True) -> ResultFacts:
    container = "NK-26-001-C05" if of_dose else "NK-26-001-C03"
    return ResultFacts(f"R-{number}", f"S-{number}", container, test, of_dose, value, unit, "PASS", "reviewed",
                       "P-0021", "P-0022")


def link(number: int, kind: str, *parents: int) -> Link:
    return Link(f"NK-26-001-C{number:02d}", kind, "SUB-0001", "DON-0001", "COL-0001",
                tuple(f"NK-26-001-C{parent:02d}" for parent in parents))


def loading_limits() -> LoadingLimits:
    told = {"ug_per_million_cells": "10", "ug_tolerance_percent": "10", "contact_minutes_low": "30",
            "contact_minutes_high": "90", "temperature_c_low": "36", "temperature_c_high": "38",
            "residual_fraction_max": "0.01", "recovery_percent_min": "80", "loaded_percent_min": "80",
            "mfi_ratio_min": "10", "saturation_percent_min": "80", "free_ug_per_dose_max": "50",
            "retention_hours": "48"}
    return LoadingLimits(**{name: Setting(Decimal(value)) for name, value in told.items()})


LOADED = Loading(
    limits=loading_limits(), antibody=Antibody("LOT-0001", "bispecific antibody", "released", NOON + timedelta(days=90),
                                               Decimal(10000), "ug/mL"),
    antibody_ml=Decimal("0.8"), cells=Decimal("8e8"), cells_after=Decimal("7.6e8"), started=ago(hours=6),
    stopped=ago(hours=5), temperatures=(Decimal(37),), washes=((Decimal(100), Decimal(5)), (Decimal(100), Decimal(5))),
    loaded_percent=Decimal(92), unloaded_percent=Decimal(1), mfi_loaded=Decimal(9000), mfi_unloaded=Decimal(300),
    mfi_saturated=Decimal(10000), free_ug_per_ml=Reading(Decimal("0.2"), "<"), dose_volume_ml=Decimal(120),
    sources=("NK-26-001",))

DONOR = DonorFacts(
    donor="DON-0001", collection="COL-0001", started_at=ago(days=15), ended_at=ago(days=15) + timedelta(hours=4),
    markers=tuple(MarkerFact(f"M-{n}", name, "negative", ago(days=16)) for n, name in enumerate(TESTS)),
    consents=(ConsentFact("CON-0001", ago(days=20)),), screening="no risk factor", screened_at=ago(days=16),
    determination="eligible", determination_code="DET-0001")

WELL = Dossier(
    dose="NK-26-001-D1", infusion=1, attempt=1,
    batch=BatchFacts("NK-26-001", "SUB-0001", "DON-0001", "COL-0001", "TRIAL-1/1", "NK/1", "REL/1", ago(days=14)),
    recipient=Subject("SUB-0001", COI, "TRIAL-1/1", "1", 1, "P-0009", ago(days=20)),
    collection=Origin("COL-0001", "A999926100001", "DON-0001", "SUB-0001", "accepted", COI, "P-0004", "P-0003"),
    versions=tuple(Version(code, kind, "ab", "P-0011", "P-0012", ago(days=60), None) for code, kind in (
        ("TRIAL-1/1", "protocol"), ("NK/1", "master record"), ("REL/1", "specification"))),
    arithmetic=DoseFacts(cohort="1", infusion=1, weight=Weight(Decimal("70.0"), ago(days=1), True, "W-1"), bags=(
        Bag("NK-26-001-C05", Decimal(120), Decimal(2), (Decimal("6.4e6"), Decimal("6.5e6"), Decimal("6.6e6")),
            Decimal(92), Decimal("0.2"), Reading(Decimal("0.5"), "<")),)),
    protocol=PROTOCOL, donor=DONOR,
    receipt=Receipt("COL-0001", DONOR.ended_at, ago(days=14), "2-8 °C", Decimal(3), Decimal(6), True, True, COI, COI),
    loadings=(LOADED,), steps=(StepFacts("NK-26-001/wash", "Wash", "verified", "P-0003", "P-0004"),
                               StepFacts("NK-26-001/load", "Load", "verified", "P-0003", "P-0004")),
    bags=(BagFacts("NK-26-001-C05", ago(hours=4), "P-0003", NOON + timedelta(hours=20), "shelf life", "P-0004", None,
                   (LabelFacts("LBL-0001", COI, ago(hours=3), state="applied"),)),),
    lineage=(link(1, "collection bag"), link(2, "vessel", 1), link(3, "harvest", 2), link(4, "loaded cells", 3),
             link(5, "dose bag", 4)),
    lots=(LotUse("LOT-0001", "antibody", "bispecific antibody", "released", ago(days=30), "P-0012",
                 NOON + timedelta(days=90), ago(hours=6), "NK-26-001/load"),),
    tests=TESTED,
    results=(result(1, "count", "6.4e6; 6.5e6; 6.6e6", "{cells}/mL"), result(2, "nk", "92", "%"),
             result(3, "cd3", "0.2", "%"), result(4, "endotoxin", "<0.5", "{EU}/mL"),
             result(5, "mycoplasma", "not detected", "1", of_dose=False)),
    reads=(ReadFacts("SR-1", "S-6", "NK-26-001-D1", 1, 0, "no growth"),),
    review=ReviewFacts("NK-26-001-R1", "P-0031", ago(hours=1), "cd" * 32, "cd" * 32),
    siblings=(), custody=(), oos=(), sampling=SamplingFacts(False), stops=(),
)
