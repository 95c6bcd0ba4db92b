"""The two doors and the nets under them, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from mfg import guards
from mfg.db import desk
from mfg.facts import Refused
from mfg.identity import Credential, Person, RoleGrant, Signing
from mfg.ledger import Entry, Repeated, Signature, Unrecorded, Who, act, fresh
from mfg.people import acts as people
from mfg.tables import METADATA
from mfg.verify import verify
from tests.office import PASSWORD, Office

NEW = {"printed_name": "Operator 9", "identity_verified": "badge", "password": "a first password 7"}


def test_an_act_writes_its_rows_and_one_line_of_history_that_says_who_what_when_and_what_changed(
        office: Office) -> None:
    before = office.last_entry().seq
    code = office.do(people.open_account, office.who("administrator"), user_id="op.9", role="operator", **NEW)
    entry = office.last_entry()
    leaf = orjson.loads(entry.leaf)
    assert entry.seq == before + 1
    assert (leaf["verb"], leaf["name"], leaf["outcome"]) == ("open account", "Administrator 1", "done")
    assert leaf["at"].startswith("2026-11-20T12:00:00")
    changed = {(table, key) for table, key, _ in leaf["changes"]}
    assert ("person", code) in changed and ("credential", code) in changed


def test_the_trail_never_holds_a_password_hash(office: Office) -> None:
    office.do(people.open_account, office.who("administrator"), user_id="op.9", **NEW)
    with office.look() as session:
        stored = session.scalars(select(Credential.phc)).all()
        leaves = b"".join(session.scalars(select(Entry.leaf)))
    assert all(phc.encode() not in leaves for phc in stored)
    assert NEW["password"].encode() not in leaves


def test_a_write_outside_an_act_raises(office: Office) -> None:
    with office.desk() as session, pytest.raises(Unrecorded):
        session.add(Person(code="P-9", user_id="x", printed_name="X", identity_verified="-"))
        session.flush()


@pytest.mark.parametrize("statement", [
    insert(Person).values(code="P-9", user_id="x", printed_name="X", identity_verified="-", active=True, version=1),
    update(Person).values(printed_name="Somebody else"),
    Person.__table__.delete(),
])
def test_bulk_writes_raise_even_inside_an_act(office: Office, statement: Any) -> None:
    with office.desk() as session, pytest.raises(Unrecorded):
        with act(session, "grant role", on="P-0001", **office.who("administrator").how):
            session.execute(statement)


def test_deleting_a_record_raises(office: Office) -> None:
    with office.desk() as session, pytest.raises(Unrecorded):
        with act(session, "grant role", on="P-0001", **office.who("administrator").how):
            session.delete(session.get_one(Person, "P-0002"))


def test_a_reading_session_cannot_write(office: Office) -> None:
    with office.look() as session, pytest.raises(DatabaseError):
        session.execute(text("UPDATE person SET printed_name = 'x'"))


def test_an_act_refuses_a_session_that_has_already_read(office: Office) -> None:
    with office.desk() as session:
        session.get(Person, "P-0001")
        with pytest.raises(Unrecorded), act(session, "grant role", on="P-0001",
                                            **office.who("administrator").how):
            pass


@pytest.mark.parametrize(("verb", "table"), [
    ("UPDATE", "entry"), ("UPDATE", "signature"), ("UPDATE", "checkpoint"),
    ("DELETE", "entry"), ("DELETE", "signature"), ("DELETE", "checkpoint"), ("DELETE", "person")])
def test_raw_sql_cannot_change_or_delete_what_is_append_only(office: Office, table: str, verb: str) -> None:
    """Trap 1 of the rivals: an "immutable" log that a raw query edits."""
    _make_one_signature(office)
    _seal(office)
    statement = f"DELETE FROM {table}" if verb == "DELETE" else f"UPDATE {table} SET at = at"
    for engine in (office.engine, office.owner_engine):
        with pytest.raises(DatabaseError), engine.execution_options(mfg_begin="write").begin() as connection:
            connection.execute(text(statement))


def test_insert_or_replace_does_not_slip_past_the_delete_trigger(sqlite_office: Office) -> None:
    with pytest.raises(DatabaseError), \
            sqlite_office.engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE seq = 0"))


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgres"])
def test_the_application_role_owns_nothing_and_cannot_switch_a_guard_off(office: Office, kind: str) -> None:
    for statement in ("DROP TRIGGER guard_entry_row ON entry", "ALTER TABLE entry DISABLE TRIGGER ALL",
                      "TRUNCATE entry", "SET session_replication_role = replica", "DROP TABLE signature"):
        with pytest.raises(DatabaseError), office.engine.execution_options(mfg_begin="write").begin() as connection:
            connection.execute(text(statement))


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgres"])
def test_a_plain_update_without_an_entry_is_refused_at_commit(office: Office, kind: str) -> None:
    with pytest.raises(DatabaseError, match="without a ledger entry"), \
            office.engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("UPDATE person SET printed_name = 'x' WHERE code = 'P-0002'"))


def test_the_guards_are_there_and_a_missing_one_is_named(office: Office) -> None:
    with office.engine.connect() as connection:
        assert guards.missing(connection, METADATA) == []
    drop = "DROP TRIGGER guard_person_delete" if office.engine.dialect.name == "sqlite" else \
        "DROP TRIGGER guard_person_row ON person"
    with office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text(drop))
    with office.engine.connect() as connection, pytest.raises(Refused, match="guard_person"):
        guards.refuse_without(connection, METADATA)


def test_a_refusal_leaves_no_trace_but_the_recorded_attempt(office: Office) -> None:
    before, last = office.counts(), office.last_entry().seq
    with pytest.raises(Refused, match="takes one of these roles: administrator"):
        office.do(people.open_account, office.who("operator"), user_id="op.9", **NEW)
    assert office.counts() == before
    entry = office.last_entry()
    assert (entry.seq, entry.outcome, entry.verb) == (last + 1, "refused", "open account")
    assert "administrator" in orjson.loads(entry.leaf)["refusal"]["why"]


def test_a_double_tap_does_the_thing_once_and_answers_the_same(office: Office) -> None:
    who = office.who("administrator", nonce="tap-1")
    first = office.do(people.open_account, who, user_id="op.9", **NEW)
    count = office.counts()
    with pytest.raises(Repeated) as repeated:
        office.do(people.open_account, who, user_id="op.9", **NEW)
    assert repeated.value.result == first
    assert office.counts() == count


def test_a_nonce_used_by_another_person_is_refused(office: Office) -> None:
    office.do(people.open_account, office.who("administrator", nonce="tap-2"), user_id="op.9", **NEW)
    with pytest.raises(Refused, match="already used"):
        office.do(people.open_account, office.who("administrator", 2, nonce="tap-2"), user_id="op.8", **NEW)


def test_a_version_other_than_the_one_seen_is_refused(office: Office) -> None:
    with office.look() as session:
        row = session.get_one(Person, "P-0002")
    fresh(row, row.version)
    with pytest.raises(Refused, match="You saw version 7") as refused:
        fresh(row, 7)
    assert refused.value.kind == "stale"


def test_of_two_acts_on_the_same_thing_at_once_one_wins_and_the_other_is_told(office: Office) -> None:
    """Both want the same user id: without the writer's turn both would pass the look-up."""
    answers: list[str] = []
    start = threading.Barrier(2)

    def try_it(number: int) -> None:
        start.wait()
        try:
            with desk(office.engine) as session:
                people.open_account(session, office.who("administrator", number), user_id="op.race", **NEW)
            answers.append("done")
        except Refused as refused:
            answers.append(refused.why)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer == "done" for answer in answers) == [False, True]
    assert any("op.race" in answer for answer in answers)
    assert verify(office.engine, METADATA).ok


