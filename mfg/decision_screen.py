"""The decision over a dose on the screen, its gauge as a picture, and labels, certificates and records as PDF.

What they show is made in `release/`; everything is decided through the doors of release.
"""

from __future__ import annotations

import io

from flask import Flask, Response, make_response
from flask_wtf.csrf import generate_csrf

from mfg.batches.records import dose as dose_of
from mfg.db import look
from mfg.labelling.records import label as label_of
from mfg.labelling.rules import LABEL
from mfg.ledger import now
from mfg.paper.drawing import to_svg
from mfg.paper.label_copy import copy_pdf, unscannable
from mfg.release import shown
from mfg.release.gather import decide
from mfg.release.identity_path_page import identity_path_drawing, identity_path_pdf
from mfg.release.pages import decision_strip, show_decide
from mfg.release.printing import certificate_pdf, label_pdf, record_pdf
from mfg.trail import history_of, signatures_of
from mfg.web.names import printed_names, with_names
from mfg.web.pages import draw, picture
from mfg.web.session import engine


def start(app: Flask) -> None:
    """The decision page, its gauge, and the papers."""
    app.add_url_rule("/doses/<dose>/decision", "page:decide", _decide, methods=["GET"])
    app.add_url_rule("/doses/<dose>/gauge.svg", "page:gauge", _gauge, methods=["GET"])
    app.add_url_rule("/doses/<dose>/identity-path.svg", "page:identity path picture", _path, methods=["GET"])
    app.add_url_rule("/doses/<dose>/identity-path.pdf", "paper:identity path", _path_pdf, methods=["GET"])
    app.add_url_rule("/labels/<label>.pdf", "paper:label", _label, methods=["GET"])
    app.add_url_rule("/labels/<label>.png", "picture:label", _label_picture, methods=["GET"])
    app.add_url_rule("/batches/<batch>/record.pdf", "paper:record", _record, methods=["GET"])
    app.add_url_rule("/decisions/<decision>/certificate.pdf", "paper:certificate", _certificate, methods=["GET"])


def _decide(dose: str) -> str:
    with look(engine()) as session:
        found, strip = show_decide(session, dose=dose), decision_strip(session, dose_of(session, dose))
        found |= {"signatures": signatures_of(session, dose), "history": history_of(session, dose)}
        found, strip = with_names((found, strip), printed_names(session))
    base = {"k": "", "v": "", "code": False, "grow": False, "timer_until": None}
    return draw("release/decide.html", {"title": f"Release of {dose}", "strip": [base | one for one in strip],
                                        "back": f"/doses/{dose}"}, decision=found | {"csrf": generate_csrf()})


def _gauge(dose: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(shown.gauge(decide(session, dose, now())).drawing()))


def _path(dose: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(identity_path_drawing(session, dose)))


def _path_pdf(dose: str) -> Response:
    with look(engine()) as session:
        return _pdf(identity_path_pdf(session, dose), f"{dose}-identity-path")


def _label(label: str) -> Response:
    """The label to be printed as long as it is issued; a copy that is none from then on."""
    with look(engine()) as session:
        pdf, state = label_pdf(session, label), label_of(session, label).state
    return _pdf(pdf if state == LABEL.start else copy_pdf(pdf, state), label)


def _label_picture(label: str) -> Response:
    """The label as its printer would make it, as a picture nobody can scan in the place of the label."""
    made = io.BytesIO()
    with look(engine()) as session:
        pdf = label_pdf(session, label)
    unscannable(pdf).save(made, "PNG", optimize=True)
    answer = make_response(made.getvalue())
    answer.content_type = "image/png"
    return answer


def _record(batch: str) -> Response:
    with look(engine()) as session:
        return _pdf(record_pdf(session, batch), f"{batch}-batch-record")


def _certificate(decision: str) -> Response:
    with look(engine()) as session:
        return _pdf(certificate_pdf(session, decision), f"{decision}-certificate")


def _pdf(content: bytes, name: str) -> Response:
    answer = make_response(content)
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
