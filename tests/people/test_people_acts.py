"""Accounts, roles and passwords: who may be who, and that nobody signs as somebody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mfg.db import desk, open_engine
from mfg.facts import Refused
from mfg.identity import Credential, LoginSession, Person, RoleGrant, Signing, roles_of
from mfg.ledger import Entry, Signature, Who, act
from mfg.people import acts as people
from mfg.people.rules import GRANT, Granting, weakness
from mfg.verbs import GXP_ROLES, ROLES
from mfg.verify import verify
from tests.office import METADATA, PASSWORD, Office, user_id

FIRST = "the first password 7"
NEW: dict[str, Any] = {"printed_name": "Operator 9", "identity_verified": "badge shown", "password": FIRST}


def opened(office: Office, login: str = "op.9", role: str = "operator", **changed: Any) -> str:
    return office.do(people.open_account, admin(office), **(NEW | {"user_id": login, "role": role} | changed))


def admin(office: Office, number: int = 1) -> Who:
    return office.who("administrator", number, reason="asked in person")


def sign(office: Office, who: Who) -> None:
    """The shortest signed act there is."""
    with office.desk() as session, act(session, "release lot", on="LOT-000001", **who.how):
        pass


def refused_without_trace(office: Office, verb: Any, who: Who, **arguments: Any) -> Refused:
    """The refusal; nothing else changed and the attempt is in the ledger."""
    before, last = office.counts(), office.last_entry().seq
    with pytest.raises(Refused) as refused:
        office.do(verb, who, **arguments)
    assert office.counts() == before
    entry = office.last_entry()
    assert (entry.seq, entry.outcome) == (last + 1, "refused")
    return refused.value


def secret_of(office: Office, person: str) -> Credential:
    with office.look() as session:
        return session.get_one(Credential, person)


# --- opening and closing -------------------------------------------------------------------------------


def test_an_account_has_a_code_of_its_own_its_role_and_a_password_that_must_be_changed(office: Office) -> None:
    code = opened(office)
    with office.look() as session:
        person = session.get_one(Person, code)
        assert (person.user_id, person.printed_name, person.active) == ("op.9", "Operator 9", True)
        assert roles_of(session, code) == {"operator"}
        assert session.get_one(Credential, code).must_change
    assert code not in office.people.values()


@pytest.mark.parametrize("login", ["op.9", "OP.9", "Op.9", "  op.9  "])
def test_a_user_id_is_never_given_twice_however_it_is_written(office: Office, login: str) -> None:
    opened(office)
    refused = refused_without_trace(office, people.open_account, admin(office), **NEW, user_id=login)
    assert "user ids are never given twice" in refused.why and "user_id" in refused.fields


def test_neither_user_id_nor_code_of_a_closed_account_is_given_again(office: Office) -> None:
    code = opened(office)
    office.do(people.close_account, admin(office), person=code)
    refused_without_trace(office, people.open_account, admin(office), **NEW, user_id="OP.9")
    assert opened(office, "op.10") != code


@pytest.mark.parametrize(("password", "words"), [
    ("short 1", "7 characters; at least 12"), ("", "0 characters"), ("aaaaaaaaaaaaaa", "too easy"),
    ("abababababababab", "too easy"), ("my op.9 is secret", "leave out your user id"), ("MY OP.9 IS SECRET", "user id"),
])
def test_a_weak_first_password_is_refused(office: Office, password: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        opened(office, password=password)
    assert refused.value.kind == "input" and "password" in refused.value.fields


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"administrator"}))
def test_only_an_administrator_opens_accounts(sqlite_office: Office, role: str) -> None:
    refused = refused_without_trace(sqlite_office, people.open_account, sqlite_office.who(role), **NEW, user_id="op.9")
    assert refused.kind == "not allowed"


def test_a_closed_account_neither_acts_nor_signs_nor_signs_in(office: Office) -> None:
    who = office.who("qa")
    office.do(people.close_account, admin(office), person=who.by)
    for attempt in (lambda: sign(office, who), lambda: office.do(people.sign_in, who),
                    lambda: office.do(people.sign_out, who, token="none")):
        with pytest.raises(Refused, match="closed|no active account"):
            attempt()


@pytest.mark.parametrize("verb", [people.close_account, people.remove_role, people.reset_password,
                                  people.unlock_account])
def test_what_takes_something_away_needs_a_reason(sqlite_office: Office, verb: Any) -> None:
    arguments = {people.remove_role: {"role": "qa"}, people.reset_password: {"password": FIRST}}.get(verb, {})
    refused = refused_without_trace(sqlite_office, verb, sqlite_office.who("administrator"),
                                    person=sqlite_office.who("qa").by, **arguments)
    assert "needs a reason" in refused.why


@pytest.mark.parametrize("verb", [people.close_account, people.grant_role, people.reset_password])
def test_nobody_who_is_not_there_can_be_changed(sqlite_office: Office, verb: Any) -> None:
    arguments = {people.grant_role: {"role": "qa"}, people.reset_password: {"password": FIRST}}.get(verb, {})
    refused = refused_without_trace(sqlite_office, verb, admin(sqlite_office), person="P-9999", **arguments)
    assert (refused.kind, refused.why) == ("not found", "There is no person “P-9999”.")


def test_an_installation_is_installed_once(office: Office) -> None:
    with pytest.raises(Refused, match="already has accounts"):
        with office.desk() as session:
            people.install(session, first=newcomer("third"), second=newcomer("fourth"))


def test_an_installation_takes_two_different_administrators(tmp_path: Path) -> None:
    """Nobody confirms alone that an account is its owner's."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.execution_options(mfg_begin="write").begin() as connection:
        METADATA.create_all(connection)
    with pytest.raises(Refused, match="two different people"), desk(engine) as session:
        people.install(session, first=newcomer("same"), second=newcomer("Same "))
    with desk(engine) as session:
        assert people.install(session, first=newcomer("one"), second=newcomer("two")) == "P-0001"
    engine.dispose()


