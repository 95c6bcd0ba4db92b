"""Labels are proved by reading them back: rendered, rasterised as a printer would, decoded, compared."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pypdf
import pytest

from mfg.facts import Refused
from mfg.paper import place as placing
from mfg.paper.data import layout_names
from mfg.paper.labels import load_layout, render_pdf, render_sheet, render_zpl, symbols
from tests.paper.reading import TRUE_DPI, codes_on, picture_of_pdf, picture_of_zpl

LAYOUTS = ["collection_bag", "cryovial", "dose_bag", "intermediate", "partial_label", "sample_tube", "vessel"]
#: the layouts with the donation number as bars; the others have room for a matrix only
WITH_BARS = ("collection_bag", "dose_bag", "sample_tube")
AIM = {"Code128": "]C0", "DataMatrix": "]d1"}
EXAMPLES = Path(__file__).parents[2] / "labels" / "examples"


def example(name: str) -> dict[str, str]:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def expected_codes(name: str) -> list[tuple[str, str]]:
    """Said again from the facts alone: every label carries one matrix, those with room the donation number too."""
    facts = example(name)
    return sorted([*([("]C0", facts["din"])] if name in WITH_BARS else []), ("]d1", facts["datamatrix"])])


def words(pdf: bytes) -> str:
    """All text of a PDF without its spaces: where a line breaks is the layout's business."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def tight(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_every_layout_is_found_by_name() -> None:
    assert list(layout_names()) == LAYOUTS


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_every_code_on_the_paper_label_is_read_back(name: str, dpi: int) -> None:
    pdf = render_pdf(load_layout(name), example(name), dpi)
    assert codes_on(picture_of_pdf(pdf, TRUE_DPI[dpi])) == expected_codes(name)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_on_the_zebra_label_is_the_same(name: str, dpi: int) -> None:
    layout = load_layout(name)
    zpl = render_zpl(layout, example(name), dpi)
    assert codes_on(picture_of_zpl(zpl, dpi, layout.size)) == expected_codes(name)


@pytest.mark.parametrize("name", LAYOUTS)
def test_symbols_tells_what_a_reader_must_find(name: str) -> None:
    told = symbols(load_layout(name), example(name))
    assert sorted((AIM[kind], text) for kind, text in told) == expected_codes(name)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_bars_and_modules_are_whole_dots_and_near_the_wished_size(name: str, dpi: int) -> None:
    layout = load_layout(name)
    dot = {203: 0.125, 300: 25.4 / 300, 600: 25.4 / 600}[dpi]
    wished = {element.fact: element.module_mm for element in layout.elements if element.kind != "din"}
    for mark in placing.place(layout, example(name), dpi):
        if isinstance(mark, (placing.Bars, placing.Squares)):
            fact = "din" if isinstance(mark, placing.Bars) else "datamatrix"
            assert isinstance(mark.module, int) and isinstance(mark.x, int) and isinstance(mark.top, int)
            assert mark.module * dot >= 0.25 - 1e-9
            assert abs(mark.module * dot - wished[fact]) <= dot / 2 + 1e-9


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_quiet_zones_stay_empty_of_every_other_mark(name: str, dpi: int) -> None:
    layout, dot = load_layout(name), {203: 0.125, 300: 25.4 / 300, 600: 25.4 / 600}[dpi]
    marks = placing.place(layout, example(name), dpi)
    for mark in marks:
        if isinstance(mark, placing.Bars):
            clear, side, above = 10 * mark.module * dot, _modules(mark.text) * mark.module * dot, 0.0
            zone = (mark.x * dot - clear, mark.top * dot, side + 2 * clear, mark.height * dot)
        elif isinstance(mark, placing.Squares):
            above = 2 * mark.module * dot
            side = len(mark.rows) * mark.module * dot
            zone = (mark.x * dot - above, mark.top * dot - above, side + 2 * above, side + 2 * above)
        else:
            continue
        assert zone[0] >= -1e-6 and zone[0] + zone[2] <= layout.size[0] + 1e-6
        for other in marks:
            if other is not mark and isinstance(other, (placing.Words, placing.Rule)):
                assert not _overlap(zone, _box(other)), (mark, other)


