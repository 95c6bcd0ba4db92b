"""How many of its binding places the bispecific antibody holds: a sample with its two controls, judged together. Pure.

The sample is measured beside cells that were never loaded and cells loaded with an excess. The gate is laid on the
unloaded ones, and the brightness is told as a share of the saturated ones. Without both controls nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mfg.facts import Verdict, need, passed, plain, rule, shown

#: the gate is laid where this share of the unloaded control lies above it (domain: occupancy assays)
GATE_PERCENT = Decimal(1)


@dataclass(frozen=True, slots=True)
class Stain:
    """One tube: its sample, the share above the gate in percent of its NK cells, the median brightness of its NK cells
    (MFI), and the SHA-256 of the gates it was counted with. None and blank: not known."""

    sample: str = ""
    positive: Decimal | None = None
    mfi: Decimal | None = None
    gates: str = ""


@dataclass(frozen=True)
class Occupancy:
    """A sample with its paired controls, and the limits of the specification."""

    loaded: Stain
    unloaded: Stain | None
    saturated: Stain | None
    positive_minimum: Decimal | None
    ratio_minimum: Decimal | None
    fold_minimum: Decimal | None = None


def quotient(above: Decimal | None, below: Decimal | None) -> Fraction | None:
    """The exact quotient; None where either is missing, or the lower is not above zero.

    >>> quotient(Decimal("3.3"), Decimal("6.6"))
    Fraction(1, 2)
    """
    return Fraction(above) / Fraction(below) if above is not None and below is not None and below > 0 else None


def rounded(value: Fraction, places: int = 3) -> Decimal:
    """For reading only, never for a comparison.

    >>> rounded(Fraction(2, 3))
    Decimal('0.667')
    """
    return round(Decimal(value.numerator) / Decimal(value.denominator), places)


def saturation_ratio(f: Occupancy) -> Fraction | None:
    """Brightness of the sample as a part of that of the saturated control."""
    return quotient(f.loaded.mfi, f.saturated.mfi) if f.saturated else None


def fold_over_unloaded(f: Occupancy) -> Fraction | None:
    """How many times brighter the sample is than the unloaded control."""
    return quotient(f.loaded.mfi, f.unloaded.mfi) if f.unloaded else None


def _control(found: Stain | None, name: str) -> Stain:
    return need(found, f"There is no {name} control. Measure one beside the sample.")  # type: ignore[no-any-return]


def _both(f: Occupancy) -> tuple[Stain, Stain]:
    return _control(f.unloaded, "unloaded"), _control(f.saturated, "saturated")


@rule("OCC-01", "Both controls stand beside the sample")
def controls_there(f: Occupancy) -> Any:
    """A sample is judged only with an unloaded and a saturated control, three tubes that are not the same."""
    names = [one.sample for one in (f.loaded, *_both(f))]
    if "" in names:
        return Verdict.CANNOT_DETERMINE, "Which samples were measured is not known for all three tubes. Name them."
    ok = len(set(names)) == 3
    return passed(ok), (f"{names[0]} stands beside {names[1]} (unloaded) and {names[2]} (saturated)." if ok else
                        f"The same sample stands for more than one tube: {', '.join(names)}. Choose each one's own.")


@rule("OCC-02", "All three were counted with the same gates")
def same_gates(f: Occupancy) -> Any:
    """Sample and controls are read with one gate file: a gate moved between them moves the result."""
    used = [one.gates for one in (f.loaded, *_both(f))]
    if "" in used:
        return Verdict.CANNOT_DETERMINE, ("With which gates they were counted is not known for all three. Read them "
                                          "again.")
    ok = len(set(used)) == 1
    return passed(ok), ("One gate file for all three." if ok else
                        "The three were counted with different gate files. Read all with the approved one.")


@rule("OCC-03", "The gate lies at 1 % of the unloaded control")
def gate_on_control(f: Occupancy) -> Any:
    """At most 1 % of the unloaded cells lie above the gate, so that what lies above is loaded."""
    control = _control(f.unloaded, "unloaded")
    share = need(control.positive, "How much of the unloaded control lies above the gate is not known. Count it.")
    if not 0 <= share <= 100:
        return Verdict.CANNOT_DETERMINE, f"{plain(share)} % of the unloaded control cannot be. Read it again."
    ok = share <= GATE_PERCENT
    return passed(ok), (f"{plain(share)} % of the unloaded control lie above the gate." if ok else
                        f"{plain(share)} % of the unloaded control lie above the gate; at most {plain(GATE_PERCENT)} % "
                        "were expected. Lay the gate anew on the control and count all three again."), \
        plain(share), plain(GATE_PERCENT)


@rule("OCC-04", "The saturated control is the brightest")
def saturated_brightest(f: Occupancy) -> Any:
    """Cells loaded with an excess are at least as bright as the sample, and brighter than unloaded ones."""
    dark, bright = _both(f)
    mfi = need(f.loaded.mfi, "The brightness of the sample is not known. Read it again.")
    most = need(bright.mfi, "The brightness of the saturated control is not known. Read it again.")
    least = need(dark.mfi, "The brightness of the unloaded control is not known. Read it again.")
    if most < mfi:
        return Verdict.FAIL, (f"The saturated control ({plain(most)}) is darker than the sample ({plain(mfi)}), so it "
                              "was not saturated. Prepare it again with more antibody and repeat all three."), \
            plain(most), plain(mfi)
    ok = most > least
    return passed(ok), ("The saturated control is the brightest." if ok else
                        f"The saturated control ({plain(most)}) is not brighter than the unloaded one "
                        f"({plain(least)}): the stain shows nothing. Repeat all three."), \
        plain(most), plain(max(mfi, least))


@rule("OCC-05", "Enough NK cells carry the antibody")
def enough_positive(f: Occupancy) -> Any:
    """The share of NK cells above the gate is at least the limit of the specification (S11)."""
    share = need(f.loaded.positive, "How much of the sample lies above the gate is not known. Count it.")
    limit = need(f.positive_minimum, "The specification names no share of loaded NK cells. Have one approved.")
    if not 0 <= share <= 100:
        return Verdict.CANNOT_DETERMINE, f"{plain(share)} % of the NK cells cannot be. Read it again."
    ok = share >= limit
    return passed(ok), f"{plain(share)} % of the NK cells are loaded, at least {plain(limit)} % are asked for.", \
        plain(share), plain(limit)


@rule("OCC-06", "The places are filled far enough")
def ratio_enough(f: Occupancy) -> Any:
    """The brightness of the sample is at least the specified part of that of the saturated control (S11)."""
    bright = _control(f.saturated, "saturated")
    limit = need(f.ratio_minimum, "The specification names no saturation ratio. Have one approved.")
    if f.loaded.mfi is not None and f.loaded.mfi < 0:
        return Verdict.CANNOT_DETERMINE, f"A brightness of {plain(f.loaded.mfi)} gives no ratio. Read it again."
    ratio = saturation_ratio(f)
    if ratio is None:
        return Verdict.CANNOT_DETERMINE, (f"A ratio of {_told(f.loaded.mfi)} to {_told(bright.mfi)} is none. Two "
                                          "values, the lower one above 0, were expected.")
    if ratio > 1:
        return Verdict.CANNOT_DETERMINE, (f"The ratio is {plain(rounded(ratio))}; more than 1 means that the control "
                                          "was not saturated. Prepare it again.")
    ok = ratio >= Fraction(limit)
    return passed(ok), (f"The saturation ratio is {plain(rounded(ratio))}, at least {plain(limit)} is asked for."), \
        plain(rounded(ratio)), plain(limit)


@rule("OCC-07", "The sample is brighter than unloaded cells")
def fold_enough(f: Occupancy) -> Any:
    """The sample is at least as many times brighter than the unloaded control as the specification asks."""
    dark = _control(f.unloaded, "unloaded")
    limit = need(f.fold_minimum, "The specification names no fold over unloaded cells. Have one approved.")
    fold = fold_over_unloaded(f)
    if fold is None:
        return Verdict.CANNOT_DETERMINE, (f"{_told(f.loaded.mfi)} over {_told(dark.mfi)} gives no fold. Two values, "
                                          "the lower one above 0, were expected.")
    ok = fold >= Fraction(limit)
    return passed(ok), f"{plain(rounded(fold))} times the unloaded control, at least {plain(limit)} is asked for.", \
        plain(rounded(fold)), plain(limit)


def _told(value: Decimal | None) -> str:
    return shown(plain(value) if value is not None else None)


#: what every specification of loading asks
OCCUPANCY = (controls_there, same_gates, gate_on_control, saturated_brightest, enough_positive, ratio_enough)
#: for a specification that names a fold over unloaded cells as well
WITH_FOLD = (*OCCUPANCY, fold_enough)
