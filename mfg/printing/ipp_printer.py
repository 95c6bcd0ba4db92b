"""A printer that speaks IPP, or a queue of CUPS: asked how it is, given one job, asked until the job has ended.

RFC 8010 and 8011: Get-Printer-Attributes, Print-Job, Get-Job-Attributes. Each is one HTTP request on a connection of
its own, with an end. Nothing is sent twice, whatever happens. Transport is not encrypted: printers stand in the
facility's own network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from time import monotonic, sleep

from mfg.facts import shown
from mfg.printing import ipp
from mfg.printing.ipp import Attribute, Message, NotIpp
from mfg.printing.wire import MOST, Bounds, Progress, Trouble, dial

PAUSE = 0.5
STOPPED = 5
#: printer-state (RFC 8011, 5.4.11) and job-state (5.3.7) in words
PRINTER_STATES = {3: "idle", 4: "printing", STOPPED: "stopped"}
JOB_STATES = {3: "waiting", 4: "held", 5: "printing", 6: "stopped", 7: "canceled", 8: "aborted", 9: "completed"}
COMPLETED = 9
#: keywords that stop us whatever severity they come with: drivers report an empty tray as a warning
STOPS = {
    "media-empty": "The printer is out of media: load paper or labels, then try again.",
    "media-needed": "The printer waits for other media: load what it asks for, then try again.",
    "media-jam": "Media is jammed in the printer: clear it, then try again.",
    "input-tray-missing": "The tray of the printer is missing: put it in, then try again.",
    "cover-open": "A cover of the printer is open: close it, then try again.",
    "door-open": "A door of the printer is open: close it, then try again.",
    "interlock-open": "The printer is open: close it, then try again.",
    "marker-supply-empty": "The printer is out of ink, toner or ribbon: replace it, then try again.",
    "toner-empty": "The printer is out of toner: replace it, then try again.",
    "offline": "The printer is off line: switch it on line, then try again.",
    "paused": "The printer is paused: resume it, then try again.",
    "moving-to-paused": "The printer is being paused: resume it, then try again.",
    "shutdown": "The printer is shut down: switch it on, then try again.",
    "connecting-to-device": "The print server cannot reach the device: switch it on, then try again.",
    "timed-out": "The print server cannot reach the device: switch it on, then try again.",
}
#: keywords without a severity that do no harm; any other without one is an error (RFC 8011, 5.4.12)
HARMLESS = {"none", "cups-waiting-for-job-completed"}
SEVERITIES = ("-error", "-warning", "-report")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the printer is."""

    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """Host and port as they stand in an address."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def uri(self) -> str:
        """The printer's own name in the protocol."""
        return f"ipp://{self.named}{self.path}"


def print_ipp(place: Place, content: bytes, title: str, bounds: Bounds, progress: Progress) -> None:
    """Print a PDF there. Raises Trouble or OSError; `progress` says how far it got."""
    told = _ask(place, ipp.GET_PRINTER, [], bounds, wanted=("printer-state", "printer-state-reasons",
                                                           "printer-is-accepting-jobs"))
    progress.status, trouble = readiness(told)
    if trouble:
        raise Trouble(trouble)
    answer = _post(place, _request(place, ipp.PRINT_JOB, 2, [
        (ipp.NAME, "job-name", title[:120]), (ipp.MIME, "document-format", "application/pdf")],
        job=[(ipp.INTEGER, "copies", 1), (ipp.KEYWORD, "print-scaling", "none")]), 2, bounds, content, progress)
    job = answer.first(ipp.JOB_GROUP, "job-id")
    if not 0 <= answer.code <= 0xFF or not isinstance(job, int):
        raise Trouble(f"The printer answered {_status(answer)} to the job.")
    _until_printed(place, job, bounds)


def readiness(told: Message) -> tuple[str, str]:
    """How the printer says it is, and why it cannot print now; what it does not say is not taken as good."""
    state = told.first(ipp.PRINTER_GROUP, "printer-state")
    accepting = told.first(ipp.PRINTER_GROUP, "printer-is-accepting-jobs")
    reasons = [str(one)[:80] for one in told.all(ipp.PRINTER_GROUP, "printer-state-reasons")]
    word = PRINTER_STATES.get(state) if isinstance(state, int) else None
    status = f"{word or 'state not told'}; {'takes' if accepting is True else 'does not take'} jobs; " \
             f"{', '.join(reasons) or 'no reasons told'}"
    if told.code > 0xFF:
        return status, f"The printer answered {_status(told)} when it was asked how it is."
    if word is None or accepting is None:
        return status, "The printer does not say how it is. Look whether its address and path are right."
    wrong = list(dict.fromkeys(found for one in reasons if (found := _stopping(one))))
    if not wrong and state == STOPPED:
        wrong = ["The printer is stopped: look at it, start it again, then try again."]
    if not wrong and accepting is not True:
        wrong = ["The printer takes no jobs now: let whoever looks after it open it, then try again."]
    return status, " ".join(wrong)


