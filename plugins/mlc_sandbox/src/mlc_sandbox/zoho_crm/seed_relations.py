"""The sales desk of a seeded company: accounts of customers and prospects, their people, their deals."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.company.relations import Customer, Known, Person, Relations
from mlc_sandbox.zoho_crm import desk, records
from mlc_sandbox.zoho_crm.crm import Cause, Crm

CAUSE: Final[Cause] = {"kind": "seed"}
#: The field of a deal whose value people write into an invoice's reference.
DEAL_REFERENCE: Final = "Reference"
_BEFORE_SINCE: Final = timedelta(days=60)


def type_relations(crm: Crm, company: Company, relations: Relations) -> None:
    """Accounts first, then people, then deals."""
    told = {"api_name": DEAL_REFERENCE, "data_type": "text", "length": 40}
    desk.define_field(crm, crm.modules["Deals"], told, CAUSE)
    crm.pretend(datetime.combine(company.since, time(8), tzinfo=UTC) - _BEFORE_SINCE)
    accounts: dict[str, str] = {}
    for customer in relations.customers:
        if customer.known is not Known.BOOKS:
            accounts[customer.key] = _added(crm, "Accounts", customer.desk_id, _account(customer))
    for prospect in relations.prospects:
        told = {"Account_Name": prospect.name, "Account_Type": prospect.kind}
        accounts[prospect.key] = _added(crm, "Accounts", prospect.desk_id, told)
        _added(crm, "Contacts", prospect.person.desk_id, _person(prospect.person, prospect.desk_id))
    for person in relations.persons:
        if person.known is not Known.BOOKS:
            _added(crm, "Contacts", person.desk_id, _person(person, accounts[person.customer]))
    for deal in relations.deals:
        body: dict[str, Any] = {
            "Deal_Name": deal.name,
            "Stage": deal.stage,
            "Amount": deal.amount,
            DEAL_REFERENCE: deal.reference,
        }
        _added(crm, "Deals", deal.desk_id, {**body, "Account_Name": {"id": accounts[deal.party]}})
    crm.pretend(None)


def _added(crm: Crm, module: str, key: str, body: dict[str, Any]) -> str:
    crm.reserve(key)
    return str(records.create(crm, crm.modules[module], body, CAUSE)["id"])


def _account(customer: Customer) -> dict[str, Any]:
    address = customer.address
    told = {"Street": address.line1, "City": address.city, "State": address.region, "Code": address.postal_code,
            "Country": address.country}  # fmt: skip
    return {
        "Account_Name": customer.desk_name,
        "Account_Type": customer.kind,
        "Phone": customer.phone,
        "Website": customer.website,
        "Tax_Registration": customer.tax_number,
        "Payment_Terms": customer.term_days,
        **{f"{kind}_{name}": value for kind in ("Billing", "Shipping") for name, value in told.items()},
    }


def _person(person: Person, account_id: str) -> dict[str, Any]:
    return {
        "First_Name": person.first,
        "Last_Name": person.last,
        "Email": person.email_at_desk or None,
        "Phone": person.phone,
        "Title": person.title,
        "Email_Opt_Out": person.opt_out,
        "Account_Name": {"id": account_id},
    }
