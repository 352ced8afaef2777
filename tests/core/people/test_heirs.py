"""A party merged, where it was born, into one that nobody had carried: its counterpart goes to the survivor (R21)."""

import itertools
from collections.abc import Callable

import pytest
from desks import CONTACT, CUSTOMER, DEAL
from mlc.clock import stamp
from mlc.engine.decisions import Verb, decide_hold
from mlc.engine.followup import follow_up
from mlc.records import ObjectType
from mlc.store.inserting import insert_or_change
from mlc.store.schema import notices
from offices import Office

Open = Callable[..., Office]


STAYS = "Stays"


def customers(here: Office) -> list[str]:
    """The ledger's, but for the one that has no part in it."""
    return [key for key, row in here.ledger.rows[CUSTOMER].items() if row["name"] != STAYS]


def carried(here: Office, *, people: int = 1, deal: bool = True) -> tuple[str, str]:
    """A customer of the desk that the ledger got from there, with its people; its ids on the desk and in the ledger.

    Another one stays where it is: absence counts only while somebody else answers (R24).
    """
    here.ledger.put(CUSTOMER, name=STAYS, tax_number="GB99")
    born = here.desk.put(CUSTOMER, name="Old", tax_number="GB1", billing="1 Quay")
    if deal:
        here.desk.put(DEAL, name="First", customer=born, won=True)
    else:
        here.desk.edit(CUSTOMER, born, category="Customer")
    for number in range(people):
        here.desk.put(CONTACT, customer=born, last_name=f"P{number}", email=f"p{number}@old.example")
    here.run()
    (there,) = customers(here)
    assert len(here.ledger.people_of(there)) == people
    return born, there


def prospect(here: Office, **values: object) -> str:
    survivor = here.desk.put(CUSTOMER, name="New", category="Prospect", **values)
    here.desk.put(CONTACT, customer=survivor, last_name="Own", email="own@new.example")
    here.run()
    return survivor


def assert_followed(here: Office, survivor: str, there: str) -> None:
    """One customer in the ledger, kept in step with the survivor; nothing waits, nothing is written over and over."""
    assert here.holds() == {}
    assert customers(here) == [there]
    assert here.quiet()
    here.ledger.edit(CUSTOMER, there, billing="7 Quay")
    here.desk.edit(CUSTOMER, survivor, website="https://new.example")
    here.run()
    assert here.desk.rows[CUSTOMER][survivor]["billing"] == "7 Quay"
    assert here.ledger.rows[CUSTOMER][there]["website"] == "https://new.example"
    assert [row["email"] for row in here.ledger.people_of(there)].count("own@new.example") == 1
    assert len(here.ledger.rows[CONTACT]) == len(here.desk.rows[CONTACT])
    assert here.holds() == {}
    assert here.quiet()


@pytest.mark.parametrize("told", [True, False], ids=["told", "seen by its people"])
@pytest.mark.parametrize("listed", [True, False], ids=["listed", "found by the sweep"])
def test_a_customer_merged_into_a_prospect_where_it_was_born_is_one_customer_still(
    office: Open, told: bool, listed: bool
) -> None:
    here = office()
    born, there = carried(here)
    survivor = prospect(here)
    here.desk.lists_deleted = listed
    here.desk.merge(survivor, born, told=told)
    here.run(sweep=not listed)
    assert_followed(here, survivor, there)


def test_the_survivor_may_be_older_than_the_customer_it_takes_in(office: Open) -> None:
    here = office()
    survivor = prospect(here)
    born, there = carried(here)
    here.desk.merge(survivor, born, told=False)
    here.run()
    assert_followed(here, survivor, there)


def test_the_survivor_may_become_a_customer_by_the_same_breath(office: Open) -> None:
    here = office()
    born, there = carried(here)
    survivor = here.desk.put(CUSTOMER, name="New", category="Customer")
    here.desk.put(CONTACT, customer=survivor, last_name="Own", email="own@new.example")
    here.desk.merge(survivor, born, told=False)
    here.run()
    assert_followed(here, survivor, there)


def test_merged_once_and_once_more_it_goes_to_the_last(office: Open) -> None:
    here = office()
    born, there = carried(here)
    between, survivor = here.desk.put(CUSTOMER, name="Between"), prospect(here)
    here.desk.merge(between, born, told=True)
    here.desk.merge(survivor, between, told=True)
    here.run()
    assert_followed(here, survivor, there)


def test_the_mark_that_we_gave_it_tells_where_it_went(office: Open) -> None:
    here = office()
    born, there = carried(here, people=0)
    survivor = prospect(here)
    here.desk.merge(survivor, born, told=False)
    here.desk.edit(CUSTOMER, survivor, external_code=there)
    here.run()
    assert_followed(here, survivor, there)


