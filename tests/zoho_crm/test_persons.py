"""Contacts as customers: read, written, read again; what has no place; invoices and notes at the contact."""

import json
from decimal import Decimal
from typing import Any

import pytest
from mlc import Binding, FindKey, Operation, Rendered
from mlc.errors import MappingError
from mlc.records import Address, AddressKind, ContactPoint, Customer, Deal, Invoice, ObjectType, Ref, SourceMeta
from mlc_zoho.crm.find import find
from mlc_zoho.crm.mapping import MapContext, to_record
from mlc_zoho.crm.probe import probe
from mlc_zoho.crm.render import to_parts
from mlc_zoho.crm.settings import CrmSettings
from mlc_zoho.crm.watching import events_of

from .conftest import bound, contact, listed, render_context
from .test_render import INVOICE

SOURCE = SourceMeta(system="zoho-books", source_id="4600")
PLACES = [f"{kind}_{part}" for kind in ("Mailing", "Other") for part in ("Street", "City", "State", "Zip", "Country")]
FIELDS = [
    "Last_Name",
    "First_Name",
    "Email",
    "Phone",
    "Mobile",
    "Account_Name",
    "Tax_Registration",
    *PLACES,
    "Books_Id",
]
IDA = ContactPoint(first_name="Ida", last_name="Moe", email="ida@n.example", phone="+47 1", is_primary=True)


def settings(**more: Any) -> CrmSettings:
    return CrmSettings(customers="contacts", **more)


def mapped(kind: ObjectType, row: dict[str, Any], **more: Any) -> Any:
    return to_record(kind, row, MapContext("zoho-crm", "desk", settings(**more)))


def rendered(record: Any, *, binding: Any = None, given: Any = None, **context: Any) -> Rendered:
    context["extra"] = {"fields:Contacts": ",".join(FIELDS), **context.get("extra", {})}
    return to_parts(record, binding, render_context(**context), settings=settings(**(given or {})))


def body(record: Any, **options: Any) -> dict[str, Any]:
    (part,) = rendered(record, **options).parts
    found: dict[str, Any] = json.loads(part.payload, parse_float=Decimal)
    return found


def change(*fields: str, base: Any = None) -> dict[str, Any]:
    return {
        "binding": Binding({"main": bound("77")}, base=base),
        "operation": Operation.UPDATE,
        "fields": frozenset(fields),
    }


def test_a_contact_is_a_customer_and_its_own_billing_person() -> None:
    found = mapped(
        ObjectType.CUSTOMER, contact(Books_Id="zoho-books:customer:4600", Kind="Customer"), contact_type_field="Kind"
    )
    assert isinstance(found, Customer)
    assert (found.name, found.category, found.external_code) == ("Ida Moe", "Customer", "4600")
    person = found.billing_person
    assert person is not None
    assert (person.first_name, person.last_name, person.email, person.phone) == ("Ida", "Moe", "ida@n.example", "+47 1")
    assert (person.is_primary, person.mobile, person.known("mobile")) == (True, None, True)
    assert not found.known("addresses")
    assert not found.known("tax_number")
    with pytest.raises(MappingError, match="Last_Name"):
        mapped(ObjectType.CUSTOMER, {"id": "1"})


def test_what_was_written_reads_back_as_it_was() -> None:
    billing = Address(line1="4 Quay", city="Oslo", postal_code="0150", country_code="NO", country_raw="Norway")
    goods = Address(kind=AddressKind.SHIPPING, line1="Hall B")
    customer = Customer(source=SOURCE, name="Moe, Ida", tax_number="NO987", contacts=(IDA,), addresses=(billing, goods))
    sent = body(customer)
    assert (sent["Mailing_Zip"], sent["Other_Street"], sent["Books_Id"]) == (
        "0150",
        "Hall B",
        "zoho-books:customer:4600",
    )
    found = mapped(ObjectType.CUSTOMER, {**sent, "id": "1", "Modified_Time": "2026-02-11T10:00:00+01:00"})
    assert (found.name, found.tax_number, found.addresses) == ("Ida Moe", "NO987", (billing, goods))
    assert found.billing_person.model_copy(update={"name": None, "mobile": None}) == IDA.model_copy(
        update={"mobile": None}
    )