def newcomer(user_id: str) -> people.Newcomer:
    return people.Newcomer(user_id, user_id.capitalize(), "badge", FIRST, "administrator")


# --- roles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(GXP_ROLES))
def test_an_administrator_never_gets_a_gxp_role(sqlite_office: Office, role: str) -> None:
    office = sqlite_office
    refused = refused_without_trace(office, people.grant_role, admin(office), person=admin(office, 2).by, role=role)
    assert [one.rule for one in refused.findings] == ["PPL-01"]


@pytest.mark.parametrize("role", sorted(GXP_ROLES))
def test_whoever_holds_a_gxp_role_never_becomes_administrator(sqlite_office: Office, role: str) -> None:
    office = sqlite_office
    refused_without_trace(office, people.grant_role, admin(office), person=office.who(role).by, role="administrator")


def test_a_role_is_granted_once_and_must_exist(office: Office) -> None:
    qa = office.who("qa").by
    again = refused_without_trace(office, people.grant_role, admin(office), person=qa, role="qa")
    assert [one.rule for one in again.findings] == ["PPL-02"]
    unknown = refused_without_trace(office, people.grant_role, admin(office), person=qa, role="king")
    assert "There is no role “king”" in unknown.why
    with pytest.raises(Refused, match="There is no role “king”"):
        opened(office, role="king")


@pytest.mark.parametrize("held", [frozenset(), *map(frozenset, (["qa"], ["administrator"], ["inspector"]))])
@pytest.mark.parametrize("role", [*ROLES, "king"])
def test_the_rules_of_granting_say_what_the_requirement_says(held: frozenset[str], role: str) -> None:
    together = held | {role}
    gxp = together - {"administrator", "inspector", "king"}
    verdicts = {one.id: one(Granting(role, held)).verdict.value for one in GRANT}
    assert verdicts["PPL-01"] == ("FAIL" if "administrator" in together and gxp else "PASS")
    assert verdicts["PPL-02"] == ("PASS" if role in ROLES and role not in held else "FAIL")


