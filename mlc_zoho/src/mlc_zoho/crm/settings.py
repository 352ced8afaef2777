"""What the operator supplies for Zoho CRM, and the scopes asked for."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from mlc_zoho.settings import ZohoSettings

SCOPES = (
    "ZohoCRM.modules.ALL",
    "ZohoCRM.settings.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.coql.READ",
    "ZohoCRM.notifications.ALL",
    "ZohoSearch.securesearch.READ",
)
API_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,99}$"
NOTES = "Notes"


class Customers(StrEnum):
    """What a customer is: an account with its contacts as people, or a contact by itself."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"


class CrmSettings(ZohoSettings):
    customers: Customers = Field(
        default=Customers.ACCOUNTS,
        description="What a customer is: accounts, with their contacts as people; or contacts, for organisations that "
        'sell to persons. The pairing then says model = "contact".',
    )
    contact_type_field: str = Field(
        default="Contact_Type",
        pattern=API_NAME,
        description="API name of a contact's field that says what kind it is, where contacts are the customers; its "
        "values are what customer_when names.",
    )
    unique_field: str = Field(
        default="Books_Id",
        pattern=API_NAME,
        description="API name of the custom field that holds our key, in every module we write. It has to refuse "
        "duplicate values.",
    )
    legal_name_field: str = Field(
        default="Legal_Name", pattern=API_NAME, description="API name of an account's field for its registered name."
    )
    tax_number_field: str = Field(
        default="Tax_Registration", pattern=API_NAME, description="API name of an account's field for its tax number."
    )
    payment_days_field: str = Field(
        default="Payment_Terms",
        pattern=API_NAME,
        description="API name of an account's field for its terms, a number of days.",
    )
    credit_limit_field: str = Field(
        default="Credit_Limit", pattern=API_NAME, description="API name of an account's field for its credit limit."
    )
    invoice_module: str = Field(
        default="Invoices",
        pattern=API_NAME,
        description="Module that invoices are shown in: Invoices, the API name of a custom module, or Notes for a note "
        "on the account.",
    )
    invoice_prefix: str = Field(
        default="Books_",
        pattern=API_NAME,
        description="How the API names of an invoice's own fields begin: Books_Total, Books_Balance, Books_Status, "
        "Books_URL, Books_Paid, Books_Credits, Books_Written_Off, Books_Currency, Books_Last_Payment.",
    )
    invoice_statuses: Mapping[str, str] = Field(
        default={},
        description="Values of the invoice's picklist Status where they differ from Sent, Overdue, Part paid, Paid, "
        'Void, Written off, e.g. { sent = "Delivered", part_paid = "Partly paid" }.',
    )
    invoice_product: str = Field(
        default="Books invoice line",
        min_length=1,
        max_length=200,
        description="Name of the product that invoice lines stand under where their item is not bound to one.",
    )
    create_product: bool = Field(
        default=False,
        description="Whether that product is made where there is none: once, when a person has accepted the plan that "
        "says so.",
    )
    won_stages: tuple[str, ...] = Field(default=("Closed Won",), description="Stages in which a deal is won.")
    defaults: Mapping[str, str] = Field(
        default={},
        description="What is written on a create into fields that your layout makes mandatory and nothing else fills, "
        'e.g. { "Accounts.Region" = "EMEA" }; of a look-up field the id of a record.',
    )

    @property
    def persons_buy(self) -> bool:
        """Whether a customer is a contact."""
        return self.customers is Customers.CONTACTS

    @property
    def customer_field(self) -> str:
        """The look-up field by which deals and invoices point to their customer."""
        return "Contact_Name" if self.persons_buy else "Account_Name"


def product_lacking(settings: CrmSettings) -> str:
    """That there is none, and that it is to be made, or how a person makes it, step by step."""
    name = settings.invoice_product
    if settings.create_product:
        return (
            f"Zoho CRM has no product named {name!r} for invoice lines to stand under. The next run that is accepted "
            "makes it (create_product = true): one record in Products, without a price."
        )
    return (
        f"Zoho CRM has no product named {name!r} for invoice lines to stand under: in Zoho CRM open Products, Create "
        f"Product, type {name} as Product Name, leave the price empty and save; or say create_product "
        "= true and have it made; or name one that is there in invoice_product."
    )
