"""Customers and people, both ways: found, merged field by field, held where a person has to say."""

from collections.abc import Callable

import pytest
from desks import CONTACT, CUSTOMER, DEAL
from mlc.engine.customers import KEPT, synced_pairings
from mlc.engine.decisions import Verb, decide_hold
from mlc.engine.registers import EMPTY, put_rows
from mlc.engine.stages import look_again_stages
from mlc.engine.unlinked import ALONE, unlinked
from mlc.errors import ConfigError
from mlc.recipes import Side
from mlc.records import ObjectType
from offices import Office

Open = Callable[..., Office]


def acme(here: Office, people: int = 1) -> tuple[str, str]:
    """A customer that both sides know, with people whom both know; the first gets the invoices."""
    left = here.ledger.put(CUSTOMER, name="Acme", tax_number="GB1", billing="1 Quay", shipping="1 Quay", website="a")
    right = here.desk.put(
        CUSTOMER, name="Acme Ltd", tax_number="GB 1", billing="1, Quay", shipping="1 Quay", website="b", category="x"
    )
    for number in range(people):
        told = {"first_name": "Ann", "last_name": f"N{number}", "email": f"n{number}@acme.example", "phone": "1"}
        here.ledger.put(CONTACT, customer=left, is_primary=number == 0, title="Buyer", **told)
        here.desk.put(CONTACT, customer=right, title="Buyer", **told | {"email": f"N{number}@acme.example"})
    here.run()
    assert here.holds() == {}
    return left, right


def say(here: Office, external_id: str, verb: Verb, other: str | None = None) -> None:
    with here.engine.database.write() as tx:
        decide_hold(tx, here.hold(external_id), verb, other=other, by="tests", now=here.clock.now())


def test_a_customer_and_its_people_are_one_on_both_sides(office: Open) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Acme", tax_number="GB1")
    here.ledger.put(CONTACT, customer=left, first_name="Ann", last_name="Bee", email="ann@acme.example")
    right = here.desk.put(CUSTOMER, name="Acme Ltd", tax_number="GB 1", category="Customer")
    here.desk.put(CONTACT, customer=right, first_name="Anne", last_name="Bee", email="ANN@acme.example")
    here.desk.put(CONTACT, customer=right, first_name="Bob", last_name="Cee", email="bob@acme.example")
    here.run()
    assert here.holds() == {}
    assert len(here.ledger.rows[CUSTOMER]) == len(here.desk.rows[CUSTOMER]) == 1
    assert sorted(one["email"] for one in here.ledger.people_of(left)) == ["ann@acme.example", "bob@acme.example"]
    assert len(here.desk.people_of(right)) == 2
    assert here.desk.written == []
    assert here.quiet()


def test_a_prospect_stays_out_until_it_wins_a_deal_and_then_comes_with_its_people(office: Open) -> None:
    here = office()
    account = here.desk.put(CUSTOMER, name="Hopeful", category="Prospect")
    here.desk.put(CONTACT, customer=account, last_name="Hope", email="h@hopeful.example")
    deal = here.desk.put(DEAL, name="First", customer=account, won=False)
    here.run()
    assert here.ledger.rows[CUSTOMER] == here.ledger.rows[CONTACT] == {}
    here.desk.edit(DEAL, deal, won=True)
    here.run()
    assert [row["name"] for row in here.ledger.rows[CUSTOMER].values()] == ["Hopeful"]
    assert [row["email"] for row in here.ledger.rows[CONTACT].values()] == ["h@hopeful.example"]
    assert here.quiet()


def test_more_new_customers_than_a_run_may_make_wait_for_a_person(office: Open) -> None:
    here = office()
    here.run()
    for number in range(51):
        here.desk.put(CUSTOMER, name=f"New {number}", category="Customer")
    report = here.run(accept=False)
    assert "51 customers would be new" in (report.plans["customers-back"].limit or "")
    assert here.ledger.rows[CUSTOMER] == {}
    here.run()
    assert len(here.ledger.rows[CUSTOMER]) == 51


