"""The table of everything a person can do: who may, whether it is signed and what that signature means.

Data, not behaviour. `ledger.act()` holds every row of it; the README and the pages are made from it.
Roles and hard exclusions follow the role table and the exclusion list of the domain dossier
(21 CFR 11.10(g), 211.22, 211.101, 211.194(a)(8); EU GMP Annex 11 section 15).
"""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATOR = "administrator"

ROLES: dict[str, str] = {
    "operator": "Operator: performs steps, enters values",
    "verifier": "Verifier: witnesses and verifies steps done by another",
    "production supervisor": "Production supervisor: opens batches, reviews production",
    "warehouse": "Warehouse: receives materials",
    "qc analyst": "QC analyst: takes samples, tests",
    "qc reviewer": "QC reviewer: second-person review of results",
    "qa": "Quality assurance: approves documents and lots, closes deviations, gives the quality disposition",
    "qualified person": "Qualified person: releases, certifies, rejects",
    "medical director": "Medical director: donor eligibility, authorises an exceptional release",
    "principal investigator": "Principal investigator: recipients, cohorts, the trial protocol",
    "clinical coordinator": "Clinical coordinator: enters recipient data",
    "apheresis nurse": "Apheresis nurse: records collections",
    "treating physician": "Treating physician: treats the recipient, asks for an exceptional release",
    "inspector": "Inspector: reads everything, writes nothing",
    ADMINISTRATOR: "Administrator: accounts and roles, no GxP content",
}
GXP_ROLES = frozenset(ROLES) - {ADMINISTRATOR, "inspector"}


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing people do.

    `meaning` is the meaning of its signature; None: the act is recorded but not signed. `not_who` are
    verbs nobody may have done on the same record; `not_within` the same for the whole batch, donor or
    recipient the act lies within. `seals`: a checkpoint of the ledger is sealed with it. `proof`: user id and
    password are typed for it although it is no signature. `voids`: it changes what was signed before on the
    same record, so those signatures are shown as void (21 CFR 11.70). `system`: the program itself does it at the
    moment it is due, and nobody else can.
    """

    name: str
    roles: tuple[str, ...]
    meaning: str | None = None
    reason: bool = False
    not_who: tuple[str, ...] = ()
    not_within: tuple[str, ...] = ()
    seals: bool = False
    proof: bool = False
    voids: bool = False
    system: bool = False


MADE_OR_TESTED = (
    "enter value", "perform step", "verify step", "correct entry", "repeat step", "record result", "review result",
    "take sample", "open batch", "make container", "split container", "measure content", "freeze container",
    "thaw container", "fill dose", "check fill", "complete batch", "print label",
    "approve reprint", "verify label", "apply label",
    "read sterility", "plan dose", "pause step", "resume step", "hand over step", "skip step", "mark not applicable",
    "take up step", "attach file", "propose redline", "issue material", "waste material", "return material",
    "supervise step", "clear line", "confirm line clearance", "confirm transcription", "confirm instrument file",
    "record retest", "record repeat", "begin laboratory investigation", "record laboratory investigation",
    "record hypothesis measurement",
    "receive sample", "refuse sample", "explain missing sample",
)
PRODUCTION = ("operator", "verifier", "production supervisor")
#: may teach what they are qualified for themselves
TEACHERS = tuple(role for role in ROLES if role in GXP_ROLES)
#: who may see that something went wrong and say so
WITNESSES = PRODUCTION + ("qc analyst", "qc reviewer", "qa", "apheresis nurse", "warehouse")
#: who may hold cells, and so give and take them
HOLDERS = PRODUCTION + ("warehouse", "qc analyst", "apheresis nurse", "clinical coordinator", "qa")
#: who may hold a bag of a dose, and answers for it when it is recalled
RECALL_ANSWERERS = HOLDERS + ("treating physician", "principal investigator")
#: who may be told, and may have told somebody
CALLERS = ("treating physician", "principal investigator", "medical director", "qa", "qualified person", "qc analyst",
           "qc reviewer", "production supervisor", "clinical coordinator")
INVESTIGATORS = ("production supervisor", "qc reviewer", "qa", "medical director")
#: a hand in a deviation, which keeps from judging it (domain dossier 7.2, exclusion 9)
HANDS = ("open deviation", "confirm deviation", "investigate deviation", "submit deviation")
#: a hand in the investigation of an OOS, which keeps from judging it
OOS_HANDS = ("begin laboratory investigation", "record hypothesis measurement", "record laboratory investigation")


def _document(kind: str, *, authors: tuple[str, ...], approvers: tuple[str, ...] = ("qa",)) -> tuple[Verb, ...]:
    """The life of one kind of document: no author approves, returns or puts into effect what they wrote."""
    other = (f"draft {kind}",)
    return (
        Verb(f"draft {kind}", authors, "Written"),
        Verb(f"submit {kind}", authors, "Ready for review"),
        Verb(f"return {kind}", approvers, "Returned", reason=True, not_who=other),
        Verb(f"approve {kind}", approvers, "Approved", not_who=other),
        Verb(f"make {kind} effective", ("qa",), "Made effective", not_who=other),
    )


_TABLE = (
    # the installation itself
    Verb("install", ()),
    Verb("upgrade records", (), system=True),
    # people
    Verb("open account", (ADMINISTRATOR,)),
    Verb("close account", (ADMINISTRATOR,), reason=True),
    Verb("grant role", (ADMINISTRATOR,)),
    Verb("remove role", (ADMINISTRATOR,), reason=True),
    Verb("reset password", (ADMINISTRATOR,), reason=True),
    Verb("confirm account", (ADMINISTRATOR, "qa"), "Owner of the account seen and confirmed",
         not_who=("install", "open account", "reset password")),
    Verb("unlock account", (ADMINISTRATOR,), reason=True),
    Verb("choose password", tuple(ROLES), proof=True),
    Verb("sign in", tuple(ROLES), proof=True),
    Verb("sign out", tuple(ROLES)),
    # a wrong scan on the floor; a right one opens its page and is no act
    Verb("look up code", tuple(ROLES)),
    # controlled documents: trial protocols, master records, specifications, procedures
    *_document("protocol", authors=("principal investigator", "qa"), approvers=("principal investigator", "qa")),
    Verb("answer assumption", ("principal investigator",), "Sponsor's answer recorded", reason=True),
    *_document("master record", authors=("production supervisor", "qa")),
    *_document("specification", authors=("qc reviewer", "qa")),
    *_document("procedure", authors=("production supervisor", "qc reviewer", "qa")),
    *_document("label layout", authors=("production supervisor", "qa")),
    # training: everybody learns, whoever is qualified teaches
    Verb("define training item", ("qa",), "Training item approved"),
    Verb("change training item", ("qa",), "Training item approved", reason=True),
    Verb("require training", ("qa",), "Training required"),
    Verb("drop training requirement", ("qa",), "Training no longer required", reason=True),
    Verb("assign training", ("production supervisor", "qc reviewer", "qa")),
    Verb("complete training", tuple(ROLES), "I have been trained and understood"),
    Verb("confirm training", TEACHERS, "Trained and assessed competent", not_who=("complete training",)),
    Verb("fail training", TEACHERS, "Not competent yet", reason=True, not_who=("complete training",)),
    Verb("withdraw qualification", ("qa",), "Qualification withdrawn", reason=True),
    Verb("record earlier training", ("qa",), "Recorded from paper"),
    Verb("supervise step", TEACHERS, "Supervises the trainee", not_who=("perform step",)),
    # trial
    Verb("enrol recipient", ("principal investigator", "clinical coordinator")),
    Verb("confirm eligibility", ("principal investigator",), "Eligibility confirmed"),
    Verb("record weight", ("clinical coordinator", "principal investigator"), "Recorded"),
    Verb("confirm weight", ("clinical coordinator", "principal investigator"), "Measured and confirmed",
         not_who=("record weight",)),
    # donors
    Verb("register donor", ("apheresis nurse", "medical director", "clinical coordinator")),
    Verb("record consent", ("apheresis nurse", "medical director")),
    Verb("record marker", ("apheresis nurse", "medical director"), "Recorded"),
    Verb("determine eligibility", ("medical director",), "Donor eligibility determined"),
    Verb("record collection", ("apheresis nurse",), "Collected"),
    Verb("inspect receipt", ("operator", "production supervisor", "warehouse"), "Receipt inspected"),
    Verb("accept collection", ("verifier", "qa"), "Receipt verified", not_who=("inspect receipt",)),
    Verb("reject collection", ("qa", "production supervisor"), "Rejected", reason=True),
    # materials
    Verb("receive lot", ("warehouse", "operator", "production supervisor"), "Received"),
    Verb("release lot", ("qa",), "Approved for use", not_who=("receive lot",)),
    Verb("reject lot", ("qa",), "Rejected", reason=True),
    Verb("attach certificate", ("warehouse", "operator", "production supervisor", "qa")),
    Verb("block lot", ("qa",), "Blocked", reason=True),
    Verb("unblock lot", ("qa",), "Unblocked", reason=True),
    Verb("recall lot", ("qa",), "Recalled", reason=True),
    Verb("open lot", ("warehouse", "operator", "production supervisor")),
    Verb("issue material", ("warehouse", "operator", "production supervisor"), "Dispensed"),
    Verb("waste material", PRODUCTION, reason=True),
    Verb("return material", PRODUCTION, reason=True),
    Verb("reconcile lot", ("warehouse", "operator", "production supervisor"), "Counted"),
    Verb("confirm reconciliation", ("warehouse", "verifier", "production supervisor", "qa"), "Count confirmed",
         not_who=("reconcile lot",)),
    Verb("propose supplier", ("warehouse", "production supervisor", "qa")),
    Verb("qualify supplier", ("qa",), "Qualified", not_who=("propose supplier",)),
    Verb("qualify supplier on condition", ("qa",), "Qualified on condition", reason=True,
         not_who=("propose supplier",)),
    Verb("disqualify supplier", ("qa",), "Disqualified", reason=True),
    Verb("register article", ("qa",), "Registered"),
    # equipment
    Verb("register equipment", PRODUCTION + ("qa",)),
    Verb("qualify equipment", ("qa",), "Qualified for use", not_who=("register equipment",)),
    Verb("record calibration", PRODUCTION + ("qc analyst",), "Calibrated"),
    Verb("confirm calibration", ("verifier", "production supervisor", "qc reviewer", "qa"), "Calibration confirmed",
         not_who=("record calibration",)),
    Verb("record maintenance", PRODUCTION + ("qc analyst",), "Maintained"),
    Verb("record cleaning", PRODUCTION + ("qc analyst",), "Cleaned"),
    Verb("check cleaning", PRODUCTION + ("qc analyst", "qc reviewer", "qa"), "Cleaning checked",
         not_who=("record cleaning", "clean area")),
    Verb("take out of service", PRODUCTION + ("qc analyst", "qc reviewer", "qa"), reason=True),
    Verb("return to service", ("qa",), "Returned to service"),
    Verb("retire equipment", ("qa",), "Retired", reason=True),
    # the scanner of a workstation: whoever stands there tries it
    Verb("calibrate workstation", TEACHERS),
    # rooms, cabinets, isolators
    Verb("register area", ("production supervisor", "qa")),
    Verb("clean area", PRODUCTION, "Cleaned"),
    Verb("hold area", PRODUCTION + ("qc analyst", "qc reviewer", "qa"), reason=True),
    Verb("release area", ("qa",), "Released for use"),
    Verb("clear line", PRODUCTION, "Line clear"),
    Verb("confirm line clearance", PRODUCTION, "Line clearance confirmed", not_who=("clear line",)),
    # environmental and personnel monitoring
    Verb("plan monitoring", ("qc analyst", "production supervisor")),
    Verb("add plate", PRODUCTION + ("qc analyst",)),
    Verb("expose plates", PRODUCTION + ("qc analyst",)),
    Verb("remove plate", PRODUCTION + ("qc analyst",)),
    Verb("incubate plates", PRODUCTION + ("qc analyst",)),
    Verb("read plate", ("qc analyst",), "Read"),
    Verb("correct plate reading", ("qc analyst",), "Corrected", reason=True, voids=True),
    Verb("review monitoring", ("qc reviewer",), "Reviewed: accurate, complete, compliant",
         not_within=("read plate", "correct plate reading")),
    Verb("set monitoring limit", ("qa",), "Approved", reason=True),
    # batches
    Verb("open batch", ("production supervisor",), "Batch record issued"),
    Verb("enter value", PRODUCTION),
    Verb("perform step", ("operator", "production supervisor"), "Performed"),
    Verb("verify step", ("verifier", "production supervisor"), "Verified",
         not_who=("perform step", "supervise step")),
    Verb("correct entry", PRODUCTION, "Corrected", reason=True, voids=True),
    Verb("repeat step", PRODUCTION),
    Verb("pause step", PRODUCTION, reason=True),
    Verb("resume step", PRODUCTION),
    Verb("hand over step", PRODUCTION, "Taken over"),
    Verb("skip step", ("operator", "production supervisor"), "Skipped", reason=True),
    Verb("take up step", PRODUCTION, reason=True, voids=True),
    Verb("mark not applicable", PRODUCTION, "Not applicable", reason=True),
    Verb("attach file", PRODUCTION),
    Verb("propose redline", ("production supervisor",), "Redline proposed", reason=True),
    Verb("approve redline", ("qa",), "Redline approved for this batch", not_who=("propose redline",)),
    Verb("reject redline", ("qa",), "Redline rejected", reason=True, not_who=("propose redline",)),
    Verb("breach hold", (), system=True),
    Verb("continue after breach", ("qa",), "Approved to continue under deviation", reason=True,
         not_within=MADE_OR_TESTED),
    Verb("make container", PRODUCTION),
    Verb("split container", PRODUCTION),
    Verb("measure content", PRODUCTION + ("qc analyst",)),
    Verb("freeze container", PRODUCTION, "Frozen"),
    Verb("thaw container", PRODUCTION, "Thawed"),
    Verb("discard container", PRODUCTION + ("qc analyst", "qa"), "Discarded", reason=True),
    Verb("plan dose", ("production supervisor", "principal investigator")),
    Verb("fill dose", ("operator", "production supervisor"), "Filled", voids=True),
    Verb("check fill", ("verifier", "production supervisor"), "Fill verified", not_who=("fill dose",)),
    Verb("complete batch", ("production supervisor",), "Production review complete"),
    # labels
    Verb("print label", PRODUCTION + ("qa",), "Label printed"),
    Verb("request reprint", PRODUCTION + ("qa",), reason=True),
    Verb("approve reprint", ("verifier", "production supervisor", "qa"), "Reprint approved, the label before is void",
         not_who=("request reprint",)),
    Verb("verify label", PRODUCTION + ("qa",)),
    Verb("apply label", PRODUCTION),
    Verb("spoil label", PRODUCTION + ("qa",), reason=True),
    Verb("return label", PRODUCTION + ("qa",), reason=True),
    Verb("destroy label", PRODUCTION + ("qa",), "Destroyed"),
    Verb("witness destruction", PRODUCTION + ("qa",), "Seen destroyed", not_who=("destroy label",)),
    Verb("print record", PRODUCTION + ("qa", "qualified person", "inspector")),
    Verb("print identity path", PRODUCTION + ("qa", "qualified person", "clinical coordinator", "inspector")),
    # printers on the network, and the outbox of what is sent to them
    Verb("add printer", ("production supervisor", "qa")),
    Verb("change printer", ("production supervisor", "qa"), reason=True),
    Verb("retire printer", ("production supervisor", "qa"), reason=True),
    Verb("reinstate printer", ("production supervisor", "qa"), reason=True),
    Verb("send to printer", PRODUCTION + ("qa",)),
    Verb("begin print job", (), system=True),
    Verb("record print outcome", (), system=True),
    Verb("settle print job", PRODUCTION + ("qa",), reason=True),
    Verb("cancel print job", PRODUCTION + ("qa",), reason=True),
    # blank records, for work on paper while the system is away
    Verb("print blank record", ("production supervisor", "qa"), "Blank record issued", reason=True),
    Verb("return sheet", PRODUCTION + ("qa",)),
    Verb("confirm transcription", ("verifier", "production supervisor", "qa"), "Compared with the sheet"),
    Verb("destroy sheet", ("production supervisor", "qa"), "Destroyed", reason=True),
    Verb("report sheet lost", PRODUCTION + ("qa",), reason=True),
    # custody: who holds it, from hand to hand and with a courier
    Verb("hand over", HOLDERS, "Handed over"),
    Verb("accept hand-over", HOLDERS, "Received", not_who=("hand over",)),
    Verb("refuse hand-over", HOLDERS, "Refused", reason=True, not_who=("hand over",)),
    Verb("pack shipment", HOLDERS, "Packed"),
    Verb("seal shipment", HOLDERS, "Sealed"),
    Verb("dispatch shipment", HOLDERS, "Given to the courier"),
    Verb("receive shipment", HOLDERS, "Received", not_who=("pack shipment", "seal shipment", "dispatch shipment")),
    Verb("read logger", HOLDERS, "Logger read"),
    Verb("read logger again", HOLDERS, "Logger read", reason=True, voids=True),
    Verb("accept shipment", ("qa",), "Shipment accepted",
         not_who=("pack shipment", "seal shipment", "dispatch shipment", "receive shipment", "read logger",
                  "read logger again")),
    Verb("reject shipment", ("qa",), "Shipment rejected", reason=True),
    # recall of a dose, bag by bag
    Verb("recall dose", ("qa", "qualified person"), "Recalled", reason=True),
    Verb("answer recall", RECALL_ANSWERERS, "Answered for"),
    Verb("close recall", ("qa",), "Recall reconciled"),
    # notices to a role, and calls made besides
    Verb("acknowledge notice", tuple(role for role in ROLES if role in GXP_ROLES), "Acknowledged"),
    Verb("log call", CALLERS),
    Verb("pass notice on", (), system=True),
    # quality
    Verb("open deviation", WITNESSES),
    Verb("confirm deviation", WITNESSES),
    Verb("classify deviation", ("qa",), "Severity judged", voids=True),
    Verb("investigate deviation", INVESTIGATORS, "Investigated"),
    Verb("name affected", WITNESSES),
    Verb("lift affected", ("qa",), "Not affected", reason=True, not_who=HANDS),
    Verb("find no impact", ("qa",), "No impact on this dose, investigation continues", not_who=HANDS),
    Verb("submit deviation", INVESTIGATORS),
    Verb("return deviation", ("qa",), reason=True),
    Verb("close deviation", ("qa",), "Closed, no open question", not_who=HANDS),
    Verb("reopen deviation", ("qa", "qualified person"), "Reopened", reason=True, voids=True),
    Verb("void deviation", ("qa",), "Void: it never held anything up rightly", reason=True, not_who=HANDS),
    Verb("extend deviation", ("qa",), "More time given", reason=True),
    Verb("propose CAPA", INVESTIGATORS),
    Verb("set criterion", ("qa",), "Criterion of effectiveness set", voids=True),
    Verb("approve CAPA", ("qa",), "Approved", not_who=("propose CAPA",)),
    Verb("reject CAPA", ("qa",), "Rejected", reason=True),
    Verb("hand over CAPA", ("qa",), "Owner and due date changed", reason=True),
    Verb("start CAPA", WITNESSES),
    Verb("implement CAPA", WITNESSES, "Implemented"),
    Verb("begin effectiveness check", ("qa",)),
    Verb("find CAPA effective", ("qa",), "Effective", not_who=("implement CAPA",)),
    Verb("find CAPA ineffective", ("qa",), "Not effective", not_who=("implement CAPA",)),
    Verb("request change", WITNESSES),
    Verb("cover document", INVESTIGATORS, voids=True),
    Verb("assess change", INVESTIGATORS, "Impact assessed"),
    Verb("approve change", ("qa",), "Approved", not_who=("request change",)),
    Verb("approve emergency change", ("qa",), "Approved in an emergency, before assessment", reason=True,
         not_who=("request change",)),
    Verb("review emergency change", ("qa",), "Reviewed in retrospect", not_who=("approve emergency change",)),
    Verb("reject change", ("qa",), "Rejected", reason=True),
    Verb("implement change", WITNESSES, "Implemented"),
    Verb("verify change", ("verifier", "production supervisor", "qc reviewer", "qa"), "Verified",
         not_who=("implement change",)),
    Verb("close change", ("qa",), "Closed", not_who=("implement change",)),
    # qc
    Verb("take sample", PRODUCTION + ("qc analyst",), "Sample taken"),
    Verb("record result", ("qc analyst",), "Tested"),
    Verb("review result", ("qc reviewer",), "Reviewed: accurate, complete, compliant",
         not_who=("record result", "record retest", "record repeat")),
    Verb("read sterility", ("qc analyst",), "Read"),
    # files of instruments: handed in, looked at, confirmed
    Verb("read instrument file", ("qc analyst",)),
    Verb("confirm instrument file", ("qc analyst",), "Readings confirmed as the instrument wrote them"),
    Verb("withdraw instrument file", ("qc analyst", "qc reviewer", "qa"), reason=True,
         not_who=("confirm instrument file",)),
    # out-of-specification results: the laboratory looks, quality assurance judges; nobody does both
    Verb("begin laboratory investigation", ("qc reviewer",)),
    Verb("record hypothesis measurement", ("qc analyst", "qc reviewer"), "Measured for investigation only"),
    Verb("record laboratory investigation", ("qc reviewer",), "Laboratory investigated"),
    Verb("invalidate result", ("qa",), "Result invalidated for a laboratory error", reason=True, not_who=OOS_HANDS),
    Verb("open phase two", ("qa",), "Phase II opened", not_who=OOS_HANDS),
    Verb("allow resample", ("qa",), "Original sample found unrepresentative", reason=True, not_who=OOS_HANDS),
    Verb("record retest", ("qc analyst",), "Tested again in a slot"),
    Verb("record repeat", ("qc analyst",), "Test repeated in a slot"),
    Verb("conclude OOS", ("qa",), "OOS concluded", not_who=OOS_HANDS),
    # samples of the plan, from the step they are drawn at to their disposal
    Verb("explain missing sample", ("production supervisor", "qa"), "Sample of the plan not taken", reason=True),
    Verb("send sample", PRODUCTION + ("qc analyst",)),
    Verb("receive sample", ("qc analyst",), "Received"),
    Verb("refuse sample", ("qc analyst", "qc reviewer"), "Refused", reason=True),
    Verb("store retain", ("qc analyst",), "Stored"),
    Verb("inspect retain", ("qc analyst", "qc reviewer", "qa"), "Inspected"),
    Verb("remove retain", ("qc analyst", "qc reviewer"), "Taken out of the store", reason=True),
    Verb("dispose sample", ("qc analyst", "qc reviewer"), "Disposed of", reason=True),
    Verb("witness disposal", ("qc analyst", "qc reviewer", "qa"), "Seen disposed of", not_who=("dispose sample",)),
    # late results: sterility that was never growth, stops that are over, reads nobody made
    Verb("invalidate sterility test", ("qa",), "Sterility test invalidated for a proven fault of the test", reason=True,
         not_who=("read sterility", "take sample")),
    Verb("lift stop", ("qa",), "Stop lifted", reason=True),
    Verb("report missing read", (), system=True),
    # controls of the laboratory's tests, and what they and the batches tell over time
    Verb("set up control chart", ("qc reviewer", "qa"), "Control chart set up"),
    Verb("record control run", ("qc analyst",), "Control run"),
    Verb("review control run", ("qc reviewer",), "Control run reviewed", not_who=("record control run",)),
    Verb("exclude control run", ("qa",), "Excluded from the chart", reason=True, not_who=("record control run",)),
    Verb("sign product quality review", ("qa",), "Product quality review approved"),
    # review of batch records
    Verb("begin review", ("qa",), not_within=MADE_OR_TESTED),
    Verb("assess exception", ("qa",), not_within=MADE_OR_TESTED),
    Verb("look at step", ("qa",), not_within=MADE_OR_TESTED),
    Verb("sign review", ("qa",), "Batch record reviewed by exception", not_within=MADE_OR_TESTED),
    Verb("return review", ("qa",), "Returned, not accepted", reason=True, not_within=MADE_OR_TESTED),
    # release
    Verb("give disposition", ("qa",), "Quality disposition", not_within=MADE_OR_TESTED),
    Verb("release dose on condition", ("qualified person",), "Released before completion of sterility testing",
         not_who=("give disposition",), not_within=MADE_OR_TESTED, seals=True),
    Verb("release dose", ("qualified person",), "Certified final",
         not_who=("give disposition",), not_within=MADE_OR_TESTED, seals=True),
    Verb("reject dose", ("qualified person",), "Rejected", reason=True,
         not_within=MADE_OR_TESTED, seals=True),
    # release taken back, and the end of a batch
    Verb("revoke release", ("qa", "qualified person"), "Release revoked", reason=True, seals=True),
    Verb("close batch", ("qa",), "Batch closed: every dose and every test has its end", not_within=MADE_OR_TESTED,
         seals=True),
    # exceptional release: each of its named parties by itself
    Verb("request exceptional release", ("treating physician",), "Requested for an urgent need", reason=True),
    Verb("evaluate exceptional risk", ("qa",), "Risk evaluated", not_who=("request exceptional release",)),
    Verb("authorise exceptional release", ("medical director",), "Exceptional release authorised",
         not_who=("request exceptional release", "evaluate exceptional risk")),
    Verb("record sponsor contact", ("principal investigator", "qa"), "Sponsor or authority contacted"),
    Verb("check ethics rule", ("principal investigator", "qa"), "Ethics rule checked"),
    Verb("note patient consent", ("treating physician", "principal investigator"), "Consent of the patient noted"),
    Verb("withdraw exceptional request", ("treating physician", "qa"), "Request withdrawn", reason=True),
    Verb("release dose exceptionally", ("qualified person",), "Released exceptionally, out of specification",
         reason=True, not_within=MADE_OR_TESTED, seals=True),
    Verb("seal ledger", ("qa", ADMINISTRATOR), seals=True),
)

VERBS: dict[str, Verb] = {verb.name: verb for verb in _TABLE}