def test_where_nothing_shows_it_a_person_links_the_survivor(office: Open) -> None:
    here = office()
    born, there = carried(here, people=0, deal=False)
    survivor = prospect(here)
    here.desk.merge(survivor, born, told=False)
    here.run()
    assert here.holds() == {born: "vanished"}
    with here.engine.database.write() as tx:
        decide_hold(tx, here.hold(born), Verb.LINK, other=survivor, by="tests", now=here.clock.now())
    here.run()
    assert_followed(here, survivor, there)


def test_what_the_ledger_changed_before_the_merge_was_seen_reaches_the_survivor(office: Open) -> None:
    here = office()
    born, there = carried(here)
    survivor = prospect(here, billing="1 Quay")
    here.ledger.edit(CUSTOMER, there, billing="9 Quay")
    here.desk.merge(survivor, born, told=False)
    here.run()
    assert here.desk.rows[CUSTOMER][survivor]["billing"] == "9 Quay"
    assert here.holds() == {}


def test_a_customer_that_was_only_deleted_goes_nowhere(office: Open) -> None:
    here = office()
    born, _there = carried(here)
    prospect(here)
    for key, row in here.desk.rows[CONTACT].items():
        if row.get("customer") == born:
            here.desk.edit(CONTACT, key, customer=None)
    here.desk.delete(CUSTOMER, born)
    here.run()
    assert here.holds()[born] == "vanished"


def test_two_customers_of_the_ledger_stay_two_when_the_survivor_is_one_of_them(office: Open) -> None:
    here = office()
    born, there = carried(here)
    other = here.desk.put(CUSTOMER, name="Other", category="Customer")
    here.run()
    here.desk.merge(other, born, told=True)
    here.run()
    assert here.holds() == {born: "merged_elsewhere"}
    assert len(customers(here)) == 2
    assert there in customers(here)
    assert here.quiet()


def test_of_two_merged_into_one_prospect_the_first_gives_it_its_counterpart(office: Open) -> None:
    here = office()
    first, _ = carried(here)
    second = here.desk.put(CUSTOMER, name="Second", category="Customer")
    here.desk.put(CONTACT, customer=second, last_name="S", email="s@second.example")
    here.run()
    survivor = prospect(here)
    here.desk.merge(survivor, first, told=False)
    here.desk.merge(survivor, second, told=False)
    here.run()
    assert len(customers(here)) == 2
    assert here.holds() == {second: "merged_elsewhere"}
    assert here.quiet()


# ---------------------------------------------------------------- told of one by one


def tell(here: Office, kind: ObjectType, key: str) -> None:
    """A notice of this very record, followed up at once."""
    row = {"pairing": "main", "side": "right", "object_type": kind.value, "external_id": key}
    now = stamp(here.clock.now())
    change = {"event": "changed", "noted_at": now, "due_at": now, "occurred_at": None, "looks": 0}
    with here.engine.database.write() as tx:
        insert_or_change(tx, notices, keys=tuple(row), change=change, **row, **change)
    with here.engine.session("main") as session:
        follow_up(session)


@pytest.mark.parametrize("order", list(itertools.permutations(["customer", "contact", "deal", "survivor"])))
def test_notices_of_a_merge_in_any_order_make_no_second_customer(office: Open, order: tuple[str, ...]) -> None:
    here = office()
    born, there = carried(here)
    survivor = prospect(here)
    (person,) = [key for key, row in here.desk.rows[CONTACT].items() if row.get("customer") == born]
    (deal,) = here.desk.rows[DEAL]
    here.desk.merge(survivor, born, told=False)
    here.desk.edit(CUSTOMER, survivor, website="https://merged.example")
    told = {"customer": (CUSTOMER, born), "contact": (CONTACT, person), "deal": (DEAL, deal)}
    told["survivor"] = (CUSTOMER, survivor)
    for one in order:
        tell(here, *told[one])
        assert customers(here) == [there], f"after the notice of the {one}"
    here.run()
    assert_followed(here, survivor, there)


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("told", [True, False], ids=["told", "seen by its address"])
def test_a_person_merged_into_one_that_was_not_carried_is_one_person_still(office: Open, told: bool) -> None:
    here = office()
    born, there = carried(here)
    (loser,) = [key for key, row in here.desk.rows[CONTACT].items() if row.get("customer") == born]
    survivor = here.desk.put(CONTACT, customer=born, last_name="P0", email="p0@old.example", phone="1")
    here.desk.delete(CONTACT, loser, into=survivor if told else None)
    here.run()
    assert here.holds() == {}
    (person,) = here.ledger.people_of(there)
    here.desk.edit(CONTACT, survivor, phone="2")
    here.ledger.edit(CONTACT, person["id"], title="Buyer")
    here.run()
    assert here.ledger.people_of(there)[0]["phone"] == "2"
    assert here.desk.rows[CONTACT][survivor]["title"] == "Buyer"
    assert here.quiet()
