"""The pictures of custody as the browser wants them: a transit's temperature, who held a thing when, where a sample
was; and the list of who holds which bag as paper.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from flask import Flask, Response, make_response

from mfg.custody.pages import custody_drawing, temperature_drawing
from mfg.custody.recall_pages import recall_list_pdf
from mfg.custody.timeline import timeline
from mfg.db import look
from mfg.ledger import now
from mfg.paper.drawing import to_svg
from mfg.qc.sampling_gather import tube
from mfg.qc.sampling_pages import chain_drawing
from mfg.web.names import printed_names, with_names
from mfg.web.pages import picture
from mfg.web.session import engine


def start(app: Flask) -> None:
    """Three pictures and a paper."""
    app.add_url_rule("/samples/<sample>/chain.svg", "page:chain of a sample", _chain, methods=["GET"])
    app.add_url_rule("/shipments/<shipment>/temperature.svg", "page:temperature", _temperature, methods=["GET"])
    app.add_url_rule("/custody/<thing>.svg", "page:custody picture", _custody, methods=["GET"])
    app.add_url_rule("/batches/<batch>/recall-list.pdf", "paper:recall list", _recall_list, methods=["GET"])


def _recall_list(batch: str) -> Response:
    with look(engine()) as session:
        answer = make_response(recall_list_pdf(session, batch, names=printed_names(session)))
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{batch}-recall-list.pdf"'
    return answer


def _temperature(shipment: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(temperature_drawing(session, shipment)))


def _chain(sample: str) -> Response:
    with look(engine()) as session:
        names = {person: escape(name) for person, name in printed_names(session).items()}
        return picture(with_names(to_svg(chain_drawing(tube(session, sample))), names))


def _custody(thing: str) -> Response:
    with look(engine()) as session:
        names = {person: escape(name) for person, name in printed_names(session).items()}
        return picture(with_names(to_svg(custody_drawing(timeline(session, thing, now()))), names))
