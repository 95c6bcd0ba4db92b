"""The data structures of ISBT 128 as data: number, plain name, identifier, content pattern, check character.

Patterns have named groups; the groups become the fields of a part. It reads nothing: isbt128.py does.
Names are our own words. Coded values (products, tests, antigens) are licensed tables and not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

FIN = "(?P<fin>[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2})"
FACILITY = "(?P<fin>[A-NP-Z0-9]{5})(?P<facility_code>[A-Z0-9]{6})"
DAY = "(?P<cyyjjj>[0-9]{6})"
MOMENT = "(?P<cyyjjj>[0-9]{6})(?P<hhmm>[0-9]{4})"


@dataclass(frozen=True)
class Structure:
    """One row of the table. `size` counts the content after the identifier (a DIN counts its first letter).

    `check` says whether the printed text needs a check character: required, printed (only if the text is
    printed at all), optional, none. `counted` = (start, stop, each) for the three structures whose content
    begins with a count: the size is stop + each x count.
    """

    number: str
    name: str
    di: str
    size: int
    pattern: str
    check: str = "none"
    counted: tuple[int, int, int] | None = None
    retired: bool = False

    @cached_property
    def matcher(self) -> re.Pattern[str]:
        """The pattern, compiled once; the whole content must match."""
        return re.compile(self.pattern + r"\Z")

    def length_at(self, text: str, start: int) -> int | None:
        """How many content characters belong to this structure; None when its count is not digits."""
        if self.counted is None:
            return self.size
        first, stop, each = self.counted
        count = text[start + first:start + stop]
        if not re.fullmatch(f"[0-9]{{{stop - first}}}", count) or int(count) == 0:
            return None
        return stop + each * int(count)


STRUCTURES: tuple[Structure, ...] = (
    Structure("001", "donation number", "=", 15,
              FIN + "(?P<year>[0-9]{2})(?P<serial>[0-9]{6})(?P<flags>[0-9A-HJ-NPR-Y]{2})", "required"),
    Structure("002", "blood group", "=%", 4, "(?P<gg>[A-Za-z0-9]{2})(?P<phenotype>[A-Z0-9])0"),
    Structure("003", "product code", "=<", 8,
              "(?P<pdc>[A-Z][A-Z0-9]{4})(?P<collection_type>[A-Za-z0-9])(?P<division>[A-Z0-9][a-z0-9])"),
    Structure("004", "expiry date", "=>", 6, DAY, "optional"),
    Structure("005", "expiry date and time", "&>", 10, MOMENT, "optional"),
    Structure("006", "collection date", "=*", 6, DAY, "optional"),
    Structure("007", "collection date and time", "&*", 10, MOMENT, "optional"),
    Structure("008", "production date", "=}", 6, DAY, "optional"),
    Structure("009", "production date and time", "&}", 10, MOMENT, "optional"),
    Structure("010", "special testing code", "&(", 5, "[A-Z0-9]{5}", "optional"),
    Structure("011", "red cell antigens, first form", "={", 18, "[0-9]{18}", "required", retired=True),
    Structure("012", "red cell antigens", "=\\", 18, "(?P<antigens>[0-9]{16})(?P<more>[0-9]{2})", "printed"),
    Structure("013", "red cell antigens, Finnish list", "&\\", 18,
              "(?P<antigens>[0-9]{16})(?P<more>[0-9]{2})", "printed"),
    Structure("014", "platelet HLA and HPA types", "&{", 18, "[0-9]{18}", "printed"),
    Structure("015", "HLA-A and -B alleles", "=[", 18, "[A-Z0-9]{18}", retired=True),
    Structure("016", "HLA-DRB1 alleles", '="', 18, "[A-Z0-9]{18}", retired=True),
    Structure("017", "container maker and catalogue number", "=)", 10,
              "(?P<set_size>[A-Za-z0-9])(?P<maker>[A-Z0-9]{2})(?P<catalogue>[A-Za-z0-9]{7})"),
    Structure("018", "container lot number", "&)", 10, "(?P<lot>[A-Za-z0-9]{10})"),
    Structure("019", "donor number", "=;", 21, FIN + "(?P<donor>[0-9]{16})", "required"),
    Structure("020", "staff number", "='", 11, FIN + "(?P<staff>[A-Z0-9]{6})", "optional"),
    Structure("021", "item maker and catalogue number", "=-", 10,
              "(?P<maker>[A-Z0-9]{2})(?P<catalogue>[A-Za-z0-9]{8})"),
    Structure("022", "item lot number", "&-", 10, "(?P<lot>[A-Za-z0-9]{10})"),
    Structure("023", "compound message", "=+", 5, "(?P<count>[0-9]{2})(?P<order>[0-9]{3})"),
    Structure("024", "patient date of birth", "=#", 10,
              "(?P<location>[0-9]{2})(?P<yyyymmdd>[0-9]{8})", "optional"),
    Structure("025", "patient number", "&#", 4,
              "(?P<location>[0-9]{2})[0-9]{2}(?P<patient>[A-Za-z0-9]+)", counted=(2, 4, 1)),
    Structure("026", "expiry month", "=]", 6, "(?P<yyyymm>[0-9]{6})", "optional"),
    Structure("027", "infection markers", '&"', 18, "(?P<markers>[0-9]{10})0{8}", "required"),
    Structure("028", "product consignment", "=$", 16,
              FIN + "(?P<year>[0-9]{2})(?P<serial>[0-9]{5})(?P<box>[0-9]{2})(?P<boxes>[0-9]{2})", "optional"),
    Structure("029", "dimensions", "&$", 2,
              "[0-9]{2}(?P<segments>([0-9]{11}[0-5][0-9]{2})+)", "optional", counted=(0, 2, 14)),
    Structure("030", "red cell antigens with history", "&%", 3,
              "[0-9]{3}(?P<tests>([0-9]{10})+)", counted=(0, 3, 10)),
    Structure("031", "flexible date and time", "=(", 16,
              "(?P<zone>[12])0(?P<event>[0-9]{2})(?P<yyyymmdd>[0-9]{8})(?P<hhmm>[0-9]{4})", "optional"),
    Structure("032", "product division", "=,", 6, "(?P<division>[A-Z0-9]{6})", "optional"),
    Structure("033", "processing facility code", "&+", 11, FACILITY, "optional"),
    Structure("034", "processor's product code", "=/", 16, FACILITY + "(?P<pdc>[A-Z0-9]{5})", "optional"),
    Structure("035", "product lot number", "&,1", 18, "(?P<lot>[A-Z0-9]{18})", "optional"),
    Structure("036", "supplementary product number", "&,2", 18, "(?P<supplement>[A-Z0-9]{18})", "optional"),
    Structure("037", "global donor number, first form", "&,3", 19, "[0-9]{4}[A-Z0-9]{15}", retired=True),
    Structure("038", "Single European Code", "&,4", 40, "[A-Za-z0-9]{40}"),
    Structure("039", "global registry donor number", "&:", 19,
              "(?P<registry>[1-9][0-9]{3})(?P<donor>[A-Z0-9]{13})(?P<checksum>[0-9]{2})"),
    Structure("040", "chain of identity", "&/", 15,
              "CH" + FIN + "(?P<year>[0-9]{2})(?P<serial>[A-Z0-9]{6})", "required"),
)

BY_NUMBER = {structure.number: structure for structure in STRUCTURES}

DIN = BY_NUMBER["001"]

#: Every identifier except the DIN's, longest first, so that `&,1` is never read as a shorter one.
BY_LONGEST_DI = tuple(sorted((s for s in STRUCTURES if s is not DIN), key=lambda s: -len(s.di)))

#: Orders a compound message may promise, as far as a public document states them (ST-017, order codes).
ORDERS = {
    "034": ("034", "032", "001"),
    "035": ("034", "032", "001", "004"),
    "036": ("034", "032", "001", "008"),
    "037": ("034", "032", "001", "004", "008"),
}

#: National and local structures: recognised, kept as they are, never joined to another one.
NATIONAL = re.compile(r"&(?P<letter>[a-z;!])(?P<content>[\x20-\x7e]+)\Z")
NATIONAL_NAMES = {";": "national donor number", "!": "confidential exclusion status"}


def name_of(number: str) -> str:
    """The plain name of a structure, with a mark when it is retired."""
    structure = BY_NUMBER[number]
    return f"{structure.name} (retired)" if structure.retired else structure.name
