"""CRM before anything is connected: the organisation, its own fields, and a seeded company's people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.zoho_crm import desk, records, seed_relations
from mlc_sandbox.zoho_crm.crm import Cause

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

CAUSE: Final[Cause] = {"kind": "seed"}
#: The administrator's own fields: a unique one for the id in the books, and what an invoice shows of them.
UNIQUE: Final = "Books_Id"
UNIQUE_IN: Final = ("Accounts", "Contacts", "Invoices", "Products")
#: What the administrator made for lines of invoices that come from elsewhere.
LINE_PRODUCT: Final = "Books invoice line"
ACCOUNT_FIELDS: Final[tuple[dict[str, Any], ...]] = (
    {"api_name": "Legal_Name", "data_type": "text", "length": 200},
    {"api_name": "Tax_Registration", "data_type": "text", "length": 50},
    {"api_name": "Payment_Terms", "data_type": "integer", "length": 9},
    {"api_name": "Credit_Limit", "data_type": "currency", "length": 16},
)
INVOICE_FIELDS: Final[tuple[dict[str, Any], ...]] = (
    *({"api_name": f"Books_{name}", "data_type": "currency", "length": 16}
      for name in ("Total", "Balance", "Paid", "Credits", "Written_Off")),
    {"api_name": "Books_Status", "data_type": "text", "length": 40},
    {"api_name": "Books_URL", "data_type": "website", "length": 450},
    {"api_name": "Books_Currency", "data_type": "text", "length": 3},
    {"api_name": "Books_Last_Payment", "data_type": "date"},
)  # fmt: skip


def found(standin: ZohoCrmStandIn, company: Company | None) -> None:
    """Sets up the organisation with its own fields; records only where a company has some."""
    crm = standin.crm
    for type in list(standin.store.types()):
        for key in standin.store.ids(type):
            standin.store.remove(type, key, CAUSE)
    crm.base_currency = company.base_currency if company is not None else "USD"
    base = {"id": crm.new_id(), "iso_code": crm.base_currency, "name": crm.base_currency, "is_base": True,
            "is_active": True, "exchange_rate": "1.000000000"}  # fmt: skip
    standin.store.put("currencies", crm.base_currency, base, CAUSE)
    for name in UNIQUE_IN:
        told = {"api_name": UNIQUE, "data_type": "text", "length": 50, "unique": True, "label": "Books Id"}
        desk.define_field(crm, crm.modules[name], told, CAUSE)
    for name, fields in (("Accounts", ACCOUNT_FIELDS), ("Invoices", INVOICE_FIELDS)):
        for one in fields:
            desk.define_field(crm, crm.modules[name], dict(one), CAUSE)
    if company is not None and company.relations is not None:
        records.create(crm, crm.modules["Products"], {"Product_Name": LINE_PRODUCT, "Unit_Price": 0}, CAUSE)
        seed_relations.type_relations(crm, company, company.relations)