def test_a_role_taken_away_is_gone_at_once_and_what_was_held_stays_readable(office: Office) -> None:
    who = office.who("qa")
    sign(office, who)
    office.later(minutes=1)
    grant = office.do(people.remove_role, admin(office), person=who.by, role="qa")
    with pytest.raises(Refused, match="takes one of these roles: qa") as refused:
        sign(office, who)
    assert refused.value.kind == "not allowed"
    with office.look() as session:
        row = session.get_one(RoleGrant, grant)
        assert (row.removed_at, row.removed_by, row.granted_at < row.removed_at) == (
            office.now, admin(office).by, True)
        signed = select(Signature.role).where(Signature.on_code == "LOT-000001")
        assert session.scalars(signed).all() == ["qa"]
    office.do(people.grant_role, admin(office), person=who.by, role="qa")
    sign(office, who)


def test_a_role_that_is_not_held_cannot_be_taken_away(office: Office) -> None:
    refused = refused_without_trace(office, people.remove_role, admin(office), person=office.who("qa").by,
                                    role="operator")
    assert refused.kind == "not found"


# --- passwords ---------------------------------------------------------------------------------------


def test_a_password_set_by_somebody_else_signs_nothing_until_its_owner_has_chosen_another(office: Office) -> None:
    code = opened(office, "qa.9", "qa")
    who = Who(code, signing=Signing("qa.9", FIRST))
    with pytest.raises(Refused, match="set by somebody else") as refused:
        sign(office, who)
    assert refused.value.kind == "not signed"
    office.do(people.choose_password, who, person=code, password=PASSWORD)
    own = Who(code, signing=Signing("qa.9", PASSWORD))
    with pytest.raises(Refused, match="Nobody has confirmed yet"):
        sign(office, own)
    office.do(people.confirm_account, office.who("qa"), person=code)
    sign(office, own)


def test_an_administrator_alone_can_never_sign_as_somebody_else(office: Office) -> None:
    """21 CFR 11.200(a)(3): reset, choose a password in the other's name, and still no signature without a second."""
    code = office.who("qa").by
    for number in (1, 2):
        reset = office.who("administrator", number, reason="asked to, by nobody")
        office.do(people.reset_password, reset, person=code, password=FIRST)
    office.do(people.choose_password, Who(code, signing=Signing("qa.1", FIRST)), person=code, password=PASSWORD)
    with pytest.raises(Refused, match="Nobody has confirmed yet"):
        sign(office, office.who("qa"))
    with pytest.raises(Refused, match="the same person did “open account”"):
        office.do(people.confirm_account, office.who("administrator"), person=code)
    with pytest.raises(Refused, match="Nobody has confirmed yet"):
        office.do(people.confirm_account, office.who("qa"), person=code)
    with pytest.raises(Refused, match="the same person did “reset password”"):
        office.do(people.confirm_account, office.who("administrator", 2), person=code)
    office.do(people.confirm_account, office.who("qa", 2), person=code)
    sign(office, office.who("qa"))


def test_an_account_is_confirmed_only_after_its_owner_chose_a_password_and_never_by_the_owner(office: Office) -> None:
    code = opened(office, "qa.9", "qa")
    with pytest.raises(Refused, match="has not chosen a password yet"):
        office.do(people.confirm_account, office.who("qa"), person=code)
    with pytest.raises(Refused, match="Nobody confirms their own"):
        office.do(people.confirm_account, office.who("qa", 2), person=office.who("qa", 2).by)


