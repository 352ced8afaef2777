"""Chart of accounts, classes, departments, employees, items, jobs, locations: the lists that code a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import refused
from mlc_sandbox.bill.wire import Cause, Record

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

#: segment of the path → kind of record, key of the bulk answer
KINDS: Final = {
    "chart-of-accounts": ("chart_of_accounts", "chartOfAccounts"),
    "accounting-classes": ("accounting_classes", "accountingClasses"),
    "departments": ("departments", "departments"),
    "employees": ("employees", "employees"),
    "items": ("items", "items"),
    "jobs": ("jobs", "jobs"),
    "locations": ("locations", "locations"),
}
ACCOUNT_TYPES: Final = (
    "UNSPECIFIED", "ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "BANK", "COST_OF_GOODS_SOLD", "CREDIT_CARD", "EQUITY",
    "EXPENSE", "FIXED_ASSET", "INCOME", "LONG_TERM_LIABILITY", "OTHER_ASSET", "OTHER_CURRENT_ASSET",
    "OTHER_CURRENT_LIABILITY", "OTHER_EXPENSE", "OTHER_INCOME", "NON_POSTING",
)  # fmt: skip
ITEM_TYPES: Final = ("SALES_TAX", "SALES_TAX_GROUP", "INVENTORY", "FIXED_ASSET", "OTHER_CHARGE", "PAYMENT", "SERVICE")
READ_ONLY: Final = ("id", "archived", "createdTime", "updatedTime")


def check_on(standin: BillStandIn, org: str, kind: str) -> None:
    """Refuses a kind that the organisation has switched off."""
    organization = standin.store.get("organizations", org) or {}
    if kind in organization.get("_features_off", ()):
        raise refused(403, "BDC_1145", "The feature is not enabled for the organization.")


def fields_of(standin: BillStandIn, org: str, kind: str, form: Form, *, creating: bool) -> Record:
    """The writable fields that were sent."""
    told: Record = {}
    if kind == "employees":
        for name in ("firstName", "lastName"):
            if creating or name in form:
                told[name] = form.text(name, most=100, required=True)
    elif creating or "name" in form:
        told["name"] = form.text("name", most=100, required=True)
    for name, most in (("shortName", 40), ("description", 4000), ("purchaseDescription", 4000)):
        if name in form:
            told[name] = form.text(name, most=most)
    if kind == "chart_of_accounts":
        account = form.part("account")
        if account is not None:
            told["account"] = {
                "type": account.choice("type", ACCOUNT_TYPES) or "UNSPECIFIED",
                "number": account.text("number", most=50),
            }
        elif creating:
            told["account"] = {"type": "UNSPECIFIED", "number": None}
    if kind == "items":
        told |= _item(form, creating=creating)
    if "parentId" in form:
        parent = form.text("parentId")
        if standin.registers.get(kind, org, parent) is None:
            raise standin.registers.bad_reference("parentId")
        told["parentId"] = parent
    return told


def _item(form: Form, *, creating: bool) -> Record:
    told: Record = {}
    if creating or "type" in form:
        told["type"] = form.choice("type", ITEM_TYPES)
    for name in ("price", "percentage", "purchaseCost"):
        if name in form:
            told[name] = form.amount(name)
    for name in ("chartOfAccountId", "expenseChartOfAccountId"):
        if name in form:
            told[name] = form.text(name)
    if "taxable" in form:
        told["taxable"] = form.flag("taxable")
    return told


def built(standin: BillStandIn, org: str, kind: str, form: Form) -> Record:
    """The record a create would make. Raises Refusal."""
    check_on(standin, org, kind)
    told = fields_of(standin, org, kind, form, creating=True)
    form.done(also=READ_ONLY)
    return {**told, "archived": False}


def create(standin: BillStandIn, org: str, kind: str, form: Form, cause: Cause) -> Record:
    """A new one; names need not differ."""
    return standin.registers.create(kind, org, built(standin, org, kind, form), cause)


def changed(standin: BillStandIn, org: str, kind: str, id: str, form: Form) -> tuple[Record, Record]:
    """The record as it stands and what a PATCH would change. Raises Refusal."""
    check_on(standin, org, kind)
    before = standin.registers.require(kind, org, id)
    told = fields_of(standin, org, kind, form, creating=False)
    form.done(also=READ_ONLY)
    return before, told


def update(standin: BillStandIn, org: str, kind: str, id: str, form: Form, cause: Cause) -> Record:
    """PATCH."""
    before, told = changed(standin, org, kind, id, form)
    return standin.registers.change(kind, before, told, cause)
