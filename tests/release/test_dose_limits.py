"""The limits of one dose: computed for it, with the arithmetic shown, and judged by the rules of the dose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from mfg.facts import Reading, Verdict
from mfg.release.decide import Judged, judge_dossier
from mfg.release.dose_limits import HEADERS, limits_of, section, twice_of, worksheet
from mfg.trial.dose import Bag, DoseFacts, Unread, Weight, endotoxin_limit
from mfg.trial.dose_rules import cd3_together_within, cd3_within, endotoxin_within
from mfg.trial.protocol import Protocol
from mfg.trial.protocol_file import load
from tests.release.cases import NOON, PROTOCOL, WELL

PASS, FAIL, CANNOT = Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE


def protocol(limits: str = "", cohorts: str = '{name: "1", cells_per_kg: "1e7"}') -> Protocol:
    return load(f"id: T\ntitle: t\nsources: [ours]\ndose:\n  cohorts:\n  - {cohorts}\nlimits:\n  "
                f'endotoxin_eu_per_kg: "5"\n{limits}')


SMALL = Reading(Decimal("0.5"), "<")


def dose(kg: str, volume: str, *, reading: Reading = SMALL, cd3: str = "0.2", nk: str = "92",
         count: str = "6e6", rules: Protocol = PROTOCOL, before: Decimal | Unread | None = None) -> DoseFacts:
    bag = Bag("B-1", Decimal(volume), Decimal(0), (Decimal(count),), Decimal(nk), Decimal(cd3), reading)
    return DoseFacts(rules, "1", 1, NOON, Weight(Decimal(kg), NOON), (bag,), cd3_before=before)


# --- endotoxin, 5 x weight / volume (domain dossier 4.3, its table written down again) ------------------------------

TABLE = {"40": ("2.00", "1.60", "1.33", "1.00"), "50": ("2.50", "2.00", "1.67", "1.25"),
         "60": ("3.00", "2.40", "2.00", "1.50"), "70": ("3.50", "2.80", "2.33", "1.75"),
         "80": ("4.00", "3.20", "2.67", "2.00"), "100": ("5.00", "4.00", "3.33", "2.50")}


@pytest.mark.parametrize(("kg", "volume", "limit"), [
    (kg, volume, limit) for kg, row in TABLE.items() for volume, limit in zip(("100", "125", "150", "200"), row,
                                                                              strict=True)])
def test_the_endotoxin_limit_of_every_weight_and_volume(kg: str, volume: str, limit: str) -> None:
    exact = endotoxin_limit(dose(kg, volume), Decimal(5))
    assert exact == Fraction(5 * int(kg), int(volume)) and f"{float(exact):.2f}" == limit
    on = Decimal(5) * Decimal(kg) * 2 / (Decimal(volume) * 2)  # a decimal below or on the limit
    just = on.quantize(Decimal("0.001"), rounding="ROUND_FLOOR")
    assert endotoxin_within(dose(kg, volume, reading=Reading(just))).verdict is PASS
    assert endotoxin_within(dose(kg, volume, reading=Reading(just, "<"))).verdict is PASS
    assert endotoxin_within(dose(kg, volume, reading=Reading(just + Decimal("0.001"), ""))).verdict is FAIL
    assert endotoxin_within(dose(kg, volume, reading=Reading(just + Decimal("0.001"), "<"))).verdict is CANNOT


# --- CD3+ cells (domain dossier 4.5): the share of the NK cells that reaches the limit --------------------------------


@pytest.mark.parametrize(("limit", "target", "percent"), [
    ("2.5e4", "1e7", "0.250"), ("2.5e4", "2e7", "0.125"), ("2.5e4", "4e7", "0.0625"),
    ("1e5", "1e7", "1.00"), ("1e5", "2e7", "0.50"), ("1e5", "4e7", "0.25"),
    ("2e5", "1e7", "2.00"), ("2e5", "2e7", "1.00"), ("2e5", "4e7", "0.50")])
def test_a_dose_on_target_with_that_share_of_t_cells_is_just_within(limit: str, target: str, percent: str) -> None:
    rules = protocol(f'  cd3_per_kg_max: "{limit}"\n', f'{{name: "1", cells_per_kg: "{target}"}}')
    count = Decimal(target) * 70 / 100  # all of them NK cells: 100 mL hold the dose
    def told(share: Decimal) -> Verdict:
        return cd3_within(dose("70", "100", count=str(count), nk="100", cd3=str(share), rules=rules)).verdict
    assert told(Decimal(percent)) is PASS
    assert told(Decimal(percent) + Decimal("0.0001")) is FAIL


def test_purity_alone_releases_no_cohort() -> None:
    """NK 92 %, T 0.6 %: 6.5e4/kg at 1e7 and 1.3e5 at 2e7 pass, 2.6e5 at 4e7 does not."""
    for target, verdict in (("1e7", PASS), ("2e7", PASS), ("4e7", FAIL)):
        rules = protocol('  cd3_per_kg_max: "2e5"\n', f'{{name: "1", cells_per_kg: "{target}"}}')
        count = (Decimal(target) * 70 / 92).quantize(Decimal(1))
        assert cd3_within(dose("70", "100", count=str(count), cd3="0.6", rules=rules)).verdict is verdict


# --- DOSE-10: CD3+ cells of all infusions together are within the limit -----------------------------------------

# 6e6 x 0.2 % x 120 mL / 70 kg = 20571.43 /kg in this dose; 1e5 for all of them
TOGETHER = protocol('  cd3_per_kg_cumulative_max: "1e5"\n')


@pytest.mark.parametrize(("rules", "before", "verdict"), [
    (TOGETHER, Decimal(0), PASS), (TOGETHER, Decimal("79428.57142"), PASS), (TOGETHER, Decimal("79428.5715"), FAIL),
    (TOGETHER, None, CANNOT), (TOGETHER, Unread("What D1 held is not known."), CANNOT),
    (protocol("  cd3_per_kg_cumulative_max: null\n"), Decimal(0), CANNOT), (protocol(), None, PASS),
])
def test_dose_10_counts_every_infusion(rules: Protocol, before: Decimal | Unread | None, verdict: Verdict) -> None:
    assert cd3_together_within(dose("70", "120", rules=rules, before=before)).verdict is verdict


# --- as they are shown ---------------------------------------------------------------------------------------------


def judged(facts: DoseFacts | None = None, rules: Protocol = PROTOCOL) -> Judged:
    return judge_dossier(replace(WELL, protocol=rules, arithmetic=facts or WELL.arithmetic), NOON)


def test_every_limit_is_shown_with_its_formula_its_numbers_and_its_source() -> None:
    told = {one.name: one for one in limits_of(judged())}
    endotoxin = told["Endotoxin per mL"]
    assert endotoxin.arithmetic == ("5 EU/kg x 70 kg / 120 mL = 2.92 EU/mL; the specification has at most 5 EU/mL, "
                                    "and the lower counts")
    assert (endotoxin.limit, endotoxin.found, endotoxin.verdict) == ("at most 2.92 EU/mL", "<0.5 EU/mL", PASS)
    assert told["Endotoxin per kg"].arithmetic == "(<0.5 EU/mL x 120 mL) / 70 kg = <0.857 EU/kg"
    assert told["CD3+ cells per kg"].arithmetic == "(6.5e6 /mL x 0.2 % x 120 mL) / 70 kg = 22290 /kg"
    assert told["CD3+ cells per kg"].source == "TRIAL-1, assumed"
    assert told["Viable NK cells"].arithmetic.startswith("1e7 /kg x 70 kg = 7e8 cells; 80 to 120 % of the target = ")
    assert told["Volume of the infusion"].limit == "100 to 150 mL"
    assert "CD3+ cells per kg, all infusions" not in told, "the protocol has no such rule"
    assert all(len(one.row()) == len(HEADERS) for one in told.values())


def test_the_fixed_limit_counts_where_it_is_the_lower() -> None:
    low = tuple(replace(one, high=Decimal(1)) if one.role == "endotoxin" else one for one in WELL.tests)
    found = judge_dossier(replace(WELL, tests=low), NOON)
    assert next(one.limit for one in limits_of(found) if one.name == "Endotoxin per mL") == "at most 1 EU/mL"


def test_what_cannot_be_worked_out_says_why() -> None:
    facts = replace(WELL.arithmetic or DoseFacts(), weight=None)
    told = {one.name: one for one in limits_of(judged(facts))}
    assert told["Endotoxin per mL"].verdict is CANNOT and "weight" in told["Endotoxin per mL"].arithmetic
    assert "not known" in str(section(judged(facts))["rows"])


def test_both_calculations_stand_side_by_side() -> None:
    told = worksheet(judged())["rows"]
    assert [row[0] for row in told] == [one.what for one in twice_of(judged())] and len(told) == 6
    assert all(row[1] == row[2] and row[3]["verdict"] == "PASS" for row in told)


def test_release_refuses_when_the_calculations_part() -> None:
    """The rule stands among those of every decision."""
    assert "DOSE-09" in {one.rule for one in judged().conditional if one.verdict is PASS}
    assert {"DOSE-09", "DOSE-10"} <= {one.rule for one in judged().full}