def test_many_acts_at_once_leave_a_gapless_verified_ledger(office: Office) -> None:
    def work(number: int) -> None:
        for turn in range(5):
            with desk(office.engine) as session:
                people.open_account(session, office.who("administrator", 1 + number % 2),
                                    user_id=f"op.{number}.{turn}", **NEW)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    report = verify(office.engine, METADATA)
    assert report.ok, report.problems
    with office.look() as session:
        assert len(session.scalars(select(Person).where(Person.user_id.like("op.%.%"))).all()) == 20


def test_an_act_inside_an_act_raises(office: Office) -> None:
    how = office.who("administrator").how
    with office.desk() as session, pytest.raises(Unrecorded):
        with act(session, "grant role", on="P-0001", **how), act(session, "grant role", on="P-0001", **how):
            pass


def test_an_unknown_verb_is_an_error(office: Office) -> None:
    with office.desk() as session, pytest.raises(KeyError), act(
            session, "improve result", on="P-0001", **office.who("administrator").how):
        pass


def test_a_crash_inside_an_act_leaves_nothing(office: Office) -> None:
    before, last = office.counts(), office.last_entry().seq
    with office.desk() as session, pytest.raises(ZeroDivisionError):
        with act(session, "grant role", on="P-0002", **office.who("administrator").how) as doing:
            session.add(RoleGrant(code="RG-99999", person="P-0002", role="qa", granted_at=doing.at,
                                  granted_by="P-0001"))
            session.flush()
            raise ZeroDivisionError
    assert (office.counts(), office.last_entry().seq) == (before, last)


