"""Reading and writing ISBT 128: known codes, refusals, random values of every structure there and back."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.codes import isbt128, scan
from mfg.codes import isbt128_write as write
from mfg.codes.isbt128_structures import BY_NUMBER, STRUCTURES
from mfg.codes.isbt128_values import read_day, read_moment
from mfg.facts import Refused

DIGITS, UPPER = string.digits, string.ascii_uppercase
NOT_O = UPPER.replace("O", "")


def text(alphabet: str, size: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=size, max_size=size)


def joined(*pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*pieces).map("".join)


def mod37(payload: str) -> int:
    """Restated: the sum of values times powers of two, so the test does not lean on the code under test."""
    places = enumerate(reversed(payload))
    return (38 - sum(int(c, 36) * 2 ** (place + 1) for place, c in places) % 37) % 37


DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda d: f"{d.year % 1000:03d}{d:%j}")
OLD_DAYS = st.dates(date(1900, 1, 1), date(1999, 12, 31)).map(lambda d: f"{d.year % 1000:03d}{d:%j}")
CLOCK = st.times().map(lambda t: f"{t:%H%M}")
CALENDAR = st.dates(date(1900, 1, 1)).map(lambda d: f"{d:%Y%m%d}")
FIN = joined(text(NOT_O + "123456789", 1), text(NOT_O + DIGITS, 2), text(DIGITS, 2))
DIN13 = joined(FIN, text(DIGITS, 8))
FLAGS = st.sampled_from(["00", "01", "05", "07", "12", "13", "15", "20", "59", "97", "A0", "0Y"])
SEGMENT = joined(text(DIGITS, 11), text("012345", 1), st.just("00"))
PATIENT = st.text(string.ascii_letters + DIGITS, min_size=1, max_size=99)
GRID = joined(text("123456789", 1), text(DIGITS, 3), text(UPPER + DIGITS, 13))

CONTENT: dict[str, st.SearchStrategy[str]] = {
    "001": joined(DIN13, FLAGS),
    "002": joined(text(string.ascii_letters + DIGITS, 2), text(UPPER + DIGITS, 1), st.just("0")),
    "003": joined(text(UPPER, 1), text(UPPER + DIGITS, 4), text(string.ascii_letters + DIGITS, 1),
                  text(UPPER + DIGITS, 1), text(string.ascii_lowercase + DIGITS, 1)),
    **{number: DAYS | OLD_DAYS for number in ("004", "006", "008")},
    **{number: joined(DAYS, CLOCK) for number in ("005", "007", "009")},
    "010": text(UPPER + DIGITS, 5),
    **{number: text(DIGITS, 18) for number in ("011", "012", "013", "014")},
    **{number: text(UPPER + DIGITS, 18) for number in ("015", "016", "035", "036")},
    "017": joined(text(string.ascii_letters + DIGITS, 1), text(UPPER + DIGITS, 2),
                  text(string.ascii_letters + DIGITS, 7)),
    "018": text(string.ascii_letters + DIGITS, 10),
    "019": joined(FIN, text(DIGITS, 16)),
    "020": joined(FIN, text(UPPER + DIGITS, 6)),
    "021": joined(text(UPPER + DIGITS, 2), text(string.ascii_letters + DIGITS, 8)),
    "022": text(string.ascii_letters + DIGITS, 10),
    "024": joined(text(DIGITS, 2), CALENDAR),
    "025": st.tuples(text(DIGITS, 2), PATIENT).map(lambda t: f"{t[0]}{len(t[1]):02d}{t[1]}"),
    "026": CALENDAR.map(lambda day: day[:6]),
    "027": joined(text(DIGITS, 10), st.just("00000000")),
    "028": joined(FIN, text(DIGITS, 11)),
    "029": st.lists(SEGMENT, min_size=1, max_size=99).map(lambda s: f"{len(s):02d}{''.join(s)}"),
    "030": st.lists(text(DIGITS, 10), min_size=1, max_size=120).map(lambda s: f"{len(s):03d}{''.join(s)}"),
    "031": joined(text("12", 1), st.just("0"), text(DIGITS, 2), CALENDAR, CLOCK),
    "032": text(UPPER + DIGITS, 6),
    "033": joined(text(NOT_O + DIGITS, 5), text(UPPER + DIGITS, 6)),
    "034": joined(text(NOT_O + DIGITS, 5), text(UPPER + DIGITS, 11)),
    "037": joined(text(DIGITS, 4), text(UPPER + DIGITS, 15)),
    "038": text(string.ascii_letters + DIGITS, 40),
    "039": GRID.map(lambda body: f"{body}{mod37(body):02d}"),
    "040": joined(st.just("CH"), FIN, text(DIGITS, 2), text(UPPER + DIGITS, 6)),
}
IDENTIFIERS = dict(zip(
    [f"{n:03d}" for n in range(1, 41)],
    ("= =% =< => &> =* &* =} &} &( ={ =\\ &\\ &{ =[ =\" =) &) =; =' "
     "=- &- =+ =# &# =] &\" =$ &$ &% =( =, &+ =/ &,1 &,2 &,3 &,4 &: &/").split(), strict=True))
ONE = st.sampled_from(sorted(CONTENT)).flatmap(lambda n: CONTENT[n].map(lambda content: (n, content)))


def test_the_table_holds_the_forty_structures_with_their_identifiers() -> None:
    assert {s.number: s.di for s in STRUCTURES} == IDENTIFIERS
    assert set(CONTENT) == set(IDENTIFIERS) - {"023"}
    assert {s.number for s in STRUCTURES if s.retired} == {"011", "015", "016", "037"}


@given(st.lists(ONE, min_size=1, max_size=6))
def test_joined_structures_come_back_as_they_went_in(parts: list[tuple[str, str]]) -> None:
    read = isbt128.parse("".join(IDENTIFIERS[number] + content for number, content in parts))
    assert [(part.number, part.content) for part in read] == parts


@given(st.lists(ONE, min_size=1, max_size=9))
def test_a_compound_message_comes_back_with_its_header_first(parts: list[tuple[str, str]]) -> None:
    message = write.compound(*(IDENTIFIERS[number] + content for number, content in parts))
    read = isbt128.parse(message)
    assert (read[0].number, read[0].content) == ("023", f"{len(parts):02d}000")
    assert [(part.number, part.content) for part in read[1:]] == parts


@given(ONE, st.integers(1, 3))
def test_a_structure_that_lost_its_end_is_refused(one: tuple[str, str], lost: int) -> None:
    whole = IDENTIFIERS[one[0]] + one[1]
    with pytest.raises(Refused):
        isbt128.parse(whole[:-lost])


@given(DIN13, st.data())
def test_one_wrong_character_of_a_donation_number_with_its_check_is_refused(din: str,
        data: st.DataObject) -> None:
    printed = din + isbt128.din_check(din)
    place = data.draw(st.integers(0, 13))
    wrong = data.draw(st.sampled_from((UPPER + DIGITS + "*").replace(printed[place], "")))
    assert isbt128.din_valid(printed)
    assert not isbt128.din_valid(printed[:place] + wrong + printed[place + 1:])
    with pytest.raises(Refused):
        isbt128.read_din(printed[:place] + wrong + printed[place + 1:])


@given(DIN13)
def test_checksum_flags_that_do_not_belong_to_the_number_are_refused(din: str) -> None:
    right = 60 + mod37(din)
    assert isbt128.parse(f"={din}{right}")[0].fields["din"] == din
    with pytest.raises(Refused):
        isbt128.parse(f"={din}{right - 1 if right > 60 else 96}")


def test_the_longest_identifier_is_taken_first() -> None:
    read = isbt128.parse("=,000012&,1000000000000XYZ123&,2000000000000XYZ123&>0270732359")
    assert [part.number for part in read] == ["032", "035", "036", "005"]


def test_a_red_cell_structure_is_never_read_as_a_blood_group() -> None:
    assert [part.number for part in isbt128.parse("=\\620000000000000000")] == ["012"]


@pytest.mark.parametrize(("code", "expected"), [
    ("=%6200", {"group": "A RhD positive", "use": "not stated"}),
    ("=%9700", {"group": "O RhD negative", "use": "autologous only"}),
    ("=%5500", {"group": "O"}),
    ("=%Mq00", {"message": "on hold"}),
    ("=<S12954A0", {"pdc": "S1295", "collection_type": "4", "division": "A0", "division_in_032": False}),
    ("=<S1234V99", {"division_in_032": True}),
    ("&*0170091330", {"local": "2017-01-09T13:30"}),
    ("&>0183652359", {"local": "2018-12-31T23:59"}),
    ("=>020366", {"date": "2020-12-31"}),
    ("=*999365", {"date": "1999-12-31"}),
    ("&,10000000000005434RZ", {"unpadded": "5434RZ"}),
    ("=A99992600012307", {"din": "A999926000123", "flags": "07", "label": "test tube"}),
    ("=(2001202703142359", {"clock": "UTC", "at": "2027-03-14T23:59", "event": "expiry"}),
    ("&#0105AB12c", {"patient": "AB12c"}),
    ("={000000000000000000", {"retired": True}),
    ("&/CHA99992600AB12", {"coi": "CHA99992600AB12", "check": "4"}),
])
def test_the_fields_of_a_structure(code: str, expected: dict[str, object]) -> None:
    fields = isbt128.parse(code)[0].fields
    assert {name: fields[name] for name in expected} == expected


def test_a_volume_of_223_ml_is_read_with_its_unit() -> None:
    assert isbt128.parse("&$0101000100223000")[0].fields["dimensions"] == [
        {"sign": "within tolerance", "measure": "volume", "value": "223", "unit": "mL"}]


@pytest.mark.parametrize("code", [
    "=099991712345600", "=O99991712345600", "=A9O991712345600", "=A99991x12345600", "=A999917123456",
    "=a99991712345600", "=A99991712345６00", "=A9999171234560O", "=A99991712345600\n", "=A99991712345600 ",
    "=%6201", "=<s1295400", "=>014000", "=>019366", "=>100366", "=>114032", "=>01403", "&>0140322400",
    "&>0140322360", "&>014032", "=,00001a", "=/A9997ab3456T0123", "=/A999OAB3456T0123",
    "&,1000000000000xYZ123",
    "&,5000000000000XYZ123", "&,", "&:6939DKM001392612727", "&:0939DKM001392612726", "&#0100", "&#01ABCD",
    "&#0105ABCD", "&#0104AB-1", "&$00", "&$0201000100223000", "&$0101000100223600", "&%000", "=#0119990230",
    "=]202713", "=(3001202703142359", "=(2001202702302359", '&"000000000000000001', "&/XHA99992600AB12", "=",
    "&", "==", "=+", "&a", "=A99991712345600&aLOCAL", "=A99991712345600\x00", "A99991712345600", "",
])
def test_a_code_that_breaks_the_structure_is_refused(code: str) -> None:
    with pytest.raises(Refused) as refused:
        isbt128.parse(code)
    assert refused.value.kind == "input"


FOUR = "=/A9997XYZ100T0479=,000012=A99991712345600=>019031"


def test_a_compound_message_with_the_promised_order_is_read() -> None:
    numbers = [part.number for part in isbt128.parse("=+04035" + FOUR)]
    assert numbers == ["023", "034", "032", "001", "004"]


@pytest.mark.parametrize("message", [
    "=+05000" + FOUR, "=+03000" + FOUR, "=+00000", "=+00000" + FOUR, "=+04000", "=+04036" + FOUR,
    "=+04034" + FOUR,
    "=+04999" + FOUR, "=>019031=+04000" + FOUR, "=+06000=+04000" + FOUR, "=+04000" + FOUR + "=",
    "=+05000" + FOUR + "&aLOCAL", "=+04035=A99991712345600=/A9997XYZ100T0479=,000012=>019031",
    "=+0x000" + FOUR,
])
def test_nothing_of_a_compound_message_is_used_when_its_check_fails(message: str) -> None:
    with pytest.raises(Refused):
        isbt128.parse(message)


def test_a_national_structure_stays_as_it_is_and_alone() -> None:
    part, = isbt128.parse("&bLocal=text%1")
    assert (part.number, part.content) == ("&b", "Local=text%1")


def test_the_printed_donation_number_is_grouped_and_ends_in_its_check() -> None:
    assert isbt128.din_text("A999914123456") == "A9999 14 123456 N"
    assert isbt128.read_din("a9999 14 123456 n").fields["din"] == "A999914123456"


def test_a_typed_donation_number_without_its_check_says_what_to_do() -> None:
    with pytest.raises(Refused, match="without its check character"):
        isbt128.read_din("A9999 14 123456")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_written_day_is_read_as_the_same_day(day: date) -> None:
    assert read_day(write.day(day)) == day


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.times())
def test_a_written_moment_is_read_to_the_minute(day: date, clock: time) -> None:
    code = write.expiry(datetime.combine(day, clock, UTC))
    assert read_moment(code[2:]) == datetime.combine(day, clock.replace(second=0, microsecond=0))


def test_a_bare_expiry_day_lasts_until_its_last_minute() -> None:
    assert write.expiry(date(2027, 3, 14)) == "&>0270732359"


@given(st.integers(0, 99999), st.integers(0, 5))
def test_a_written_volume_is_read_as_the_same_number(digits: int, decimals: int) -> None:
    ml = Decimal(digits).scaleb(-decimals)
    part, = isbt128.parse(write.volume(ml))
    assert Decimal(part.fields["dimensions"][0]["value"]) == ml
    assert part.fields["dimensions"][0]["unit"] == "mL"


def test_the_writers_of_a_dose_label_write_the_known_message() -> None:
    assert write.compound(
        write.din("A999926000123"), write.product_code("S1234", "V", "A0"), write.expiry(date(2027, 3, 14)),
        write.coi("CHA99992600AB12"),
    ) == "=+04000=A99992600012300=<S1234VA0&>0270732359&/CHA99992600AB12"
    assert write.volume(Decimal(223)) == "&$0101000100223000"
    assert write.lot("5434RZ") == "&,10000000000005434RZ"
    assert write.facility("A9999", "AB3456") == "&+A9999AB3456"
    assert write.ppic("A9997", "AB3456", "T0123") == "=/A9997AB3456T0123"
    assert write.division("000025") == "=,000025"
    assert write.collection(datetime(2017, 1, 9, 13, 30, tzinfo=UTC)) == "&*0170091330"
    assert write.production(date(2026, 1, 1)) == "&}0260012359"


BARE = datetime(2027, 3, 14, 8)  # noqa: DTZ001 - a time without a zone is what must be refused


@pytest.mark.parametrize("attempt", [
    lambda: write.din("A99992600012"), lambda: write.din("A999926000123", "0"), lambda: write.lot("x"),
    lambda: write.lot(""), lambda: write.lot("1" * 19), lambda: write.volume(Decimal("100000")),
    lambda: write.volume(Decimal("-1")), lambda: write.volume(Decimal("NaN")),
    lambda: write.volume(Decimal("1.234567")),
    lambda: write.expiry(BARE), lambda: write.expiry(date(2100, 1, 1)),
    lambda: write.compound("=A99992600012300=>019031"), lambda: write.compound(),
    lambda: write.compound("&aLOCAL"), lambda: write.compound("=>019031", order="034"),
    lambda: write.lot("1" * 18 + "=>019031"),
])
def test_what_could_not_be_read_back_is_not_written(attempt: object) -> None:
    assert callable(attempt)
    with pytest.raises(Refused):
        attempt()


def test_every_day_of_a_year_and_no_other_is_accepted() -> None:
    first = date(2023, 1, 1)
    assert [read_day(f"023{n:03d}") for n in range(1, 366)] == [first + timedelta(n) for n in range(365)]
    for wrong in (0, 366, 999):
        with pytest.raises(Refused):
            read_day(f"023{wrong:03d}")


def test_no_pattern_accepts_more_than_its_size() -> None:
    for number, structure in BY_NUMBER.items():
        if structure.counted is None and number != "023":
            assert structure.matcher.match("A" * (structure.size + 1)) is None


@pytest.mark.parametrize("number", sorted(CONTENT))
@given(st.data())
@settings(max_examples=20)
def test_every_structure_is_written_as_it_is_read(number: str, data: st.DataObject) -> None:
    content = data.draw(CONTENT[number])
    part, = isbt128.parse(write.structure(number, content))
    assert (part.number, part.content) == (number, content)


def test_the_number_of_a_label_stands_in_the_message_of_its_bag() -> None:
    text = write.compound(write.din("A999926000123"), write.label("LBL-0042"))
    assert text == "=+02000=A99992600012300&,200000000000LBL0042"
    assert scan.label_in(scan.read("]d1" + text)) == "LBL-0042"


@pytest.mark.parametrize("content", ["000000000000000042", "00000000000LBL004X", "0000000000XLBL0042",
                                     "LBL" + "0" * 15])
def test_a_supplementary_number_of_somebody_else_is_no_label_of_ours(content: str) -> None:
    with pytest.raises(Refused, match="not the number of a label of this facility"):
        scan.label_in(scan.read("&,2" + content))