def test_an_administrator_who_resets_a_password_cannot_sign_with_it(office: Office) -> None:
    qa = office.who("qa")
    office.do(people.reset_password, admin(office), person=qa.by, password=FIRST)
    known = Signing("qa.1", FIRST)
    with pytest.raises(Refused, match="set by somebody else"):
        sign(office, Who(qa.by, signing=known))
    with pytest.raises(Refused, match="set by somebody else|another person"):
        sign(office, Who(admin(office).by, signing=known))
    with pytest.raises(Refused, match="do not belong together"):
        sign(office, qa)
    with office.look() as session:
        assert session.scalars(select(Signature).where(Signature.on_code == "LOT-000001")).all() == []
        assert session.scalars(select(Entry.person).where(Entry.verb == "reset password")).all() == [admin(office).by]


def test_a_password_is_chosen_by_its_owner_alone_who_types_the_present_one(office: Office) -> None:
    qa, other = office.who("qa"), office.who("qa", 2)
    with pytest.raises(Refused, match="by its owner alone"):
        office.do(people.choose_password, other, person=qa.by, password=FIRST)
    with pytest.raises(Refused, match="by its owner alone"):
        office.do(people.choose_password, admin(office), person=qa.by, password=FIRST)
    for signing in (None, Signing("qa.1", "not the password"), other.signing):
        refused_without_trace(office, people.choose_password, Who(qa.by, signing=signing), person=qa.by, password=FIRST)
    office.do(people.choose_password, qa, person=qa.by, password=FIRST)
    with pytest.raises(Refused, match="do not belong together"):
        sign(office, qa)
    sign(office, Who(qa.by, signing=Signing("qa.1", FIRST)))


@pytest.mark.parametrize("verb", [people.choose_password, people.reset_password])
@pytest.mark.parametrize("password", ["too short", "aaaaaaaaaaaaaaaa", "here is qa.1 again", "Here is QA.1 again"])
def test_a_weak_new_password_is_refused_by_the_user_id_of_its_owner(sqlite_office: Office, verb: Any,
                                                                    password: str) -> None:
    office = sqlite_office
    who = admin(office) if verb is people.reset_password else office.who("qa")
    refused = refused_without_trace(office, verb, who, person=office.who("qa").by, password=password)
    assert refused.kind == "input" and "password" in refused.fields
    sign(office, office.who("qa"))


def test_what_is_long_and_not_obvious_is_good_enough() -> None:
    assert weakness("correct horse", "op.9") is None
    assert weakness("ééééééé 12345", "op.9") is None


# --- locking -----------------------------------------------------------------------------------------


def wrong(office: Office, times: int, role: str = "qa") -> None:
    for _ in range(times):
        with pytest.raises(Refused, match="do not belong together"):
            office.do(people.sign_in, office.who(role, password="not the password"))


def test_the_fifth_wrong_password_locks_and_an_administrator_unlocks(office: Office) -> None:
    qa = office.who("qa")
    wrong(office, 5)
    for attempt in (lambda: sign(office, qa), lambda: office.do(people.sign_in, qa)):
        with pytest.raises(Refused, match="locked until 12:15 UTC"):
            attempt()
    office.do(people.unlock_account, admin(office), person=qa.by)
    sign(office, qa)
    assert secret_of(office, qa.by).failures == 0


def test_a_locked_account_answers_the_same_to_right_and_wrong_passwords(office: Office) -> None:
    """Otherwise the lock would tell whoever goes on guessing when the guess was right; and it is not prolonged."""
    wrong(office, 5)
    said = set()
    for password in ("not the password", "another guess", PASSWORD):
        with pytest.raises(Refused) as refused:
            office.do(people.sign_in, office.who("qa", password=password))
        said.add(refused.value.why)
    assert len(said) == 1 and "locked until 12:15 UTC" in said.pop()
    assert secret_of(office, office.who("qa").by).failures == 0


def test_four_wrong_passwords_do_not_lock_and_a_right_one_starts_the_count_again(office: Office) -> None:
    qa = office.who("qa")
    wrong(office, 4)
    assert secret_of(office, qa.by).failures == 4
    office.do(people.sign_in, qa)
    assert secret_of(office, qa.by).failures == 0
    wrong(office, 4)
    office.do(people.sign_in, qa)