def test_a_clock_set_back_is_marked_and_reported(office: Office) -> None:
    office.do(people.open_account, office.who("administrator"), user_id="op.8", **NEW)
    office.later(hours=-3)
    office.do(people.open_account, office.who("administrator"), user_id="op.9", **NEW)
    report = verify(office.engine, METADATA)
    assert report.ok
    assert ["clock was set back" in warning for warning in report.warnings] == [True]


# --- verification ----------------------------------------------------------------------------------


def _owner(office: Office, *statements: str) -> None:
    """What an owner of the database can do past every guard."""
    with office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _unguard(office: Office, table: str) -> list[str]:
    if office.engine.dialect.name == "postgresql":
        return [f"ALTER TABLE {table} DISABLE TRIGGER ALL"]
    return [f"DROP TRIGGER guard_{table}_update", f"DROP TRIGGER guard_{table}_delete"]


def test_verification_of_an_honest_database_finds_nothing(office: Office) -> None:
    report = verify(office.engine, METADATA)
    assert report.ok and report.entries > 10 and report.rows > 20


def test_a_row_changed_by_acts_is_still_what_the_trail_says_its_version_too(office: Office) -> None:
    office.do(people.close_account, office.who("administrator", reason="left"), person="P-0005")
    changes = orjson.loads(office.last_entry().leaf)["changes"]
    assert changes == [["person", "P-0005", {"active": [True, False], "version": [1, 2]}]]
    assert verify(office.engine, METADATA).problems == []


def test_verification_names_the_live_row_that_is_not_what_the_trail_says(office: Office) -> None:
    changes = ["UPDATE person SET printed_name = 'Somebody else' WHERE code = 'P-0002'"]
    if office.engine.dialect.name == "postgresql":
        changes.insert(0, "ALTER TABLE person DISABLE TRIGGER ALL")
    _owner(office, *changes)
    problems = verify(office.engine, METADATA).problems
    assert len(problems) == 1
    assert "person P-0002: printed_name is “Somebody else”" in problems[0]


def test_verification_names_a_row_written_past_the_ledger(office: Office) -> None:
    changes = ["INSERT INTO role_grant (code, person, role, granted_at, granted_by) "
               "VALUES ('RG-77777', 'P-0002', 'qa', '2026-01-01 00:00:00', 'P-0001')"]
    if office.engine.dialect.name == "postgresql":
        changes.insert(0, "ALTER TABLE role_grant DISABLE TRIGGER ALL")
    _owner(office, *changes)
    assert verify(office.engine, METADATA).problems == [
        "role_grant RG-77777 is not in the trail at all: it was written past the ledger."]


def test_verification_names_the_broken_entry(office: Office) -> None:
    blob = "X'7B7D'" if office.engine.dialect.name == "sqlite" else "'\\x7b7d'::bytea"
    _owner(office, *_unguard(office, "entry"), f"UPDATE entry SET leaf = {blob} WHERE seq = 3")
    problems = verify(office.engine, METADATA).problems
    assert any(problem.startswith("Entry 3 is broken") for problem in problems)


def test_verification_names_a_column_that_is_not_what_its_leaf_says(office: Office) -> None:
    _owner(office, *_unguard(office, "entry"), "UPDATE entry SET person = 'P-0007' WHERE seq = 4")
    assert verify(office.engine, METADATA).problems == [
        "Entry 4 is broken: its columns are not what its leaf says."]


