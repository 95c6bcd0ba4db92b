"""What stands on a label is in the languages of its country, or the label is refused: never silently English."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pypdf
import pytest

from mfg.facts import Refused
from mfg.paper import fonts
from mfg.paper.data import layout_names, shipped_layout
from mfg.paper.labels import load_layout, render_pdf, render_zpl
from mfg.paper.layout import Layout
from mfg.paper.layout_text import read_layout_text
from tests.paper.reading import codes_on, picture_of_zpl


def told(layout: Layout, country: str) -> str:
    pdf = render_pdf(layout, {**layout.example, "country": country})
    return re.sub(r"\s", "", pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text())


@pytest.mark.parametrize(("country", "said", "unsaid"), [
    ("US", ["Forclinicaltrialuseonly", "Donoreligibility:ELIGIBLE", "Expiry"], ["klinischen", "临床"]),
    ("DE", ["ZurklinischenPrüfungbestimmt", "Spendereignung:GEEIGNET", "Verfall"], ["clinical", "Donor", "Expiry"]),
    ("CN", ["仅供临床试验使用", "供者资格：合格", "有效期"], ["clinical", "klinischen", "Expiry"]),
])
def test_a_label_speaks_the_language_of_its_country(country: str, said: list[str], unsaid: list[str]) -> None:
    layout = load_layout("dose_bag")
    facts = {name: text for name, text in layout.example.items() if name != "product_name"}
    text = told(replace(layout, example={**facts, "product_name": "NK"}), country)
    for one in said:
        assert one in text
    for one in unsaid:
        assert one not in text


def test_a_country_nobody_decided_on_gets_no_label() -> None:
    with pytest.raises(Refused, match="does not say which languages have to stand on it in 'FR'"):
        told(load_layout("dose_bag"), "FR")


def test_a_language_that_is_not_written_is_refused_and_not_replaced_by_english() -> None:
    layout = load_layout("dose_bag")
    with pytest.raises(Refused, match="is not written in 'fr', which has to stand on it"):
        told(replace(layout, countries={"FR": ("fr",)}), "FR")
    texts = dict(layout.statements["trial-only"].text)
    del texts["de"]
    only = replace(layout.statements["trial-only"], text=texts)
    with pytest.raises(Refused, match="statement 'trial-only' version 1 of label dose_bag is not written in 'de'"):
        told(replace(layout, statements={**layout.statements, "trial-only": only}), "DE")


def test_a_country_with_two_languages_gets_both() -> None:
    layout = replace(load_layout("sample_tube"), countries={"XX": ("en", "zh")})
    room = {"purpose": {"h": 5.4, "size": 6.0}, "example": {"x": 2.0, "y": 25.0, "w": 34.5, "h": 5.4}}
    kept = tuple(replace(one, **room.get(one.id, {})) for one in layout.elements)
    text = told(replace(layout, elements=kept, size=(51.0, 31.0), example={**layout.example, "taken": "09:40"}), "XX")
    assert "Sample-notforinfusion" in text and "样品——不得输注" in text
    assert "Taken09:40/采样09:40" in text


def test_chinese_is_drawn_for_the_zebra_as_pictures_and_its_codes_are_read() -> None:
    layout = load_layout("dose_bag")
    facts = {**layout.example, "country": "CN"}
    zpl = render_zpl(layout, facts, 300)
    assert zpl.isascii() and zpl.count(b"^GFA") > 20
    assert [text for _, text in codes_on(picture_of_zpl(zpl, 300, layout.size))] == sorted(
        [facts["din"], facts["datamatrix"]], key=lambda text: "]C0" if text == facts["din"] else "]d1")


@pytest.mark.parametrize("name", layout_names())
def test_a_translation_nobody_signed_for_says_so(name: str) -> None:
    for statement in read_layout_text(shipped_layout(name)).statements.values():
        assert set(statement.assumed) == set(statement.text) - {"en"}, statement.id


def test_a_line_of_chinese_breaks_between_characters_and_never_before_a_full_stop() -> None:
    text = "供者资格合格。" * 12
    lines = fonts.wrap(text, fonts.SANS, 8, 100, split_words=False)
    assert "".join(lines) == text and len(lines) > 3
    assert all(fonts.width(line, fonts.SANS, 8) <= 100 for line in lines)
    assert not any(line.startswith("。") for line in lines)