def test_a_lock_ends_after_a_quarter_of_an_hour_and_not_a_moment_before(office: Office) -> None:
    wrong(office, 5)
    office.later(minutes=15, microseconds=-1)
    with pytest.raises(Refused, match="locked"):
        office.do(people.sign_in, office.who("qa"))
    office.later(microseconds=1)
    office.do(people.sign_in, office.who("qa"))


def test_a_wrong_password_counts_for_its_own_account_only(office: Office) -> None:
    wrong(office, 5)
    sign(office, office.who("qa", 2))


def test_only_a_locked_account_is_unlocked(office: Office) -> None:
    for person in (office.who("qa").by, "P-9999"):
        assert "is not locked" in refused_without_trace(office, people.unlock_account, admin(office), person=person).why


# --- signing in and out ------------------------------------------------------------------------------------


def test_a_session_is_kept_as_a_hash_and_ends_at_sign_out(office: Office) -> None:
    who = office.who("operator")
    token = office.do(people.sign_in, who)
    with office.look() as session:
        (row,) = session.scalars(select(LoginSession)).all()
        leaves = b"".join(session.scalars(select(Entry.leaf)))
    assert row.person == who.by and row.token_hash != token and len(token) >= 43
    assert token.encode() not in leaves and row.token_hash.encode() not in leaves
    assert people.alive(row, timedelta(minutes=15), timedelta(hours=12))
    office.do(people.sign_out, Who(who.by), token=token)
    with office.look() as session:
        assert not people.alive(session.scalars(select(LoginSession)).one(), timedelta(minutes=15), timedelta(hours=12))


@pytest.mark.parametrize(("idle", "age", "alive"), [(15, 15, True), (16, 16, False), (0, 12 * 60, True),
                                                   (0, 12 * 60 + 1, False)])
def test_a_session_ends_by_idleness_and_by_age(sqlite_office: Office, idle: int, age: int, alive: bool) -> None:
    row = LoginSession(token_hash="x", person="P-0001", started_at=sqlite_office.now - timedelta(minutes=age),
                       seen_at=sqlite_office.now - timedelta(minutes=idle), ended_at=None)
    assert people.alive(row, timedelta(minutes=15), timedelta(hours=12)) is alive


def test_every_sign_in_gets_another_token_and_is_in_the_ledger(office: Office) -> None:
    tokens = {office.do(people.sign_in, office.who("operator")) for _ in range(3)}
    assert len(tokens) == 3
    assert (office.last_entry().verb, office.last_entry().outcome) == ("sign in", "done")


def test_a_sign_in_with_the_password_of_another_is_refused_and_recorded(office: Office) -> None:
    mixed = Who(office.who("qa").by, signing=Signing(user_id("qa"), FIRST))
    refused_without_trace(office, people.sign_in, mixed)
    assert office.last_entry().on_code == "user qa.1"


def test_a_password_set_by_somebody_else_lets_its_owner_in_to_change_it(office: Office) -> None:
    code = opened(office)
    assert office.do(people.sign_in, Who(code, signing=Signing("OP.9 ", FIRST)))


def test_after_all_this_the_rows_are_what_the_trail_says(office: Office) -> None:
    code = opened(office)
    office.do(people.grant_role, admin(office), person=code, role="verifier")
    office.do(people.remove_role, admin(office), person=code, role="operator")
    office.do(people.reset_password, admin(office), person=code, password=PASSWORD)
    wrong(office, 5)
    office.do(people.unlock_account, admin(office), person=office.who("qa").by)
    office.do(people.close_account, admin(office), person=code)
    assert verify(office.engine, METADATA).problems == []


def test_a_reset_ends_every_open_session_of_the_account(office: Office) -> None:
    qa = office.who("qa")
    office.do(people.sign_in, qa)
    office.do(people.reset_password, office.who("administrator", reason="card lost"), person=qa.by, password=FIRST)
    with office.look() as session:
        rows = session.scalars(select(LoginSession).where(LoginSession.person == qa.by)).all()
    assert [row.ended_at for row in rows] == [office.now]