@pytest.mark.parametrize(("field", "code"), [("contacts", "mandatory_field"), ("addresses", "vendor_address")])
def test_what_the_other_side_insists_on_is_waited_for(office: Open, field: str, code: str) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Acme", tax_number="GB1")
    here.desk.insists_on = field
    here.run()
    assert (here.holds(), here.desk.written) == ({left: code}, [])
    here.ledger.edit(CUSTOMER, left, website="https://acme.example")
    here.run()
    assert here.holds() == {left: code}, "it was changed, but still lacks it"
    here.desk.insists_on = None
    here.ledger.edit(CUSTOMER, left, website="https://www.acme.example")
    here.run()
    assert here.holds() == {}
    assert [told[0] for told in here.desk.written] == ["create"]


def test_a_name_only_proposes_and_a_person_links(office: Open) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Same Name")
    right = here.desk.put(CUSTOMER, name="Same  name", category="Customer")
    here.run()
    assert here.holds() == {left: "ambiguous", right: "ambiguous"}
    assert '"id": "d1"' in here.hold(left)["detail"]
    say(here, left, Verb.LINK, right)
    here.run()
    assert here.holds() == {}
    assert len(here.ledger.rows[CUSTOMER]) == len(here.desk.rows[CUSTOMER]) == 1
    here.desk.edit(CUSTOMER, right, website="w.example")
    here.run()
    assert here.ledger.rows[CUSTOMER][left]["website"] == "w.example"


def test_alerts_of_two_records_of_one_name_say_which_is_which(office: Open) -> None:
    here = office()
    twins = [here.ledger.put(CUSTOMER, name="Same Name") for _ in range(2)]
    here.desk.put(CUSTOMER, name="Same  name", category="Customer")
    here.run()
    told = [row["sentence"] for row in here.rows("SELECT sentence FROM alerts WHERE code = 'ambiguous'")]
    assert len(set(told)) == len(told) >= 2
    for twin in twins:
        assert any(f", {twin}.)" in one for one in told), told


def test_the_engine_itself_refuses_to_bind_to_an_id_that_nobody_has_shown(office: Open) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Same Name")
    here.desk.put(CUSTOMER, name="Same  name", category="Customer")
    here.run()
    with pytest.raises(ConfigError, match="has shown anything with the id d99"):
        say(here, left, Verb.LINK, "d99")
    assert here.rows("SELECT subject FROM decisions") == []
    here.run()
    assert left in here.holds()


@pytest.mark.parametrize("first", ["right", "other"])
def test_of_two_links_the_last_one_counts(office: Open, first: str) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Same Name")
    there = {name: here.desk.put(CUSTOMER, name="Same  name", category="Customer") for name in ("right", "other")}
    here.run()
    last = "other" if first == "right" else "right"
    say(here, left, Verb.LINK, there[first])
    say(here, left, Verb.LINK, there[last])
    here.run()
    here.desk.edit(CUSTOMER, there[last], website="w.example")
    here.run()
    assert here.ledger.rows[CUSTOMER][left]["website"] == "w.example"
    linked = "SELECT external_id FROM bindings WHERE part = 'main' AND role = 'primary' AND record_id = "
    own = f"(SELECT id FROM records WHERE external_id = '{left}' AND object_type = 'customer')"
    assert there[last] in [row["external_id"] for row in here.rows(linked + own)]


def test_what_is_posted_after_all_is_no_longer_linked(office: Open) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Same Name")
    right = here.desk.put(CUSTOMER, name="Same  name", category="Customer")
    here.run()
    say(here, left, Verb.LINK, right)
    say(here, left, Verb.POST)
    assert [row["kind"] for row in here.rows("SELECT kind FROM decisions")] == ["post"]


def test_the_address_of_the_billing_person_binds_customers_of_other_names(office: Open) -> None:
    here = office()
    left = here.ledger.put(CUSTOMER, name="Brontë Institute Leeds")
    here.ledger.put(CONTACT, customer=left, last_name="B", email="kate@bronte.example", is_primary=True)
    right = here.desk.put(CUSTOMER, name="Brontë Institute", category="Customer")
    here.desk.put(CONTACT, customer=right, last_name="B", email="Kate@bronte.example")
    here.desk.put(CONTACT, customer=right, last_name="I", email="info@bronte.example")
    here.run()
    assert len(here.ledger.rows[CUSTOMER]) == len(here.desk.rows[CUSTOMER]) == 1
    assert here.holds() == {}


