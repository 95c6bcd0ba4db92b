"""What the forms of the store ask for. They check shape; whether a value is good enough is for the rules."""

from __future__ import annotations

from mfg.fields import Attached, Body, Choice, Count, Moment, Number, Scanned, Words, YesNo
from mfg.materials.receipt_rules import GRADES, QUANTITY_UNITS
from mfg.materials.records import KINDS
from mfg.materials.rules import UNITS
from mfg.units import in_words

COUNTED_IN = {unit: in_words(unit) or "pieces" for unit in QUANTITY_UNITS}


class ReceiveLot(Body):
    """One lot as it stands on its label and certificate."""

    barcode = Scanned("Manufacturer's bar code", takes=("01", "10", "17", "21"), required=False,
                      hint="GS1 code on the package: fills in lot number, expiry and name, and checks what is typed.")
    kind = Choice("Kind of material", KINDS)
    name = Words("Name", limit=200, required=False, hint="Leave empty when the bar code's article is registered.")
    supplier = Words("Supplier", limit=200, hint="By its name on the list of suppliers; a new one is proposed with it.")
    supplier_lot = Words("Supplier's lot number", limit=80, required=False, hint="Leave empty when it was scanned.")
    expires_at = Moment("Expires at", required=False, hint="Leave empty when it was scanned: then the end of that day, "
                                                           "UTC.")
    received_at = Moment("Received at")
    quantity = Number("Quantity received", "", above="0", required=False,
                      hint="All containers together. Without it no step can take an amount of this lot.")
    quantity_unit = Choice("Unit of the quantity", COUNTED_IN, required=False)
    containers = Count("Containers", low=1, high=100000)
    open_life_hours = Number("Open life of a container", "h", above="0", required=False,
                             hint="Empty: a container is used up when it is opened.")
    loss_limit_percent = Number("May be missing without explanation", "%", low="0", high="100", required=False,
                                hint="Of the quantity, when what is left is counted.")
    strength = Number("Strength", "", above="0", required=False,
                      hint="Antibody: concentration in ug/mL. Feeder cells: irradiation in Gy. Others: leave empty.")
    strength_unit = Choice("Unit of the strength", UNITS, required=False)
    grade = Choice("Grade", GRADES)
    critical = YesNo("Critical material", hint="The product is made of it, or it touches the product.")
    animal_origin = YesNo("Of animal origin")
    tse_statement = Words("TSE statement", limit=200, required=False, hint="Its number; needed when of animal origin.")
    certificate = Words("Certificate of analysis", limit=200, required=False,
                        hint="Its number. Number and file are needed before release.")
    certificate_file = Attached("Certificate, the file", required=False)


class AttachCertificate(Body):
    """The certificate that came after the delivery."""

    certificate = Words("Certificate of analysis", limit=200, hint="Its number, as on the file.")
    certificate_file = Attached("Certificate, the file")


class OpenLot(Body):
    """One container, opened."""

    opened_at = Moment("Opened at")


class ReconcileLot(Body):
    """What is left, counted. What should be left is not shown, so that it is counted."""

    counted = Number("Counted", "", low="0", hint="All that is left of the lot, in every container.")
    unit = Choice("Unit", COUNTED_IN)


class ConfirmReconciliation(Body):
    """What the second person counted, without seeing the first count."""

    counted = Number("Counted by you", "", low="0", hint="Count again, without help; in the unit of the lot.")


class ProposeSupplier(Body):
    """A supplier nobody has looked at yet."""

    name = Words("Name", limit=200)


class RegisterArticle(Body):
    """What a trade item number stands for."""

    gtin = Words("Trade item number (GTIN)", limit=14, hint="14 digits, as under the bar code after (01).")
    kind = Choice("Kind of material", KINDS)
    name = Words("Name", limit=200)
    unit = Choice("Counted in", COUNTED_IN)
    open_life_hours = Number("Open life of a container", "h", above="0", required=False,
                             hint="Empty: a container is used up when it is opened.")