def test_verification_names_a_missing_entry(office: Office) -> None:
    _owner(office, *_unguard(office, "signature"), *_unguard(office, "entry"), "DELETE FROM entry WHERE seq = 5")
    assert any("Entry 5 is missing" in problem for problem in verify(office.engine, METADATA).problems)


def test_a_signature_moved_to_another_record_is_named(office: Office) -> None:
    seq = _make_one_signature(office)
    _owner(office, *_unguard(office, "signature"), f"UPDATE signature SET on_code = 'P-0001' WHERE seq = {seq}")
    assert any(f"Signature {seq}" in problem for problem in verify(office.engine, METADATA).problems)


def test_a_missing_signature_is_named(office: Office) -> None:
    seq = _make_one_signature(office)
    _owner(office, *_unguard(office, "signature"), f"DELETE FROM signature WHERE seq = {seq}")
    assert f"The signature of entry {seq} is missing." in verify(office.engine, METADATA).problems


def test_a_sealed_checkpoint_catches_a_cut_tail_and_a_rewritten_history(office: Office) -> None:
    _seal(office)
    notes, key = office.sealer.folder, office.sealer.verifier
    assert verify(office.engine, METADATA, verifier=key, notes=notes).ok
    last = office.last_entry().seq
    _owner(office, *_unguard(office, "checkpoint"), "DELETE FROM checkpoint", *_unguard(office, "entry"),
           f"DELETE FROM entry WHERE seq = {last}")
    problems = verify(office.engine, METADATA, verifier=key, notes=notes).problems
    assert any("The ledger was cut" in problem for problem in problems)


def test_a_forged_checkpoint_is_refused(office: Office) -> None:
    _seal(office)
    note = next(office.sealer.folder.glob("*.txt"))
    note.write_text(note.read_text().replace("\n2026-", "\n2025-", 1))
    problems = verify(office.engine, METADATA, verifier=office.sealer.verifier, notes=office.sealer.folder).problems
    assert any("not signed by" in problem for problem in problems)


def test_a_checkpoint_is_sealed_daily_without_anybody_asking(office: Office) -> None:
    _seal(office)
    before = len(list(office.sealer.folder.glob("*.txt")))
    office.later(days=1)
    office.do(people.open_account, office.who("administrator"), user_id="op.daily", **NEW)
    assert len(list(office.sealer.folder.glob("*.txt"))) == before + 1


def _seal(office: Office) -> None:
    with office.desk() as session, act(session, "seal ledger", on="ledger", **office.who("qa").how):
        pass


def _make_one_signature(office: Office) -> int:
    """One signed act, of the only signed verb that needs no record before it."""
    with office.desk() as session:
        with act(session, "release lot", on="LOT-000001", **office.who("qa").how) as doing:
            doing.signs({"lot": "LOT-000001"})
    with office.look() as session:
        return session.scalars(select(Signature.seq).order_by(Signature.seq.desc()).limit(1)).one()


# --- signatures ------------------------------------------------------------------------------------


def test_a_signature_needs_both_components_now(office: Office) -> None:
    who = office.who("qa")
    for signing in (None, Signing("qa.1", "wrong password"), Signing("qa.1", ""), Signing("nobody", PASSWORD)):
        with pytest.raises(Refused) as refused:
            _release(office, Who(who.by, signing=signing))
        assert refused.value.kind == "not signed"


def test_a_signature_with_another_persons_password_is_refused(office: Office) -> None:
    with pytest.raises(Refused, match="another person"):
        _release(office, Who(office.who("qa").by, signing=office.who("qa", 2).signing))


def test_the_signature_keeps_printed_name_role_meaning_time_and_content_hash(office: Office) -> None:
    _make_one_signature(office)
    with office.look() as session:
        row = session.scalars(select(Signature).where(Signature.on_code == "LOT-000001")).one()
    assert (row.printed_name, row.role, row.meaning) == ("Qa 1", "qa", "Approved for use")
    assert row.at == office.now and len(row.content_hash) == 64 and row.factors == "user id and password"


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(office: Office) -> None:
    """21 CFR 11.300(d); and the failures are in the ledger for security to see."""
    who = office.who("qa")
    for _ in range(5):
        with pytest.raises(Refused):
            _release(office, office.who("qa", password="not the password"))
    with pytest.raises(Refused, match="locked until 12:15 UTC"):
        _release(office, who)
    office.later(minutes=15)
    _release(office, who)
    with office.look() as session:
        refused = session.scalars(select(Entry).where(Entry.outcome == "refused")).all()
    assert len(refused) == 6


