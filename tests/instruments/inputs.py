"""Small files written here, one of each kind, and workbooks made in memory. The numbers are ours."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

BLU = (
    "Sample ID,Cell count,Viable cells,Total (x10^6) cells/mL,Viable (x10^6) cells/mL,Viability (%),"
    "Average diameter (µm),Bubble count,Analysis date/time,Analysis by,Dilution,Tag\n"
    "S-1,1000,950,1.00,0.95,95.0,12.1,0,11/20/2026 8:10,op.a,2,\n"
    "S-2,2000,1800,2.00,1.80,90.0,12.4,3,11/20/2026 8:25,Vi-CELL,2,kept\n")
XR_TEXT = (
    "Vi-CELL XR 2.06\n\nSample ID : S-1\nFile name : S-1.txt\nRunDate : 20 Nov 2026  8:10:31 AM\nUnit S/N : XR-7\n"
    "User :\n\nResults:\nImages : 50\nTotal cells : 1000\nViable cells : 950\nNonviable cells : 50\n"
    "Viability (%) : 95.0\nTotal cells / ml (x 10^6) : 10.0\nTotal viable cells / ml (x 10^6) : 9.50\n"
    "Average diameter (microns) : 12.1\n\nSettings:\nDilution : 10.00\nComment : none\n")
NUCLEOVIEW = (
    "Viability and Cell Count Assay; ;\nImage;20261120-0007-c-S-1;\nOperator;op.a;\nViability (%);95.0;\n"
    "Live (cells/ml);1.90E6;\nDead (cells/ml);1.00E5;\nTotal (cells/ml);2.00E6;\n; ;\n"
    "Estimated cell diameter (um);12.1;\nMultiplication factor;1.000;\n;\ncm filename;20261120-0007-c-S-1.cm\n"
    "Instrument type;NucleoView NC-200\nInstrument s/n;s/n 42\nDate time;20261120 091031\nTime zone offset;1\n"
    "Login ID;lab\nApplication SW version;1.4\n21 CFR Part 11;enabled\ncsv file version;2\n\n//[0A1B2C3D]")
NC_VIEW = (
    "NAME,SAMPLE ID,TAGS,USER,OPERATOR,INSTRUMENT,STATUS,TOTAL (cells/ml),LIVE (cells/ml),DEAD (cells/ml),"
    "VIABILITY (%),DIAMETER (µm),DILUTION FACTOR\n"
    "20261120-00001,S-1,,na,op.a,S/N: 9,OK,1\u00a0000\u00a0000,950\u00a0000,50\u00a0000,95.0,12.1,1\n"
    "20261120-00002,S-2,,na,op.a,S/N: 9,Warning: Bubbles,500\u00a0000,400\u00a0000,100\u00a0000,80.0,12.4,10\n")
CELLACA = (
    "Plate Name,P-1,,,,,,,,,\nDilution,2,,,,,,,,,\nResults Timestamp,11/20/26 8:10,,,,,,,,,\n"
    "Instrument SN,MX-1,,,,,,,,,\nOperator,op.a,,,,,,,,,\n,,,,,,,,,,\n"
    ",Row,Well Name,Live Count,Live Concentration (E6),Viability (%),Dead Count,Dead Concentration (E6),Total Count,"
    "Total Concentration (E6),Errors\n"
    ",0,1,950,0.95,95.00,50,0.05,1000,1.00,\n,0,2,180,0.18,90.00,20,0.02,200,0.20,Low count\n")
CEDEX = (
    "Cedex ID,Sample identifer,Dilution,Sample draw Time,Date finished,Username,Viable Cell Count,Dead Cell Count,"
    "Viability,Viable Cell Conc.,Dead Cell Conc.,Total Cell Conc.,Total Cell Count,Aggregate Rate\n"
    "371,S-1,2,11-19-2026 8:00:00 AM,11-20-2026 8:10:31 AM,op.a,950,50,95,950000.5,50000,1000000.5,1000,1.5\n"
    "371,S-2,2,11-19-2026 8:00:00 AM,11-20-2026 8:15:02 AM,op.a,900,100,90,900000,100000,1000000,1000,1.75\n")
FLEX2 = (
    '"Date & Time","Sample ID","Sample Type","Gln","Glu","Gluc","Lac","NH4+","Na+","K+","Ca++","pH","PO2","PCO2",'
    '"Vessel ID","Sample Time","Operator",\n'
    "11-20-2026  08:10:31,S-1,Media,1.83,0.33,2.65,<0.05,0.48,151.6,4.22,0.82,7.400,191.6,46.8,V-1,"
    "20-11-2026  08:10:31,op.a,\n")
CFX = (
    ",Well,Fluor,Target,Content,Sample,Cq,Cq Mean,Set Point\n"
    ",A01,FAM,Myco,Unkn,S-1,NaN,NaN,60\n,A02,FAM,Myco,Unkn,S-1,,NaN,60\n"
    ",B01,FAM,Myco,Pos Ctrl,PC,21.187752826609,21.2,60\n,B01,HEX,IC,Pos Ctrl,PC,27.5,27.5,60\n")
XR_ROWS: tuple[tuple[str, ...], ...] = (
    ("Vi-CELL XR 2.06",), ("Unit S/N:  XR-7",),
    ("Sample ID", "Cell type", "Dilution", "Sample date/time", "Total", "Viable", "Viability", "Total cells",
     "Viable cells", "Avg. diam."),
    ("", "", "factor", "", "cells", "cells", "(%)", "/ml (x10^6)", "/ml (x10^6)", "(microns)"),
    ("S-1", "NK", "10.00", "20 Nov 2026  8:10:31 AM", "1000", "950", "95.0", "10.0", "9.50", "12.1"),
    ("S-2", "NK", "10.00", "20 Nov 2026  8:15:02 AM", "2000", "1800", "90.0", "20.0", "18.0", "12.4"))

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def letters(column: int) -> str:
    """A for 0, Z for 25; more are not needed here."""
    return chr(65 + column)


def sheet_xml(rows: Sequence[Sequence[str]]) -> str:
    """Rows as the XML of a sheet, every cell a text in place."""
    told = ""
    for line, cells in enumerate(rows, 1):
        told += f'<row r="{line}">' + "".join(
            f'<c r="{letters(column)}{line}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for column, cell in enumerate(cells) if cell) + "</row>"
    return f'<?xml version="1.0"?><worksheet xmlns="{_SHEET}"><sheetData>{told}</sheetData></worksheet>'


def workbook(sheet: str | bytes, **more: str | bytes) -> bytes:
    """A workbook of one sheet, and more parts (with __ for a slash)."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets><sheet '
                                            'name="Run" sheetId="1" r:id="rId1"/></sheets></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" '
                                                       'Target="worksheets/sheet1.xml"/></Relationships>')
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in more.items():
            archive.writestr(name.replace("__", "/"), content)
    return held.getvalue()


def xr_sheet(rows: Sequence[Sequence[str]] = XR_ROWS) -> bytes:
    return workbook(sheet_xml(rows))


#: kind -> a small file of it
SMALL: dict[str, bytes] = {
    "vicell-blu": BLU.encode(), "vicell-xr-txt": XR_TEXT.encode(), "vicell-xr-xlsx": xr_sheet(),
    "nucleoview-nc200": NUCLEOVIEW.encode(), "nc-view": NC_VIEW.encode(), "cellaca": CELLACA.encode(),
    "cedex-hires": CEDEX.encode(), "nova-flex2": FLEX2.encode(), "cfx-maestro": CFX.encode()}
#: those that are text
TEXTS = {kind: content.decode() for kind, content in SMALL.items() if kind != "vicell-xr-xlsx"}