def test_edits_in_different_fields_are_merged_and_in_the_same_field_held_with_both_values(office: Open) -> None:
    here = office()
    left, right = acme(here, people=3)
    _, one, two = (row["id"] for row in here.ledger.people_of(left))
    _, its_one, its_two = (row["id"] for row in here.desk.people_of(right))
    here.ledger.edit(CONTACT, one, phone="2")
    here.desk.edit(CONTACT, its_one, title="Head")
    here.ledger.edit(CONTACT, two, title="Boss")
    here.desk.edit(CONTACT, its_two, title="Chief", phone="3")
    here.run()
    assert (here.ledger.rows[CONTACT][one]["title"], here.desk.rows[CONTACT][its_one]["phone"]) == ("Head", "2")
    assert here.holds() == {two: "drift"}
    assert here.hold(two)["detail"] == '{"title": {"left": "Boss", "right": "Chief"}}'
    held = [row["detail"] for row in here.rows("SELECT detail FROM audit WHERE event = 'held'")]
    assert any("Boss" in told and "Chief" in told for told in held)
    assert here.quiet()
    say(here, two, Verb.REPAIR)
    here.run()
    assert here.desk.rows[CONTACT][its_two]["title"] == "Boss"
    assert here.ledger.rows[CONTACT][two]["phone"] == "3"
    assert here.holds() == {}
    assert here.quiet()


def test_the_billing_address_is_the_ledgers_and_a_change_at_the_desk_waits(office: Open) -> None:
    here = office()
    left, right = acme(here)
    (mine,), (theirs,) = here.ledger.people_of(left), here.desk.people_of(right)
    here.desk.edit(CONTACT, theirs["id"], email="biling@acme.example")
    here.run()
    assert here.holds() == {mine["id"]: "remit_change"}
    assert mine["email"] == "n0@acme.example"
    say(here, mine["id"], Verb.REPAIR)
    here.run()
    assert theirs["email"] == "n0@acme.example"
    here.ledger.edit(CONTACT, mine["id"], email="new@acme.example")
    here.run()
    assert theirs["email"] == "new@acme.example"
    assert here.quiet()


def test_each_address_of_a_customer_goes_its_own_way(office: Open) -> None:
    here = office()
    left, right = acme(here)
    here.ledger.edit(CUSTOMER, left, billing="2 Hill")
    here.desk.edit(CUSTOMER, right, shipping="9 Dock")
    here.run()
    here.run()
    mine, theirs = here.ledger.rows[CUSTOMER][left], here.desk.rows[CUSTOMER][right]
    assert (mine["billing"], mine["shipping"]) == ("2 Hill", "9 Dock")
    assert (theirs["billing"], theirs["shipping"]) == ("2 Hill", "9 Dock")
    assert (theirs["name"], theirs["website"], mine["website"]) == ("Acme Ltd", "b", "a")
    here.desk.edit(CUSTOMER, right, billing="elsewhere")
    here.run()
    assert here.holds() == {left: "drift"}
    assert mine["billing"] == "2 Hill"
    assert here.quiet()


def test_who_is_removed_on_one_side_stays_on_the_other_and_never_comes_back(office: Open) -> None:
    here = office()
    left, right = acme(here, people=3)
    mine, theirs = here.ledger.people_of(left), here.desk.people_of(right)
    here.ledger.delete(CONTACT, mine[1]["id"])
    here.desk.delete(CONTACT, theirs[2]["id"])
    here.run()
    assert (len(here.ledger.people_of(left)), len(here.desk.people_of(right))) == (2, 2)
    here.desk.edit(CONTACT, theirs[1]["id"], phone="7")
    here.ledger.edit(CONTACT, mine[2]["id"], phone="8")
    assert here.quiet()
    assert (len(here.ledger.people_of(left)), len(here.desk.people_of(right))) == (2, 2)
    assert here.holds() == {}
    nobody = here.desk.put(CONTACT, last_name="Nobody", email="no@body.example")
    prospect = here.desk.put(CUSTOMER, name="Hopeful", category="Prospect")
    here.desk.put(CONTACT, customer=prospect, last_name="Hope", email="h@hopeful.example")
    here.run()
    with here.engine.database.read() as connection:
        found = unlinked(connection, here.engine.config.pairings["main"])
    assert [(one["email"] or "", one["kept_in"], one["id"], one["customer"], one["why"]) for one in found] == [
        ("n1@acme.example", "desk", theirs[1]["id"], right, KEPT.format(where="Ledger")),
        ("n2@acme.example", "ledger", mine[2]["id"], left, KEPT.format(where="Desk")),
        ("no@body.example", "desk", nobody, None, ALONE),
    ]


