"""The published figures the demonstration plays with, each with its source. Facts only; no text was carried over."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple


class Figure(NamedTuple):
    """One published number: what, how much, in what, and where it stands."""

    what: str
    value: Decimal
    unit: str
    source: str


WILLIAMS = "Williams 2018, Transfusion 58:1458, doi 10.1111/trf.14564, Table 1 (CD3 depletion, n=37)"
MCKENNA = "McKenna 2007, six-year production experience, abstract (70 products)"
CMI = "Cell Mol Immunol 2013;10:230, PMC4076738, Table 2 (19 days)"
WANG = "Wang 2019, Zhonghua Xue Ye Xue Za Zhi 40:812, PMC7364980, abstract (23 patients)"
PARKHURST = "Parkhurst 2011, Clin Cancer Res 17:6287, doi 10.1158/1078-0432.CCR-11-1347, patient 1"
AFM = "AFM13 on NK cells: NCT04074746; Kerbauy 2021, Clin Cancer Res 27:3744 (condition as reported elsewhere)"

COLLECTED = Figure("nucleated cells collected", Decimal("2.0e10"), "{cells}", WILLIAMS)
COLLECTED_NK = Figure("NK cells in the collection", Decimal("11"), "%", WILLIAMS)
DEPLETED = Figure("nucleated cells after CD3 depletion", Decimal("4.7e9"), "{cells}", WILLIAMS)
DEPLETED_NK = Figure("NK cells after CD3 depletion", Decimal("38"), "%", WILLIAMS)
DEPLETED_VIABILITY = Figure("viability after CD3 depletion", Decimal("86"), "%", MCKENNA)
SEEDED = Figure("NK cells seeded", Decimal("0.40e8"), "{cells}", CMI)
HARVESTED = Figure("NK cells after 19 days", Decimal("85.5e8"), "{cells}", CMI)
VIABILITY = Figure("viability of expanded cells", Decimal("95.4"), "%", WANG)
PURITY = Figure("CD56+CD3- of infused cells", Decimal("97"), "%", PARKHURST)
CONTACT_MINUTES = Figure("contact with the bispecific", Decimal("60"), "min", AFM)
TEMPERATURE = Figure("contact temperature", Decimal("37"), "Cel", AFM)

ALL = (COLLECTED, COLLECTED_NK, DEPLETED, DEPLETED_NK, DEPLETED_VIABILITY, SEEDED, HARVESTED, VIABILITY, PURITY,
       CONTACT_MINUTES, TEMPERATURE)
DAYS = 19
#: volume of the culture on the last day, mL; the demonstration's own
CULTURE_ML = Decimal(5000)


def told(say: Callable[[str], None]) -> None:
    """Each figure with its source; what is not published is said to be the demonstration's own."""
    say("Published figures played here:")
    for one in ALL:
        say(f"  {one.what:<38} {one.value} {one.unit:<8} {one.source}")
    say("  Counts between seeding and day 19 lie on the straight line of growth between the two published values.")
    say("  Volumes, weights, the concentration of the dose and all other test results are the demonstration's own.")
    say("")


def culture_on(day: int) -> Decimal:
    """Cells on a day between the two published counts, on the line of constant doubling time."""
    share = Decimal(day) / DAYS
    growth: Decimal = (HARVESTED.value / SEEDED.value).ln() * share
    return SEEDED.value * growth.exp()
