"""Vendors → canonical. Pure. Tax numbers are masked there and bank details never carried: neither is in a payload."""

from typing import Any

from mlc.records import AddressKind, ContactPoint, ObjectType, PartyStatus, Vendor

from mlc_quickbooks import kept
from mlc_quickbooks.entities import VENDOR
from mlc_quickbooks.mapping_lists import plain_name
from mlc_quickbooks.parts import FieldTable, MapContext, address, currency_of, ref, required, source_meta, take
from mlc_quickbooks.schemas import Row, flag, inner, money, text

_VENDOR: FieldTable = (
    ("legal_name", "CompanyName", text),
    ("buyer_account_number", "AcctNum", text),
    ("website", "WebAddr", lambda row, key: text(inner(row, key), "URI")),
    ("payment_terms", "TermRef", ref(ObjectType.PAYMENT_TERM)),
    ("us_1099", "Vendor1099", flag),
    ("balance", "Balance", money),
)
_PERSON = ("GivenName", "FamilyName", "PrimaryEmailAddr", "PrimaryPhone", "Mobile")


def vendor(row: Row, context: MapContext) -> Vendor:
    """``buyer_account_number`` is ``AcctNum``, which QuickBooks prints on cheques: never a key of ours.
    ``vendor_code`` is the id, which never changes."""
    active = flag(row, "Active")
    name = plain_name(required(row, "DisplayName"), active=active is not False)
    fields: dict[str, Any] = take(row, _VENDOR)
    currency = currency_of(row)
    if currency is not None:
        fields["currency"] = currency
    where = address(row, "BillAddr", AddressKind.BILLING)
    if "BillAddr" in row:
        fields["addresses"] = () if where is None else (where,)
    if any(key in row for key in _PERSON):
        person = _person(row)
        fields["contacts"] = () if person is None else (person,)
    return Vendor(
        source=source_meta(row, context, VENDOR),
        name=name,
        vendor_code=f"V{row['Id']}",
        status=PartyStatus.INACTIVE if active is False else PartyStatus.ACTIVE,
        extensions=kept.kept_of({**row, "DisplayName": name}, kept.VENDOR),
        **fields,
    )


def _person(row: Row) -> ContactPoint | None:
    found = {
        "first_name": text(row, "GivenName"),
        "last_name": text(row, "FamilyName"),
        "email": text(inner(row, "PrimaryEmailAddr"), "Address"),
        "phone": text(inner(row, "PrimaryPhone"), "FreeFormNumber"),
        "mobile": text(inner(row, "Mobile"), "FreeFormNumber"),
    }
    if not any(found.values()):
        return None
    names = " ".join(name for name in (found["first_name"], found["last_name"]) if name)
    return ContactPoint(name=names or None, is_primary=True, **found)
