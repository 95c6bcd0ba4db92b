"""The series that are watched from batch to batch. Data: what it is, where it comes from, whose limits are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from mfg.facts import Refused

#: so many values before a centre is drawn from them; ours: fewer tell more of chance than of the process
LEAST = 8


@dataclass(frozen=True, slots=True)
class Series:
    """One series. `source` names who finds its values; for results, `role` is the meaning the specification gives."""

    key: str
    title: str
    unit: str
    source: str
    role: str = ""
    about: str = ""


_TABLE = (
    Series("viability", "Viability", "%", "results", "viability", "Viable of all cells, as the release test reports."),
    Series("nk-purity", "NK cells", "%", "results", "nk_percent", "NK cells of viable cells, as tested for release."),
    Series("t-cells", "T cells", "%", "results", "cd3_percent", "CD3+ of viable cells; bounds are drawn open."),
    Series("loaded", "Loaded cells", "%", "results", "loaded_percent", "NK cells that carry the antibody."),
    Series("endotoxin", "Endotoxin", "{EU}/mL", "results", "endotoxin", "As reported; bounds are drawn open."),
    Series("viable-count", "Viable cells per mL", "{cells}/mL", "results", "viable_per_ml", "Mean of the replicates."),
    Series("fold-expansion", "Fold expansion", "1", "growth", "",
           "Viable cells of the last count of the culture over those of the first; it has no limit."),
    Series("loading-recovery", "Recovery of the loading", "%", "recovery", "",
           "Viable cells after the loading over those before; the limit is that of the master record."),
    Series("dose-fraction", "Dose, of its target", "%", "dose", "",
           "Viable NK cells of a dose over the target of its cohort, as they were at its last decision."),
)
SERIES: dict[str, Series] = {one.key: one for one in _TABLE}


def series(key: str) -> Series:
    """The series of that name, or a refusal."""
    if key not in SERIES:
        raise Refused(f"There is no series “{key[:40]}”. Known are {', '.join(SERIES)}.", kind="not found")
    return SERIES[key]
