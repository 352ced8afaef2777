"""The modules that every organisation has, as far as their edition goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mlc_sandbox.zoho_crm.fields import CURRENCY, SYSTEM, Field, Module, f

SOURCES: Final = ("Advertisement", "Cold Call", "Employee Referral", "Partner", "Trade Show", "Web Download")
ACCOUNT_TYPES: Final = ("Analyst", "Competitor", "Customer", "Distributor", "Investor", "Other", "Partner", "Press",
                        "Prospect", "Reseller", "Supplier", "Vendor")  # fmt: skip
STAGES: Final = ("Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review", "Closed Won",
                 "Closed Lost")  # fmt: skip
INVOICE_STATES: Final = ("Created", "Approved", "Delivered", "Cancelled", "Sent", "Overdue", "Part paid", "Paid",
                         "Void", "Written off")  # fmt: skip


def address(prefix: str) -> tuple[Field, ...]:
    """The five texts of an address."""
    return (
        f(f"{prefix}_Street", "text", 250),
        f(f"{prefix}_City", "text", 100),
        f(f"{prefix}_State", "text", 100),
        f(f"{prefix}_Code", "text", 30),
        f(f"{prefix}_Country", "text", 100),
    )


def lines() -> tuple[Field, ...]:
    """The columns of an invoice's line; what follows from others is not taken."""
    return (
        f("Product_Name", "lookup", to="Products", mandatory=True),
        f("Quantity", "double", 16),
        f("List_Price", "currency", 16),
        f("Discount", "currency", 16),
        f("Line_Tax", "jsonarray"),
        f("Description", "textarea", 2000),
        f("Sequence_Number", "integer", 9, read_only=True),
        f("Total", "currency", 16, read_only=True),
        f("Tax", "currency", 16, read_only=True),
        f("Net_Total", "currency", 16, read_only=True),
    )


MODULES: Final = (
    ("Leads", "Lead", "Last_Name", "Email", (
        f("Last_Name", length=80, mandatory=True), f("First_Name", length=40), f("Company", length=200),
        f("Email", "email", 100), f("Phone", "phone", 30), f("Lead_Source", "picklist", 120, values=SOURCES),
        f("Email_Opt_Out", "boolean"), f("Website", "website", 450), f("Description", "textarea", 32000),
        f("Converted__s", "boolean", read_only=True),
    )),
    ("Accounts", "Account", "Account_Name", "Account_Name", (
        f("Account_Name", length=200, mandatory=True), f("Account_Number", "text", 40),
        f("Account_Type", "picklist", 120, values=ACCOUNT_TYPES), f("Phone", "phone", 30), f("Fax", "text", 30),
        f("Website", "website", 450), f("Industry", "text", 120), f("Parent_Account", "lookup", to="Accounts"),
        *address("Billing"), *address("Shipping"), f("Description", "textarea", 32000),
    )),
    ("Contacts", "Contact", "Full_Name", "Email", (
        f("Last_Name", length=80, mandatory=True), f("First_Name", length=40),
        f("Full_Name", length=120, read_only=True), f("Email", "email", 100), f("Secondary_Email", "email", 100),
        f("Phone", "phone", 30), f("Mobile", "phone", 30), f("Title", length=100), f("Department", length=50),
        f("Account_Name", "lookup", to="Accounts"), f("Email_Opt_Out", "boolean"),
        *address("Mailing"), f("Lead_Source", "picklist", 120, values=SOURCES), f("Description", "textarea", 32000),
    )),
    ("Deals", "Deal", "Deal_Name", "Deal_Name", (
        f("Deal_Name", length=120, mandatory=True), f("Stage", "picklist", 120, mandatory=True, values=STAGES),
        f("Account_Name", "lookup", to="Accounts"), f("Contact_Name", "lookup", to="Contacts"),
        f("Amount", "currency", 16), f("Closing_Date", "date"), f("Probability", "integer", 9),
        f("Description", "textarea", 32000),
    )),
    ("Products", "Product", "Product_Name", "Product_Name", (
        f("Product_Name", length=200, mandatory=True), f("Product_Code", length=40), f("Product_Active", "boolean"),
        f("Unit_Price", "currency", 16), f("Taxable", "boolean"), f("Description", "textarea", 32000),
    )),
    ("Vendors", "Vendor", "Vendor_Name", "Vendor_Name", (
        f("Vendor_Name", length=120, mandatory=True), f("Email", "email", 100), f("Phone", "phone", 30),
        f("Street", length=250), f("City", length=90), f("State", length=90), f("Zip_Code", length=30),
        f("Country", length=90),
    )),
    ("Invoices", "Invoice", "Subject", "Subject", (
        f("Subject", length=300, mandatory=True), f("Account_Name", "lookup", to="Accounts", mandatory=True),
        f("Invoiced_Items", "subform", mandatory=True, columns=lines()), f("Invoice_Number", "autonumber", 80,
        read_only=True), f("Invoice_Date", "date"), f("Due_Date", "date"),
        f("Status", "picklist", 120, values=INVOICE_STATES), f("Contact_Name", "lookup", to="Contacts"),
        f("Deal_Name", "lookup", to="Deals"), f("Purchase_Order", length=50), f("Adjustment", "currency", 16),
        f("Discount", "currency", 16), f("Tax", "currency", 16, read_only=True),
        f("Sub_Total", "currency", 16, read_only=True), f("Grand_Total", "currency", 16, read_only=True),
        *address("Billing"), f("Terms_and_Conditions", "textarea", 32000), f("Description", "textarea", 32000),
    )),
    ("Notes", "Note", "Note_Title", "", (
        f("Note_Title", length=120), f("Note_Content", "textarea", 32000),
        f("Parent_Id", "lookup", to="*", mandatory=True),
    )),
)  # fmt: skip
#: Known by name, served by nobody here.
OTHERS: Final = ("Price_Books", "Quotes", "Sales_Orders", "Purchase_Orders", "Campaigns", "Cases", "Tasks", "Events",
                 "Calls")  # fmt: skip
WITHOUT_CURRENCY: Final = frozenset({"Notes", "Leads"})


def standard_modules(new_id: Callable[[], str]) -> dict[str, Module]:
    """Every standard module, its fields numbered."""
    made: dict[str, Module] = {}
    for api_name, singular, name_field, check_field, own in MODULES:
        module = Module(api_name, singular, name_field, check_field=check_field, plural=api_name, id=new_id(),
                        layout_id=new_id())  # fmt: skip
        more = () if api_name in WITHOUT_CURRENCY else CURRENCY
        for one in (*own, *SYSTEM, *more):
            module.fields[one.api_name] = numbered(one, new_id)
        made[api_name] = module
    return made


def numbered(one: Field, new_id: Callable[[], str]) -> Field:
    """A field with an id of its own."""
    return replace(one, id=new_id(), label=one.label or one.api_name.replace("_", " "))