def test_who_moves_to_another_customer_is_held_where_they_were(office: Open) -> None:
    here = office()
    left, right = acme(here, people=2)
    other = here.ledger.put(CUSTOMER, name="Other", tax_number="GB9")
    here.run()
    (there,) = [key for key in here.desk.rows[CUSTOMER] if key != right]
    mine, theirs = here.ledger.people_of(left)[1], here.desk.people_of(right)[1]
    here.desk.edit(CONTACT, theirs["id"], customer=there)
    here.run()
    assert here.holds() == {mine["id"]: "drift"}
    assert mine["customer"] == left
    assert here.ledger.people_of(other) == []
    assert here.quiet()


def test_without_an_address_or_with_a_shared_one_a_person_decides(office: Open) -> None:
    here = office()
    left, right = acme(here)
    alone = here.desk.put(CONTACT, customer=right, last_name="Noel")
    mine = here.ledger.put(CONTACT, customer=left, last_name="Desk", email="info@acme.example")
    theirs = here.desk.put(CONTACT, customer=right, last_name="Front", email="info@acme.example")
    here.run()
    assert here.holds() == {alone: "ambiguous", mine: "ambiguous", theirs: "ambiguous"}
    say(here, alone, Verb.POST)
    say(here, mine, Verb.LINK, theirs)
    here.run()
    assert here.holds() == {}
    assert [row["last_name"] for row in here.ledger.people_of(left)] == ["N0", "Desk", "Noel"]
    assert here.quiet()


@pytest.mark.parametrize("told", [True, False], ids=["told", "seen by its people"])
def test_customers_merged_at_the_desk_are_followed_whether_or_not_it_says_so(office: Open, told: bool) -> None:
    here = office()
    _left, right = acme(here)
    loser = here.ledger.put(CUSTOMER, name="Loser", tax_number="GB9")
    here.ledger.put(CONTACT, customer=loser, last_name="L", email="l@loser.example")
    here.run()
    (gone,) = [key for key in here.desk.rows[CUSTOMER] if key != right]
    here.desk.merge(right, gone, told=told)
    here.run()
    assert here.holds() == {loser: "merged_elsewhere"}
    assert len(here.ledger.rows[CUSTOMER]) == 2
    here.ledger.edit(CONTACT, here.ledger.people_of(loser)[0]["id"], phone="5")
    here.run()
    assert "5" in [row.get("phone") for row in here.desk.people_of(right)]
    assert here.quiet()


def test_a_customer_gone_from_the_ledger_was_merged_or_deleted_and_a_person_says_which(office: Open) -> None:
    here = office()
    left, right = acme(here)
    here.ledger.delete(CUSTOMER, left)
    here.run()
    assert here.holds() == {left: "merged_elsewhere"}
    assert list(here.desk.rows[CUSTOMER]) == [right]
    say(here, left, Verb.ACCEPT)
    here.run()
    assert here.holds() == {}
    assert here.quiet()


def test_a_deactivated_customer_is_deactivated_there_too_once_no_invoice_is_open(office: Open) -> None:
    here = office(shows=True)
    left, right = acme(here)
    here.ledger.edit(CUSTOMER, left, status="active")
    here.desk.edit(CUSTOMER, right, status="active")
    here.run()
    listed_invoice(here, right, balance="12.50")
    here.ledger.edit(CUSTOMER, left, status="inactive", shipping="2 Quay")
    here.run()
    assert here.holds() == {left: "drift"}, "what else a person has to say comes first"
    here.ledger.edit(CUSTOMER, left, shipping="1 Quay", billing="3 Quay")
    here.run()
    assert "invoice INV-7 on the right" in here.hold(left)["sentence"]
    assert here.holds() == {left: "deactivated"}
    listed_invoice(here, right, balance="0")
    here.run()
    here.run()
    assert [set(told) for _, _, _, told in here.desk.written] == [{"billing", "shipping"}, {"status"}]
    assert here.desk.rows[CUSTOMER][right]["status"] == "inactive"
    here.ledger.edit(CUSTOMER, left, status="active")
    here.run()
    assert here.desk.rows[CUSTOMER][right]["status"] == "active"
    here.desk.edit(CUSTOMER, right, status="inactive")
    here.run()
    assert here.holds() == {left: "drift"}, "whoever does not own it asks a person"
    assert here.quiet()


