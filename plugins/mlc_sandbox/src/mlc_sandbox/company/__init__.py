"""A seeded company that the stand-ins of both sides of a pairing are filled from."""

from mlc_sandbox.company.documents import (
    Allocation,
    Attachment,
    Bill,
    BillLine,
    BillStatus,
    Cost,
    OrderLine,
    OrderState,
    Payment,
    PaymentPart,
    PurchaseOrder,
    Receipt,
    attachment_content,
)
from mlc_sandbox.company.generate import make_company, make_invoicing_company
from mlc_sandbox.company.ledger import (
    LedgerContact,
    LedgerDocument,
    LedgerLine,
    LedgerLock,
    LedgerPayment,
    UniqueField,
)
from mlc_sandbox.company.masterdata import (
    Account,
    AccountKind,
    Address,
    Currency,
    Department,
    Location,
    MoneyAccount,
    PaymentTerm,
    Tax,
    TaxKind,
    Vendor,
)
from mlc_sandbox.company.model import Case, Company, Stage
from mlc_sandbox.company.payables import make_payables_company
from mlc_sandbox.company.payer import Payer, PayerBill, PayerVendor
from mlc_sandbox.company.relations import Customer, Deal, Known, Person, Prospect, Relations, SalesInvoice
from mlc_sandbox.company.selling import make_selling_company

__all__ = [
    "COMPANIES",
    "Account",
    "AccountKind",
    "Address",
    "Allocation",
    "Attachment",
    "Bill",
    "BillLine",
    "BillStatus",
    "Case",
    "Company",
    "Cost",
    "Currency",
    "Customer",
    "Deal",
    "Department",
    "Known",
    "LedgerContact",
    "LedgerDocument",
    "LedgerLine",
    "LedgerLock",
    "LedgerPayment",
    "Location",
    "MoneyAccount",
    "OrderLine",
    "OrderState",
    "Payer",
    "PayerBill",
    "PayerVendor",
    "Payment",
    "PaymentPart",
    "PaymentTerm",
    "Person",
    "Prospect",
    "PurchaseOrder",
    "Receipt",
    "Relations",
    "SalesInvoice",
    "Stage",
    "Tax",
    "TaxKind",
    "UniqueField",
    "Vendor",
    "attachment_content",
    "make_company",
    "make_invoicing_company",
    "make_payables_company",
    "make_selling_company",
]

#: What a company is seen from, as scenarios and ``mlc sandbox serve --company`` name it.
COMPANIES = {
    "purchasing": make_company,
    "payables": make_payables_company,
    "selling": make_selling_company,
    "invoicing": make_invoicing_company,
}
