"""Vendors: created with a full postal address, changed in part, archived and restored, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.forms import Form
from mlc_sandbox.bill.refusals import bad_entity
from mlc_sandbox.bill.wire import Cause, Record, dig

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

ACCOUNT_TYPES: Final = ("BUSINESS", "PERSON", "NONE", "UNDEFINED")
NETWORK: Final = ("NOT_CONNECTED", "PENDING", "CONNECTED", "CONNECTED_RPPS")
ADDRESS_REQUIRED: Final = ("line1", "city", "zipOrPostalCode", "country")
ADDRESS_OPTIONAL: Final = ("line2", "stateOrProvince")
READ_ONLY: Final = (
    "id", "archived", "rppsId", "bankAccountStatus", "recurringPayments", "balance", "autoPay", "networkStatus",
    "createdTime", "updatedTime",
)  # fmt: skip
COUNTRIES: Final = {
    "US": "United States", "CA": "Canada", "GB": "United Kingdom", "IE": "Ireland", "DE": "Germany", "FR": "France",
    "NL": "Netherlands", "ES": "Spain", "IT": "Italy", "JP": "Japan", "KW": "Kuwait", "SE": "Sweden", "AT": "Austria",
}  # fmt: skip


def address_of(form: Form, name: str, *, required: bool) -> Record | None:
    """An address; on create and on change it is whole or not there at all."""
    part = form.part(name, required=required)
    if part is None:
        return None
    told: Record = {key: part.text(key, most=100, required=True) for key in ADDRESS_REQUIRED}
    told |= {key: part.text(key, most=100) for key in ADDRESS_OPTIONAL}
    country = told["country"]
    if country is not None and not (len(country) == 2 and country.isalpha() and country.isupper()):
        part.wrong("country", "must be an ISO 3166-1 alpha-2 code")
    if country in COUNTRIES:
        told["countryName"] = COUNTRIES[country]
    return told


def fields_of(form: Form, *, creating: bool) -> Record:
    """The writable fields that were sent."""
    told: Record = {}
    if creating or "name" in form:
        told["name"] = form.text("name", most=100, required=True)
    for name, most in (("shortName", 40), ("accountNumber", 100), ("email", 255), ("phone", 40)):
        if name in form:
            told[name] = form.text(name, most=most)
    if "accountType" in form:
        told["accountType"] = form.choice("accountType", ACCOUNT_TYPES)
    if creating or "address" in form:
        told["address"] = address_of(form, "address", required=creating)
    extra = form.part("additionalInfo")
    if extra is not None:
        info: Record = {name: extra.text(name) for name in ("taxId", "taxIdType", "paymentTermId", "companyName")}
        info |= {name: extra.flag(name) for name in ("track1099", "combinePayments")}
        told["additionalInfo"] = {name: value for name, value in info.items() if value is not None}
    payment = form.part("paymentInformation")
    if payment is not None:
        told["paymentInformation"] = {
            name: payment.text(name) for name in ("payeeName", "email", "payByType", "payBySubType") if name in payment
        }
        if payment.part("bankAccount") is not None:
            if not creating:
                payment.wrong("bankAccount", "can not be updated", "BDC_1143")
            told["_bank"] = payment.sent["bankAccount"]
    if "billCurrency" in form:
        currency = form.text("billCurrency")
        if currency is not None and not (len(currency) == 3 and currency.isupper()):
            form.wrong("billCurrency", "must be an ISO 4217 code")
        told["billCurrency"] = currency
    return told


def create(standin: BillStandIn, org: str, form: Form, cause: Cause) -> Record:
    """A new vendor; two calls make two."""
    told = built(standin, org, form)
    return standin.registers.create("vendors", org, told, cause)


def built(standin: BillStandIn, org: str, form: Form) -> Record:
    """The record a create would make. Raises Refusal."""
    told = fields_of(form, creating=True)
    form.done(also=READ_ONLY)
    _check_name(standin, org, told["name"], "")
    bank = told.pop("_bank", None)
    organization = standin.registers.store.get("organizations", org) or {}
    return {
        "accountType": "BUSINESS",
        "billCurrency": organization.get("_currency", "USD"),
        **told,
        "archived": False,
        "networkStatus": "NOT_CONNECTED",
        "bankAccountStatus": "NO_ACCOUNT" if bank is None else "NET_LINKED_ACCOUNT",
        "_bank": bank,
    }


def update(standin: BillStandIn, org: str, id: str, form: Form, cause: Cause) -> Record:
    """PATCH: the fields sent change, the others stay."""
    before = standin.registers.require("vendors", org, id)
    told = fields_of(form, creating=False)
    form.done(also=READ_ONLY)
    if told.get("billCurrency") not in (None, before["billCurrency"]) and not standin.switches["vendor_currency_patch"]:
        raise bad_entity("billCurrency: The currency of a vendor can not be changed.")
    if "name" in told:
        _check_name(standin, org, told["name"], id)
    for name in ("additionalInfo", "paymentInformation"):
        if name in told:
            told[name] = {**before.get(name, {}), **told[name]}
    return standin.registers.change("vendors", before, told, cause)


def _check_name(standin: BillStandIn, org: str, name: str, id: str) -> None:
    if standin.switches["vendor_names_unique"]:
        same = [row for row in standin.registers.all("vendors", org) if row["name"] == name and row["id"] != id]
        if same:
            raise bad_entity("name: Vendor name already exists.")


def archive(standin: BillStandIn, kind: str, org: str, id: str, cause: Cause, *, archived: bool) -> Record:
    """Archive or restore a record of any kind; doing it again changes nothing."""
    before = standin.registers.require(kind, org, id)
    if before.get("archived", False) == archived:
        return before
    changes: dict[str, Any] = {"archived": archived}
    if "recordStatus" in before:
        changes["recordStatus"] = "INACTIVE" if archived else "ACTIVE"
    return standin.registers.change(kind, before, changes, cause, event="archived" if archived else "restored")


def tells(standin: BillStandIn, before: Record, after: Record) -> bool:
    """Whether a change of a vendor fires ``vendor.updated``: a fixed set of fields does."""
    return any(dig(before, path) != dig(after, path) for path in standin.switches["vendor_updated_fields"])