def listed_invoice(here: Office, customer: str, *, balance: str) -> None:
    """An invoice that the desk lists of a customer."""
    row = EMPTY | {"number": "INV-7", "party": customer, "status": "open", "balance": balance}
    row |= {"pairing": "main", "side": "right", "object_type": "invoice", "external_id": "i7", "version": "1"}
    row |= {"seen_at": here.clock.now().isoformat()}
    with here.engine.database.write() as tx:
        put_rows(tx, [row])


def test_people_whom_the_vendors_own_sync_carries_are_only_planned(office: Open) -> None:
    here = office()
    here.ledger.put(CUSTOMER, name="Acme", synced_by="desk")
    report = here.run()
    assert here.desk.rows[CUSTOMER] == {}
    assert set(report.plans) == {"customers", "customers-back", "people", "people-back"}
    told = here.rows("SELECT sentence FROM alerts")
    assert any("own sync" in row["sentence"] for row in told)
    with here.engine.database.read() as connection:
        assert synced_pairings(connection) == [("main", "desk")]


def test_many_changed_people_take_one_request(office: Open) -> None:
    here = office()
    left, right = acme(here, people=60)
    for row in here.ledger.people_of(left):
        here.ledger.edit(CONTACT, row["id"], phone="9")
    before = here.desk.pushes
    here.run()
    assert here.desk.pushes == before + 1
    assert {row["phone"] for row in here.desk.people_of(right)} == {"9"}
    assert here.quiet()


def test_many_people_who_were_born_there_take_one_request_too(office: Open) -> None:
    here = office()
    left, right = acme(here)
    for number in range(60):
        here.desk.put(CONTACT, customer=right, last_name=f"B{number}", email=f"b{number}@acme.example")
    here.run()
    for row in here.ledger.people_of(left):
        here.ledger.edit(CONTACT, row["id"], phone="9")
    before = here.desk.pushes
    here.run()
    assert {row["phone"] for row in here.desk.people_of(right)} == {"9"}
    assert here.desk.pushes <= before + 2, "one for each side's"


def test_a_lost_answer_makes_nobody_twice(office: Open) -> None:
    here = office()
    left, right = acme(here)
    here.desk.put(CONTACT, customer=right, last_name="Late", email="late@acme.example")
    here.ledger.put(CONTACT, customer=left, last_name="Lost", email="lost@acme.example")
    here.ledger.lost = here.desk.lost = 1
    here.run()
    here.pass_time(600)
    here.run()
    assert sorted(row["last_name"] for row in here.ledger.people_of(left)) == ["Late", "Lost", "N0"]
    assert sorted(row["last_name"] for row in here.desk.people_of(right)) == ["Late", "Lost", "N0"]
    assert here.quiet()


def test_a_lost_create_is_recognised_also_where_writes_to_both_sides_left_together(office: Open) -> None:
    here = office()
    left, right = acme(here, people=2)
    here.desk.edit(CONTACT, here.desk.people_of(right)[1]["id"], phone="9")
    here.ledger.put(CONTACT, customer=left, last_name="Lost", email="lost@acme.example")
    here.desk.lost = 1
    here.run()
    sides = here.rows("SELECT DISTINCT connection FROM intents WHERE operation = 'create'")
    assert [row["connection"] for row in sides] == ["desk"]
    assert len([row for row in here.desk.people_of(right) if row["last_name"] == "Lost"]) == 1
    assert here.quiet()


