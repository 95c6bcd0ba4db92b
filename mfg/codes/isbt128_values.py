"""What the content of an ISBT 128 structure means: days, times, blood groups, dimensions, checksums.

Each reader takes the named groups of the pattern and returns more fields, or refuses a value that cannot be.
Times on a label are the wall clock of the place that printed it, so they stay without a zone here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from mfg.codes.check import check_character, checksum, type3_flags
from mfg.codes.part import not_read, quoted
from mfg.facts import plain

Fields = dict[str, Any]


def read_day(cyyjjj: str) -> date:
    """The day of `cyyjjj`: last three digits of the year, then the day of the year 001-366.

    A first digit of 0 is the 2000s and 9 the 1900s; no open source gives the others a meaning.

    >>> read_day("018365").isoformat()
    '2018-12-31'
    """
    if len(cyyjjj) != 6 or not (cyyjjj.isascii() and cyyjjj.isdigit()) or cyyjjj[0] not in "09":
        raise not_read(f"The date {quoted(cyyjjj)} is not six digits beginning with 0 (20xx) or 9 (19xx).")
    year = (2000 if cyyjjj[0] == "0" else 1900) + int(cyyjjj[1:3])
    ordinal = int(cyyjjj[3:])
    day = date(year, 1, 1) + timedelta(days=ordinal - 1)
    if ordinal < 1 or day.year != year:
        raise not_read(f"The date {quoted(cyyjjj)} names day {cyyjjj[3:]} of {year}, which does not exist.")
    return day


def read_moment(cyyjjjhhmm: str) -> datetime:
    """The local wall-clock moment of `cyyjjjhhmm`, without a zone. Hours 00-23, minutes 00-59."""
    return datetime.combine(read_day(cyyjjjhhmm[:6]), _clock(cyyjjjhhmm[6:]))


def _clock(hhmm: str) -> time:
    if len(hhmm) != 4 or not (hhmm.isascii() and hhmm.isdigit()) or hhmm[:2] > "23" or hhmm[2:] > "59":
        raise not_read(f"The time {quoted(hhmm)} is not between 0000 and 2359.")
    return time(int(hhmm[:2]), int(hhmm[2:]))


def _calendar_day(yyyymmdd: str) -> date:
    try:
        return date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError as broken:
        raise not_read(f"The date {quoted(yyyymmdd)} is not a day of the calendar.") from broken


def _local(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _day(fields: Fields) -> Fields:
    return {"date": read_day(fields["cyyjjj"]).isoformat()}


def _moment(fields: Fields) -> Fields:
    return {"local": _local(read_moment(fields["cyyjjj"] + fields["hhmm"]))}


def _birth(fields: Fields) -> Fields:
    return {"date": _calendar_day(fields["yyyymmdd"]).isoformat()}


def _month(fields: Fields) -> Fields:
    first = _calendar_day(fields["yyyymm"] + "01")
    return {"month": first.isoformat()[:7]}


def _flexible(fields: Fields) -> Fields:
    moment = datetime.combine(_calendar_day(fields["yyyymmdd"]), _clock(fields["hhmm"]))
    return {"clock": "UTC" if fields["zone"] == "2" else "local", "at": _local(moment),
            "event": EVENTS.get(fields["event"], fields["event"])}


def _din(fields: Fields) -> Fields:
    din = fields["fin"] + fields["year"] + fields["serial"]
    flags = fields["flags"]
    carries_checksum = flags.isdigit() and 60 <= int(flags) <= 96
    if carries_checksum and flags != type3_flags(din):
        raise not_read(f"The donation number {din} carries the checksum flags {flags}, but "
                       f"{type3_flags(din)} belongs to it; it was misread or misprinted. Scan it again.")
    return {"din": din, "check": check_character(din), "label": FLAGS.get(flags, "")}


def _product(fields: Fields) -> Fields:
    # "99" is no division of its own: it says that the division stands in structure 032.
    return {"division_in_032": fields["division"] == "99"}


def _blood_group(fields: Fields) -> Fields:
    code = fields["gg"]
    if code in ABO_ONLY:
        return {"group": ABO_ONLY[code]}
    if code in MESSAGES:
        return {"message": MESSAGES[code]}
    for base, group in GROUPS.items():
        step = int(code) - base if code.isascii() and code.isdigit() else 99
        if step in USES:
            return {"group": group, "use": USES[step]}
    return {}


def _dimensions(fields: Fields) -> Fields:
    found = []
    text = fields["segments"]
    for at in range(0, len(text), 14):
        segment = text[at:at + 14]
        value = Decimal(segment[6:11]).scaleb(-int(segment[11]))
        measure, unit = MEASURES.get(segment[2:6], (segment[2:6], ""))
        found.append({"sign": SIGNS.get(segment[:2], segment[:2]), "measure": measure,
                      "value": plain(value), "unit": unit})
    return {"dimensions": found}


def _registry_donor(fields: Fields) -> Fields:
    right = f"{checksum(fields['registry'] + fields['donor']):02d}"
    if fields["checksum"] != right:
        raise not_read(f"The registry donor number ends in the checksum {fields['checksum']}, but {right} "
                       "belongs to it. Scan it again.")
    return {}


def _chain_of_identity(fields: Fields) -> Fields:
    content = "CH" + fields["fin"] + fields["year"] + fields["serial"]
    return {"coi": content, "check": check_character(content)}


def _lot(fields: Fields) -> Fields:
    return {"unpadded": fields["lot"].lstrip("0")}


def _donor(fields: Fields) -> Fields:
    return {"check": check_character(fields["fin"] + fields["donor"])}


#: Flags that say which copy of the label this is; they are never part of the donation number.
FLAGS = {"00": "", "05": "repeat label", "06": "pilot tube", "07": "test tube", "08": "donor record",
         "09": "NAT sample", "10": "bacterial sample", "11": "match with unit", "12": "affixed partial label",
         "13": "attached label"}
EVENTS = {"01": "expiry", "02": "collection", "03": "production", "04": "cross clamp", "05": "preservation",
          "06": "death"}
MEASURES = {"0001": ("volume", "mL"), "0008": ("weight", "g"), "0009": ("tare", "g"), "0010": ("tare", "g")}
SIGNS = {"01": "within tolerance", "02": ">", "03": ">=", "04": "<", "05": "<=", "06": "nominal"}
GROUPS = {95: "O RhD negative", 51: "O RhD positive", 6: "A RhD negative", 62: "A RhD positive",
          17: "B RhD negative", 73: "B RhD positive", 28: "AB RhD negative", 84: "AB RhD positive"}
ABO_ONLY = {"55": "O", "66": "A", "77": "B", "88": "AB"}
USES = {-4: "directed only", -3: "emergency", -2: "directed, biohazard", -1: "directed, may cross over",
        0: "not stated", 1: "autologous, may cross over", 2: "autologous only",
        3: "autologous only, biohazard"}
MESSAGES = {"00": "none", "Ma": "autologous collection", "Mb": "biohazard", "Md": "discard",
            "Mf": "for fractionation only", "Mq": "on hold", "Mr": "research only",
            "Mx": "not for transfusion"}

READERS: dict[str, Callable[[Fields], Fields]] = {
    "001": _din, "002": _blood_group, "003": _product, "004": _day, "005": _moment, "006": _day,
    "007": _moment, "008": _day, "009": _moment, "018": _lot, "019": _donor, "022": _lot, "024": _birth,
    "026": _month, "029": _dimensions, "031": _flexible, "035": _lot, "039": _registry_donor,
    "040": _chain_of_identity,
}
