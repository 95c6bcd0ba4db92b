"""Printing is recorded: which facts, which layout, which bytes. The paper is drawn before the act, not in it.

Facts and bytes come from the room that knows them; labelling lies below it and knows a container by its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy.orm import Session

from mfg.canonical import canonical
from mfg.db import next_code
from mfg.facts import judge, refuse_unless
from mfg.labelling.records import PrintedLabel, PrintedPaper, standing_label
from mfg.labelling.rules import PRINT, Printing
from mfg.ledger import Who, act


def print_label(session: Session, who: Who, *, container: str, within: str, layout: str, facts: Mapping[str, str],
                pdf: bytes) -> str:
    """Record a printed label. A reprint needs a reason and voids the label before. Returns the label's code."""
    hashed, told = sha256(pdf).hexdigest(), canonical(dict(facts)).decode()
    with act(session, "print label", on=container, within=within, **who.how) as doing:
        before = standing_label(session, container, layout)
        refuse_unless(judge(PRINT, Printing(container, layout, before.code if before else None, doing.how.reason)))
        code = next_code(session, PrintedLabel, "LBL", 4)
        session.add(PrintedLabel(
            code=code, container=container, layout=layout, copy=before.copy + 1 if before else 1, facts=told,
            pdf_hash=hashed, printed_at=doing.at, printed_by=doing.by.code, reason=doing.how.reason,
            voids=before.code if before else None))
        doing.signs({"label": code, "container": container, "layout": layout, "facts": dict(facts),
                     "pdf": hashed, "voids": before.code if before else None})
        doing.result = code
    return doing.result


def print_record(session: Session, who: Who, *, on_code: str, within: str, kind: str, pdf: bytes,
                 note: str = "") -> str:
    """Record that a batch record or certificate left the system on paper. Returns the paper's code."""
    hashed = sha256(pdf).hexdigest()
    with act(session, "print record", on=on_code, within=within, **who.how) as doing:
        code = next_code(session, PrintedPaper, "PAP", 4)
        session.add(PrintedPaper(code=code, kind=kind, on_code=on_code, pdf_hash=hashed, printed_at=doing.at,
                                 printed_by=doing.by.code, note=note or None))
        doing.result = code
    return doing.result