def test_no_person_does_both_halves(office: Office) -> None:
    """The second half is refused to whoever did the first on the same record, read from the ledger itself."""
    with office.desk() as session:
        people.grant_role(session, office.who("administrator"), person=office.who("qa").by, role="warehouse")
    with office.desk() as session, act(session, "receive lot", on="LOT-000009", **office.who("qa").how):
        pass
    with pytest.raises(Refused, match="the same person did “receive lot”"):
        _release(office, office.who("qa"), "LOT-000009")
    _release(office, office.who("qa", 2), "LOT-000009")


def test_a_verb_that_needs_a_reason_refuses_without(office: Office) -> None:
    with pytest.raises(Refused, match="needs a reason"):
        office.do(people.close_account, office.who("administrator", reason="   "), person="P-0005")


def _release(office: Office, who: Who, code: str = "LOT-000001") -> None:
    with office.desk() as session, act(session, "release lot", on=code, **who.how) as doing:
        doing.signs({"lot": code})


def test_time_between_entries_is_kept_to_the_microsecond(office: Office) -> None:
    moment = office.later(microseconds=123457)
    office.do(people.open_account, office.who("administrator"), user_id="op.9", **NEW)
    with Session(office.engine) as session:
        assert session.scalars(select(Entry.at).order_by(Entry.seq.desc()).limit(1)).one() == moment
    assert moment - timedelta(microseconds=123457) != moment


# --- what somebody with the whole database in hand would try ---------------------------------------------


def past_the_guards(office: Office, table: str, statement: str) -> None:
    """As an owner of the database who takes the guards away for a moment."""
    with office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        if connection.dialect.name == "sqlite":
            kept = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name=:t"),
                                      {"t": table}).all()
            for name, _ in kept:
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text(statement))
            for _, sql in kept:
                connection.execute(text(sql))
        else:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            connection.execute(text(statement))


@pytest.mark.parametrize("change", ["within = 'elsewhere'", "result = 'another'", "person = 'P-0001'",
                                    "on_code = 'another'", "verb = 'sign out'", "at = '2026-01-01 00:00:00'"])
def test_a_column_of_history_changed_past_the_guards_is_named(office: Office, change: str) -> None:
    """Who did what within which batch is asked of these columns: changing one would let a person do both halves."""
    _make_one_signature(office)
    last = office.last_entry().seq
    past_the_guards(office, "entry", f"UPDATE entry SET {change} WHERE seq = {last}")
    assert any(f"Entry {last} is broken" in one for one in verify(office.owner_engine, METADATA).problems)


@pytest.mark.parametrize("change", ["reason = 'another'", "at = '2026-01-01 00:00:00'", "workstation = 'another'",
                                    "factors = 'none'", "zone = 'another'"])
def test_a_column_of_a_signature_changed_past_the_guards_is_named(office: Office, change: str) -> None:
    _make_one_signature(office)
    last = office.last_entry().seq
    past_the_guards(office, "signature", f"UPDATE signature SET {change} WHERE seq = {last}")
    assert any(f"Signature {last}" in one for one in verify(office.owner_engine, METADATA).problems)


def test_the_subtrees_of_the_newest_entry_changed_past_the_guards_are_named(office: Office) -> None:
    """They are what the next root is computed from."""
    last = office.last_entry()
    blank = "zeroblob(32)" if "sqlite" in office.url else "decode(repeat('00', 32), 'hex')"
    past_the_guards(office, "entry", f"UPDATE entry SET frontier = {blank} WHERE seq = {last.seq}")
    assert any("subtrees" in one for one in verify(office.owner_engine, METADATA).problems)


def test_a_guard_that_only_bears_the_name_is_missed(sqlite_office: Office) -> None:
    with sqlite_office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        assert guards.missing(connection, METADATA) == []
        connection.execute(text("DROP TRIGGER guard_entry_update"))
        connection.execute(text("CREATE TRIGGER guard_entry_update BEFORE UPDATE ON entry WHEN 0 BEGIN SELECT 1; END"))
        assert guards.missing(connection, METADATA) == ["guard_entry_update"]