def _modules(text: str) -> int:
    """Modules of Code 128 for `=`, a letter and an even number of digits: start, two, switch, pairs, check."""
    assert re.fullmatch(r"=[A-Z]\d{14}", text)
    return 11 * (1 + 2 + 1 + 7 + 1) + 13


def _box(mark) -> tuple[float, float, float, float]:
    if isinstance(mark, placing.Rule):
        return mark.x, mark.top, mark.w, mark.h
    return mark.x, mark.top, mark.wide, mark.size * 1.2 * 25.4 / 72


def _overlap(one, other) -> bool:
    return (one[0] + one[2] > other[0] + 1e-6 and other[0] + other[2] > one[0] + 1e-6
            and one[1] + one[3] > other[1] + 1e-6 and other[1] + other[3] > one[1] + 1e-6)


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_words_overlap_words_and_none_leaves_the_label(name: str) -> None:
    layout = load_layout(name)
    lines = [mark for mark in placing.place(layout, example(name), 300) if isinstance(mark, placing.Words)]
    for index, line in enumerate(lines):
        x, y, w, h = _box(line)
        assert x >= 0 and y >= 0 and x + w <= layout.size[0] and y + h <= layout.size[1], line
        assert line.size >= 6
        for other in lines[index + 1:]:
            assert not _overlap((x, y, w, h), _box(other)), (line, other)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_label_without_any_one_of_its_facts_is_refused_by_name(name: str) -> None:
    layout, full = load_layout(name), example(name)
    for fact in full:
        for facts in ({k: v for k, v in full.items() if k != fact}, {**full, fact: ""}, {**full, fact: "  "}):
            with pytest.raises(Refused) as refusal:
                render_pdf(layout, facts)
            assert fact in refusal.value.why


def test_a_number_is_refused_because_only_text_says_how_it_is_to_be_printed() -> None:
    with pytest.raises(Refused, match="volume_ml.*not text"):
        render_pdf(load_layout("dose_bag"), {**example("dose_bag"), "volume_ml": 100.0})


def test_the_dose_label_says_everything_it_must() -> None:
    told = words(render_pdf(load_layout("dose_bag"), example("dose_bag")))
    facts = example("dose_bag")
    for name in ("trial_id", "coi", "coi_check", "batch", "recipient", "donor", "volume_ml", "viable_nk_total",
                 "viable_nk_per_kg", "concentration", "collected", "manufactured", "expiry", "storage", "route",
                 "facility_phone", "product_code", "din_check"):
        assert tight(facts[name]) in told, name
    for text in ("A9991 26 123456", "2 of 3", "1 of 1", "For clinical trial use only", "Do not irradiate.",
                 "Do not use a leukocyte reduction filter.", "law to investigational use.",
                 "For the intended recipient only", "not an ISBT 128 label"):
        assert tight(text) in told, text


STATUS = [
    ({"donor_status": "eligible"}, ["Donor eligibility: ELIGIBLE"], ["Advise patient", "BIOHAZARD"]),
    ({"donor_status": "incomplete"}, ["NOT EVALUATED FOR INFECTIOUS SUBSTANCES",
                                      "Advise patient of communicable disease risks"], ["BIOHAZARD"]),
    ({"donor_status": "ineligible"}, ["\u2623", "BIOHAZARD", "Advise patient"], ["Reactive", "NOT EVALUATED"]),
    ({"donor_status": "ineligible", "donor_reactive": "CMV IgM"},
     ["\u2623", "BIOHAZARD", "Reactive test results for CMV IgM"], ["ELIGIBLE"]),
    ({"release": "conditional"}, ["Released before completion of sterility testing"], ["QUARANTINE"]),
    ({"release": "quarantine"}, ["QUARANTINE"], ["Released before"]),
    ({"release": "final"}, ["all required tests complete"], ["Released before", "QUARANTINE"]),
    ({"under_ind": "no"}, ["named clinical trial"], ["Caution: New Drug"]),
    ({"din": "=G12341765432100", "din_check": "A"}, ["G1234 17 654321"], ["EXAMPLE NUMBER"]),
]