@pytest.mark.parametrize(
    ("moves", "again"),
    [(None, [CONTACT, CUSTOMER]), (frozenset(), []), (frozenset({CUSTOMER}), [CUSTOMER])],
    ids=["who says nothing", "nothing", "one list"],
)
def test_only_lists_that_a_write_moves_are_read_again(
    office: Open, moves: frozenset[ObjectType] | None, again: list[ObjectType]
) -> None:
    here = office(moves=moves)
    left, _right = acme(here, people=2)
    with here.engine.session("main") as session:
        stages = look_again_stages(session, {(Side.RIGHT, CONTACT)})
    assert [stage.list for stage in stages if stage.object] == [(Side.RIGHT, kind) for kind in again]
    here.desk.fetched.clear()
    here.ledger.edit(CONTACT, here.ledger.people_of(left)[1]["id"], phone="2")
    here.run()
    assert sorted(here.desk.fetched) == sorted([CONTACT, CUSTOMER, DEAL, *again])
    assert [row["phone"] for row in here.desk.rows[CONTACT].values()] == ["1", "2"]
    here.desk.fetched.clear()
    here.run()
    assert sorted(here.desk.fetched) == [CONTACT, CUSTOMER, DEAL], "nothing was written"
    assert here.quiet()


@pytest.mark.parametrize("born", ["left", "right"])
@pytest.mark.parametrize("documents", [0, 1])
def test_a_customer_whom_the_desk_deleted_goes_inactive_on_acceptance_unless_it_has_documents(
    office: Open, born: str, documents: int
) -> None:
    here = office()
    if born == "left":
        left, right = acme(here)
    else:
        right = here.desk.put(CUSTOMER, name="Acme", category="Customer")
        here.run()
        (left,) = here.ledger.rows[CUSTOMER]
    mine = left if born == "left" else right
    if documents:
        known = EMPTY | {"party": left, "number": "INV-1", "status": "closed", "balance": "0"}
        with here.engine.database.write() as tx:
            put_rows(tx, [known | {
                "pairing": "main", "side": "left", "object_type": "invoice", "external_id": "i1", "version": "1",
                "seen_at": "2026-11-01T00:00:00Z", "pass_id": "p",
            }])  # fmt: skip
    here.desk.delete(CUSTOMER, right)
    here.run()
    code = "gone_in_target" if born == "left" else "vanished"
    assert here.holds() == {mine: code}
    said = str(here.hold(mine)["sentence"])
    assert ("accept makes it inactive" if not documents else "documents in Ledger (1) stay") in said
    assert here.ledger.rows[CUSTOMER][left].get("status") != "inactive"
    before = here.writes()
    say(here, mine, Verb.ACCEPT)
    here.run()
    assert here.holds() == {}
    assert (here.ledger.rows[CUSTOMER][left].get("status") == "inactive") is not bool(documents)
    assert here.writes() - before == 1 - documents
    assert here.quiet()
    assert here.holds() == {}
    assert len(here.desk.rows[CUSTOMER]) == 0
    here.ledger.edit(CUSTOMER, left, website="new.example")
    assert here.quiet()
    assert here.desk.rows[CUSTOMER] == {}, "it is not created again"


@pytest.mark.parametrize("born", ["ledger", "desk"])
def test_an_edit_of_somebody_whose_create_got_lost_is_carried_though_nobody_had_seen_him(
    office: Open, born: str
) -> None:
    here = office(normal=lambda text: text.strip()[:12])
    left, right = acme(here)
    there = here.desk if born == "ledger" else here.ledger
    home = here.ledger if born == "ledger" else here.desk
    told = {"first_name": "Zoë", "last_name": "Quite A Long Name", "email": "zoe@acme.example", "phone": "1"}
    own = home.put(CONTACT, customer=left if born == "ledger" else right, title="Buyer", **told)
    there.lost, edited = 1, []

    def edit(kind: ObjectType, key: str) -> None:
        there.edit(kind, key, phone="2", first_name="Zoe")
        edited.append(key)

    there.meanwhile = edit
    here.run()
    (made,) = edited
    here.pass_time(600)
    here.run()
    assert home.rows[CONTACT][own]["phone"] == there.rows[CONTACT][made]["phone"] == "2"
    assert home.rows[CONTACT][own]["first_name"] == "Zoe"
    assert home.rows[CONTACT][own]["last_name"] == "Quite A Long Name", "what a vendor cuts is no edit"
    assert (here.holds(), here.quiet()) == ({}, True)
