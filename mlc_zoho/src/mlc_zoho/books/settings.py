"""What the operator supplies for Zoho Books, and the scopes asked for."""

from typing import Literal

from pydantic import Field

from mlc_zoho.settings import ZohoSettings

#: Only a reversal needs this one: an authorisation from before may lack it, and everything else goes on.
REVERSING = "ZohoBooks.bills.DELETE"
SCOPES = (
    "ZohoBooks.settings.READ",
    "ZohoBooks.contacts.CREATE",
    "ZohoBooks.contacts.READ",
    "ZohoBooks.contacts.UPDATE",
    "ZohoBooks.bills.CREATE",
    "ZohoBooks.bills.READ",
    "ZohoBooks.bills.UPDATE",
    REVERSING,  # taking a payment off a bill is a DELETE; bills themselves are never deleted
    "ZohoBooks.purchaseorders.CREATE",
    "ZohoBooks.purchaseorders.READ",
    "ZohoBooks.purchaseorders.UPDATE",
    "ZohoBooks.debitnotes.CREATE",
    "ZohoBooks.debitnotes.READ",
    "ZohoBooks.debitnotes.UPDATE",
    "ZohoBooks.vendorpayments.CREATE",
    "ZohoBooks.vendorpayments.READ",
    "ZohoBooks.vendorpayments.UPDATE",
    "ZohoBooks.expenses.CREATE",
    "ZohoBooks.expenses.READ",
    "ZohoBooks.expenses.UPDATE",
    "ZohoBooks.invoices.READ",
    "ZohoBooks.customerpayments.READ",
    "ZohoBooks.accountants.READ",
)


class BooksSettings(ZohoSettings):
    organization_id: str | None = Field(
        default=None,
        pattern=r"^\d{1,19}$",
        description="The organisation (Settings, Organization Profile). Not needed when the Zoho user has only one.",
    )
    unique_field: str = Field(
        default="cf_source_id",
        pattern=r"^cf_[a-z0-9_]{1,80}$",
        description="API name of the custom field that holds our key. It has to refuse duplicate values.",
    )
    unique_fields: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="auto: ask once per process, per module, whether the unique field is there; on: it is, everywhere; "
        "off: look records up by number instead.",
    )
    unique_lookup: Literal["auto", "custom_field", "search_text"] = Field(
        default="auto",
        description="How a record is found by the unique field: the list's custom_field filter where Zoho documents "
        "it, else its search_text; or always one of them. Every hit is verified on the record.",
    )
    edition: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,10}$",
        description="Edition of the organisation, e.g. us, uk, in, global. Found out from its country when left out.",
    )
    tax_number_field: Literal["vat_reg_no", "tax_reg_no", "gst_no", "tax_id_value"] | None = Field(
        default=None, description="Contact field for a vendor's tax number. Chosen by edition when left out."
    )
    deal_field: str = Field(
        default="cf_deal_id",
        pattern=r"^cf_[a-z0-9_]{1,80}$",
        description="API name of an invoice's custom field that holds the id of its deal at the sales desk.",
    )
    issue_date_field: str | None = Field(
        default=None,
        pattern=r"^cf_[a-z0-9_]{1,80}$",
        description="API name of a bill's custom date field for the supplier's date, where the posting date differs.",
    )
    rate_decimals: int = Field(
        default=6,
        ge=0,
        le=10,
        description="Decimals that the organisation keeps of a line's rate and quantity; with more, one piece is sent.",
    )
    reimburse_field: str = Field(
        default="cf_reimburse",
        pattern=r"^cf_[a-z0-9_]{1,80}$",
        description="API name of an expense's custom check box with which a person asks that it be reimbursed.",
    )
    employee_field: str = Field(
        default="cf_employee",
        pattern=r"^cf_[a-z0-9_]{1,80}$",
        description="API name of an expense's custom field that names who spent it, by e-mail address.",
    )
    budget_field: str = Field(
        default="cf_budget",
        pattern=r"^cf_[a-z0-9_]{1,80}$",
        description="API name of an expense's custom field that names the budget it is reimbursed from.",
    )
    reporting_tags: bool = Field(default=True, description="Read reporting tags as dimensions.")
    locations: bool = Field(default=True, description="Read locations (branches) as dimensions.")
