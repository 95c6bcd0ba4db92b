"""How units are written for people. Records and JSON keep the UCUM code; nothing is converted here."""

from __future__ import annotations

WORDS = {
    "1": "", "10*6/mL": "× 10⁶ /mL", "{cells}": "cells", "{cells}/mL": "cells/mL", "{cells}/kg": "cells/kg",
    "Cel": "°C", "ug": "µg", "ug/mL": "µg/mL", "{EU}/mL": "EU/mL", "{EU}/kg": "EU/kg", "[pH]": "pH",
    "mosm/kg": "mOsm/kg", "{MFI}": "MFI", "Gy": "Gy",
}


def in_words(unit: str | None) -> str:
    """The unit as people write it.

    >>> in_words("10*6/mL"), in_words("mL"), in_words("1")
    ('× 10⁶ /mL', 'mL', '')
    """
    return WORDS.get(unit or "", unit or "")