@pytest.mark.parametrize(("change", "said", "unsaid"), STATUS)
def test_statements_follow_the_facts(change: dict[str, str], said: list[str], unsaid: list[str]) -> None:
    told = words(render_pdf(load_layout("dose_bag"), {**example("dose_bag"), **change}))
    for text in said:
        assert tight(text) in told
    for text in unsaid:
        assert tight(text) not in told


@pytest.mark.parametrize("change", [{"donor_status": "fine"}, {"release": "yes"}])
def test_a_status_nobody_has_words_for_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(Refused, match="exactly one is needed"):
        render_pdf(load_layout("dose_bag"), {**example("dose_bag"), **change})


def test_long_text_shrinks_and_then_is_refused_never_clipped() -> None:
    layout, facts = load_layout("dose_bag"), example("dose_bag")
    longer = {**facts, "batch": "NK-26-014-BETA"}
    sizes = {mark.text: mark.size for mark in placing.place(layout, longer, 300) if isinstance(mark, placing.Words)}
    assert 6 <= sizes["NK-26-014-BETA"] < 10
    with pytest.raises(Refused, match="does not fit.*6 pt"):
        render_pdf(layout, {**facts, "batch": "NK-26-014-" * 5})


def test_a_message_too_long_for_its_matrix_box_is_refused() -> None:
    with pytest.raises(Refused, match="needs .* mm with its quiet zone"):
        render_pdf(load_layout("sample_tube"), {**example("sample_tube"), "datamatrix": "=+03000" + "X9" * 150})


def test_a_character_no_label_font_has_is_refused() -> None:
    with pytest.raises(Refused, match=r"U\+0E01"):
        render_pdf(load_layout("dose_bag"), {**example("dose_bag"), "facility": "\u0e01"})


@pytest.mark.parametrize("din", ["A99912612345600", "=A999126123456"])
def test_a_donation_number_of_the_wrong_form_is_refused(din: str) -> None:
    with pytest.raises(Refused, match="donation identification number"):
        render_pdf(load_layout("sample_tube"), {**example("sample_tube"), "din": din})


def test_a_check_character_that_does_not_belong_to_the_number_is_refused() -> None:
    with pytest.raises(Refused, match="check character of A999126123456 is I"):
        render_pdf(load_layout("sample_tube"), {**example("sample_tube"), "din_check": "1"})


def test_the_same_facts_give_the_same_bytes() -> None:
    layout, facts = load_layout("dose_bag"), example("dose_bag")
    assert render_pdf(layout, facts) == render_pdf(layout, facts)
    assert render_zpl(layout, facts) == render_zpl(layout, facts)


def test_a_sheet_has_one_page_a_label_and_every_code_reads() -> None:
    layout, facts = load_layout("sample_tube"), example("sample_tube")
    many = [{**facts, "sample": f"S-{number}"} for number in range(3)]
    sheet = render_sheet(layout, many)
    assert [f"S-{n}" in page.extract_text() for n, page in
            enumerate(pypdf.PdfReader(io.BytesIO(sheet)).pages)] == [True] * 3
    assert codes_on(picture_of_pdf(sheet, 300, page=2)) == expected_codes("sample_tube")


def test_fonts_travel_inside_the_file() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(load_layout("dose_bag"), example("dose_bag"))))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert fonts
    for font in fonts.values():
        assert "/FontFile2" in font.get_object()["/FontDescriptor"]


def test_zpl_keeps_signs_of_its_own_language_out_of_the_fields() -> None:
    facts = {**example("sample_tube"), "test": "a^b~c_d"}
    zpl = render_zpl(load_layout("sample_tube"), facts).decode()
    assert "a_5Eb_7Ec_5Fd" in zpl
    assert codes_on(picture_of_zpl(zpl.encode(), 300, (51, 25))) == expected_codes("sample_tube")


