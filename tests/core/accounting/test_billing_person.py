"""The person to whom invoices go is merged field by field; the others stay as they are."""

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.mergefields import REMITTED, compared, model_field, names_of, value_of, with_values
from mlc.accounting.partymerge import merge_party
from mlc.recipes import Owner
from mlc.records import ContactPoint, Customer, SourceMeta, Vendor

IDA = ContactPoint(
    source_id="1", name="Ida Moe", first_name="Ida", last_name="Moe", email="ida@n.example", is_primary=True
)
OLA = ContactPoint(source_id="2", name="Ola Lie", email="ola@n.example")
OWNERS = {"billing_last_name": Owner.LEFT, "billing_email": Owner.LEFT, "billing_phone": Owner.RIGHT}


def customer(*people: ContactPoint) -> Customer:
    return Customer(source=SourceMeta(system="books", source_id="7"), name="Ida Moe", contacts=people)


def test_the_primary_person_is_meant_wherever_it_stands() -> None:
    record = customer(OLA, IDA)
    assert (value_of(record, "billing_email"), model_field("billing_email")) == ("ida@n.example", "contacts")
    changed = with_values(record, {"billing_phone": "1", "billing_last_name": "Berg"})
    assert changed.contacts == (IDA.model_copy(update={"phone": "1", "last_name": "Berg", "name": "Ida Berg"}), OLA)
    assert value_of(customer(OLA), "billing_person") == "Ola Lie", "the first where none is"


def test_where_nobody_is_the_first_value_makes_a_person_and_the_last_takes_it_away() -> None:
    made = with_values(customer(), {"billing_email": "Ida@n.example"})
    assert made.contacts == (ContactPoint(email="Ida@n.example", is_primary=True),)
    assert compared(made, "billing_email") == "ida@n.example"
    assert with_values(made, {"billing_email": None}).contacts == ()
    assert value_of(customer(), "billing_email") is None


def test_every_field_of_a_customer_is_there_once_and_a_vendors_people_stay_one_field() -> None:
    record = customer(IDA, OLA)
    names = list(names_of(record))
    assert len(names) == len(set(names))
    assert "contacts" not in names
    rebuilt = with_values(
        customer(), {name: value_of(record, name) for name in names if model_field(name) == "contacts"}
    )
    assert [one.email for one in rebuilt.contacts] == ["ida@n.example", "ola@n.example"]
    assert "contacts" in names_of(Vendor(source=record.source, name="V"))


def test_each_field_goes_by_its_owner_and_a_foreign_address_waits() -> None:
    base, right = customer(IDA, OLA), customer(IDA.model_copy(update={"source_id": None}))
    called = with_values(right, {"billing_phone": "9"})
    merged = merge_party(base, base, called, right, OWNERS, remit_fields=REMITTED)
    assert (merged.left_changes, merged.right_changes, merged.holds) == ({"billing_phone": "9"}, {}, ())
    forged = with_values(right, {"billing_email": "forged@n.example"})
    (hold,) = merge_party(base, base, forged, right, OWNERS, remit_fields=REMITTED).holds
    assert hold.code is HoldCode.REMIT_CHANGE
    assert "forged@n.example" in hold.sentence
    renamed = with_values(right, {"billing_last_name": "Berg"})
    (hold,) = merge_party(base, base, renamed, right, OWNERS, remit_fields=REMITTED).holds
    assert hold.code is HoldCode.DRIFT
