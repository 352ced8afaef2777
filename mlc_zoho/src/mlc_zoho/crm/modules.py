"""Zoho CRM's modules as data: which one holds which object type, and which of its fields are read.

Field names are an organisation's own: what is not among its metadata is neither asked for nor written.
Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/modules-api.html
"""

from dataclasses import dataclass

from mlc.errors import MappingError
from mlc.records import ObjectType

from mlc_zoho.crm.settings import NOTES, CrmSettings

STAMPS = ("Created_Time", "Modified_Time")
#: ``Zip`` is what contacts call the code.
ADDRESS = ("Street", "City", "State", "Code", "Country")
INVOICES = "Invoices"
#: The rows of an invoice; each stands under a product.
ITEMS = "Invoiced_Items"


@dataclass(frozen=True, slots=True)
class Module:
    """One module. ``name`` is the field that names a record; ``fields`` are those read, where the organisation has
    them; ``custom``: the organisation's own fields are read as well, as far as they are texts or numbers."""

    object_type: ObjectType
    api_name: str
    name: str
    fields: tuple[str, ...]
    custom: bool = False


def module_of(settings: CrmSettings, object_type: ObjectType) -> Module:
    """The module of an object type. Raises MappingError for a type that Zoho CRM does not have."""
    unique = settings.unique_field
    match object_type:
        case ObjectType.CUSTOMER if settings.persons_buy:
            return _persons(settings)
        case ObjectType.CUSTOMER:
            own = (settings.legal_name_field, settings.tax_number_field, settings.payment_days_field)
            places = tuple(f"{kind}_{part}" for kind in ("Billing", "Shipping") for part in ADDRESS)
            fields = ("Account_Name", "Account_Type", "Website", "Currency", "Owner", *places, *own)
            return Module(object_type, "Accounts", "Account_Name", (*fields, settings.credit_limit_field, unique))
        case ObjectType.CONTACT:
            fields = ("Last_Name", "First_Name", "Full_Name", "Email", "Phone", "Mobile", "Title", "Account_Name")
            return Module(object_type, "Contacts", "Full_Name", (*fields, unique))
        case ObjectType.DEAL:
            fields = ("Deal_Name", "Stage", settings.customer_field, "Amount", "Currency")
            return Module(object_type, "Deals", "Deal_Name", fields, custom=True)
        case ObjectType.ITEM:
            fields = ("Product_Name", "Product_Code", "Unit_Price", "Product_Active", "Description")
            return Module(object_type, "Products", "Product_Name", (*fields, unique))
        case ObjectType.INVOICE:
            return _invoices(settings)
    raise MappingError(f"Zoho CRM has no {object_type}.")


def _persons(settings: CrmSettings) -> Module:
    """Contacts as customers."""
    fields = ("Last_Name", "First_Name", "Full_Name", "Email", "Phone", "Mobile", "Currency", "Owner")
    places = tuple(f"{kind}_{part}" for kind in ("Mailing", "Other") for part in (*ADDRESS, "Zip"))
    own = (settings.tax_number_field, settings.payment_days_field, settings.credit_limit_field)
    every = (*fields, *places, *own, settings.contact_type_field, settings.unique_field)
    return Module(ObjectType.CUSTOMER, "Contacts", "Full_Name", every)


def _invoices(settings: CrmSettings) -> Module:
    """The Invoices module, a custom one that holds the same fields, or notes."""
    where = settings.invoice_module
    if where == NOTES:
        return Module(ObjectType.INVOICE, NOTES, "Note_Title", ("Note_Title", "Note_Content", "Parent_Id"))
    name = "Subject" if where == INVOICES else "Name"
    shown = (settings.customer_field, "Deal_Name", "Invoice_Date", "Due_Date", "Status")
    own = tuple(settings.invoice_prefix + end for end in OWN_FIELDS)
    return Module(ObjectType.INVOICE, where, name, (name, *shown, *own, settings.unique_field))


#: End of an own field's name → field of the record.
OWN_FIELDS = {
    "Total": "total",
    "Balance": "balance",
    "Paid": "amount_paid",
    "Credits": "credit_applied",
    "Written_Off": "written_off",
    "Last_Payment": "last_payment_date",
    "Currency": "currency",
    "Status": "status_raw",
    "URL": "invoice_url",
}