def _stopping(reason: str) -> str:
    bare, severity = reason, ""
    for end in SEVERITIES:
        if reason.endswith(end):
            bare, severity = reason.removesuffix(end), end
    if bare in STOPS:
        return STOPS[bare]
    if reason in HARMLESS or severity in ("-warning", "-report"):
        return ""
    return f"The printer reports {shown(reason)}: look at it, then try again."


def _status(answer: Message) -> str:
    said = answer.first(ipp.OPERATION, "status-message")
    return f"with status 0x{answer.code:04x}{f' ({shown(said)})' if said else ''}"


def _until_printed(place: Place, job: int, bounds: Bounds) -> None:
    until, word = monotonic() + bounds.finish, "not heard of again"
    while (left := until - monotonic()) > 0:
        answer = _ask(place, ipp.GET_JOB, [(ipp.INTEGER, "job-id", job)], bounds,
                      wanted=("job-state", "job-state-reasons"))
        state = answer.first(ipp.JOB_GROUP, "job-state")
        if state == COMPLETED:
            return
        word = JOB_STATES.get(state, "in no state that is known") if isinstance(state, int) else "in no state"
        if state in (7, 8):
            break
        sleep(min(PAUSE, left))
    reasons = ", ".join(str(one)[:60] for one in answer.all(ipp.JOB_GROUP, "job-state-reasons"))
    raise Trouble(f"The printer took the job as number {job}, and it is {word}{f' ({reasons})' if reasons else ''}.")


def _request(place: Place, operation: int, number: int, more: Iterable[Attribute],
             job: Iterable[Attribute] = ()) -> bytes:
    told: list[Attribute] = [(ipp.CHARSET, "attributes-charset", "utf-8"),
                             (ipp.LANGUAGE, "attributes-natural-language", "en"),
                             (ipp.URI, "printer-uri", place.uri), *(one for one in more if one[1] == "job-id"),
                             (ipp.NAME, "requesting-user-name", "mfg"), *(one for one in more if one[1] != "job-id")]
    return ipp.write(operation, number, [(ipp.OPERATION, told), *([(ipp.JOB_GROUP, job)] if job else [])])


def _ask(place: Place, operation: int, more: list[Attribute], bounds: Bounds, wanted: tuple[str, ...]) -> Message:
    # the second and further values of an attribute have no name of their own (RFC 8010, 3.1.5)
    names: list[Attribute] = [(ipp.KEYWORD, "" if place_ else "requested-attributes", name)
                              for place_, name in enumerate(wanted)]
    return _post(place, _request(place, operation, 1, [*more, *names]), 1, bounds)


def _post(place: Place, request: bytes, number: int, bounds: Bounds, document: bytes = b"",
          progress: Progress | None = None) -> Message:
    """One request and its answer."""
    head = (f"POST {place.path} HTTP/1.1\r\nHost: {place.named}\r\nContent-Type: application/ipp\r\n"
            f"Content-Length: {len(request) + len(document)}\r\nConnection: close\r\n\r\n")
    with dial(place.host, place.port, bounds.connect) as wire:
        wire.lasts(bounds.send if document else bounds.status)
        wire.push(head.encode("ascii") + request)
        wire.push(document, progress)
        answer = HTTPResponse(wire, method="POST")
        try:
            answer.begin()
            if answer.status != 200:
                raise Trouble(f"The printer answered {answer.status} {shown(answer.reason)} to the request. Look "
                              "whether its path is right and whether it wants somebody to sign in.")
            if answer.headers.get_content_type() != "application/ipp":
                raise NotIpp(f"it says it is {shown(answer.headers.get_content_type())}")
            body = answer.read(MOST)
        except HTTPException as broken:
            raise NotIpp(f"it is not HTTP as it should be ({type(broken).__name__})") from broken
        finally:
            answer.close()
    return ipp.read(body, number)