def test_only_the_billing_person_goes_and_the_rest_is_told() -> None:
    other = ContactPoint(first_name="Ola", last_name="Lie", email="ola@n.example")
    customer = Customer(source=SOURCE, name="Ida Moe", legal_name="Moe AS", website="https://m.example",
                        contacts=(other, IDA))  # fmt: skip
    told = rendered(customer)
    assert {loss.field for loss in told.losses} == {"contacts", "legal_name", "website"}
    assert body(customer)["Email"] == "ida@n.example"
    nameless = Customer(source=SOURCE, name="Ida Moe", contacts=(ContactPoint(email="i@n.example"),))
    assert {key: body(nameless)[key] for key in ("First_Name", "Last_Name", "Email")} == {
        "First_Name": "Ida", "Last_Name": "Moe", "Email": "i@n.example",
    }  # fmt: skip
    places = {"fields:Contacts": "Last_Name,First_Name,Books_Id"}
    alone = Customer(source=SOURCE, name="Ida Moe", addresses=(Address(line1="4 Quay"),))
    assert [loss.field for loss in rendered(alone, extra=places).losses] == ["addresses"]


def test_a_change_sends_the_persons_fields_and_empties_what_is_empty() -> None:
    customer = Customer(source=SOURCE, name="Ida Moe", contacts=(IDA.model_copy(update={"phone": None}),))
    sent = body(customer, **change("contacts"))
    assert sent == {"id": "77", "First_Name": "Ida", "Last_Name": "Moe", "Email": "ida@n.example", "Phone": None,
                    "Mobile": None}  # fmt: skip
    assert rendered(customer, **change("name")).parts == (), (
        "the contact is the person, however the books name the customer"
    )
    plain = Customer(source=SOURCE, name="Ida Berg")
    assert body(plain, **change("name")) == {"id": "77", "Last_Name": "Berg", "First_Name": "Ida"}
    with pytest.raises(MappingError, match="never deleted"):
        rendered(customer, **{**change(), "operation": Operation.VOID})


def test_deals_and_invoices_point_to_the_contact() -> None:
    deal = {"id": "1", "Deal_Name": "First", "Stage": "Closed Won", "Account_Name": {"id": "5001"}}
    found = mapped(ObjectType.DEAL, {**deal, "Contact_Name": {"id": "7001", "name": "Ida Moe"}})
    assert isinstance(found, Deal)
    assert found.customer == Ref(record_type=ObjectType.CUSTOMER, source_id="7001", name="Ida Moe")
    row = {"id": "1", "Subject": "INV-1", "Account_Name": {"id": "5001"}, "Contact_Name": {"id": "7001"}}
    shown = mapped(ObjectType.INVOICE, row)
    assert isinstance(shown, Invoice)
    assert shown.customer is not None
    assert shown.customer.source_id == "7001"


def test_an_invoice_has_an_account_only_where_the_module_insists() -> None:
    fields = "Subject,Account_Name,Contact_Name,Status,Invoiced_Items,Books_Id"
    free = {"fields:Invoices": fields}
    assert body(INVOICE, extra=free)["Contact_Name"] == {"id": "5001"}
    assert "Account_Name" not in body(INVOICE, extra=free)
    strict = {**free, "mandatory:Invoices": "Subject,Account_Name", "lookups:Invoices": "Account_Name,Contact_Name"}
    with pytest.raises(MappingError, match=r'Account_Name in Invoices.*defaults = \{ "Invoices.Account_Name"'):
        rendered(INVOICE, extra=strict)
    assert body(INVOICE, extra=strict, given={"defaults": {"Invoices.Account_Name": "9"}})["Account_Name"] == {
        "id": "9"
    }
    note = body(INVOICE, given={"invoice_module": "Notes"})
    assert (note["Parent_Id"], note["$se_module"]) == ({"module": {"api_name": "Contacts"}, "id": "5001"}, "Contacts")


def test_one_module_is_watched_once_and_people_are_no_list(desk: Any, connect: Any) -> None:
    connection = connect(customers="contacts")
    assert events_of(connection) == ("Contacts.all", "Deals.all", "Invoices.all")
    desk.on("GET /org", {"org": [{"zgid": "1", "company_name": "N"}]})
    desk.on("GET /settings/layouts", {"layouts": []})
    desk.on("POST /coql", listed({"id": "9001", "Product_Name": "Books invoice line"}))
    found = probe(connection)
    assert "every contact is a customer" in found.missing[ObjectType.CONTACT]
    assert ObjectType.CUSTOMER in found.unique_fields


def test_an_invoice_is_looked_up_at_its_contact(desk: Any, connect: Any) -> None:
    row = {"id": "1", "Subject": "INV-1", "Contact_Name": {"id": "7001"}, "Modified_Time": "2026-02-11T10:00:00+01:00"}
    desk.on("POST /coql", listed(row))
    key = FindKey("k", number="INV-1", party_id="7001")
    ((hit,),) = find(connect(customers="contacts"), ObjectType.INVOICE, [key])
    assert hit.id == "1"
    assert "Contact_Name in ('7001')" in desk.sent("POST /coql")["select_query"]