@pytest.mark.parametrize("facts", [[], None, "din", 3])
def test_facts_that_are_no_mapping_are_refused(facts: object) -> None:
    with pytest.raises(Refused, match="names with texts"):
        render_pdf(load_layout("dose_bag"), facts)


def test_an_unknown_printer_resolution_is_refused() -> None:
    with pytest.raises(Refused, match="No printer of 299 dpi"):
        render_pdf(load_layout("dose_bag"), example("dose_bag"), 299)


BAD = [
    ("name: x", "version is missing"),
    ("[]", "must be a mapping"),
    ("a: [", "Line [12]: .*not readable YAML"),
    ("name: x\nversion: '1'\nsize: {w: 10, h: 10}\nelements:\n"
     "- {kind: text, id: a, text: hi, x: 1, y: 1, w: 20, h: 3}", "leaves the"),
    ("name: x\nversion: '1'\nsize: {w: 50, h: 50}\nelements:\n"
     "- {kind: text, id: a, text: hi, x: 1, y: 1, w: 20, h: 3}\n"
     "- {kind: text, id: b, text: hi, x: 20, y: 3, w: 20, h: 3}", "a and b overlap"),
    ("name: x\nversion: '1'\nsize: {w: 50, h: 50}\nelements:\n"
     "- {kind: text, id: a, text: hi, size: 5, x: 1, y: 1, w: 20, h: 3}", "at least 6 pt"),
    ("name: x\nversion: '1'\nsize: {w: 50, h: 50}\nelements:\n"
     "- {kind: oval, id: a, x: 1, y: 1, w: 20, h: 3}", "kind 'oval'"),
    ("name: x\nversion: '1'\nsize: {w: 50, h: 50}\nelements:\n"
     "- {kind: statement, id: a, of: [nothing], x: 1, y: 1, w: 20, h: 3}", "unknown statement"),
    ("name: x\nversion: '1'\nsize: {w: 50, h: 50}\nelements:\n"
     "- {kind: text, id: a, colour: red, x: 1, y: 1, w: 20, h: 3}", "unknown keys colour"),
    *((f"name: x\nversion: '1'\nsize: {{w: 50, h: 50}}\nelements:\n- {{{element}}}", why) for element, why in [
        ("kind: text, id: a, text: '{', x: 1, y: 1, w: 20, h: 3", "Line 5: .*only name facts"),
        ("kind: text, id: a, text: '{}', x: 1, y: 1, w: 20, h: 3", "only name facts"),
        ("kind: text, id: a, text: '{a.b}', x: 1, y: 1, w: 20, h: 3", "only name facts"),
        ("kind: text, id: a, text: hi, size: big, x: 1, y: 1, w: 20, h: 3", "“big” for size; a number"),
        ("kind: text, id: a, text: hi, size: .nan, x: 1, y: 1, w: 20, h: 3", "“.nan” for size; a number"),
        ("kind: text, id: a, text: hi, x: .nan, y: 1, w: 20, h: 3", "“.nan” for x; a number"),
        ("kind: text, id: a, text: hi, align: up, x: 1, y: 1, w: 20, h: 3", "left, center or right"),
        ("kind: code128, id: a, x: 1, y: 1, w: 20, h: 3", "must name its fact"),
        ("kind: text, id: a, text: hi, when: [{fact: b}], x: 1, y: 1, w: 20, h: 3", "exactly one of is, not, starts"),
    ]),
]


@pytest.mark.parametrize(("told", "why"), BAD)
def test_a_faulty_layout_file_is_refused_in_words(told: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(told, encoding="utf-8")
    with pytest.raises(Refused, match=why):
        load_layout(path)


def test_a_layout_that_is_not_there_is_refused_with_the_names_that_are() -> None:
    with pytest.raises(Refused, match="collection_bag, cryovial, dose_bag"):
        load_layout("no_such_label")
