"""Natural keys: which documented filters ask for one, and how a row is checked against it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from mlc import FindKey
from mlc.records import ObjectType

from mlc_zoho.books.schemas import Row, day, money, text

Match = Callable[[Row, FindKey], bool]

#: Object type → pairs of list parameter and the key's field. Parameters as the lists document them.
_FILTERS: Mapping[ObjectType, tuple[tuple[str, str], ...]] = {
    ObjectType.BILL: (("vendor_id", "party_id"), ("bill_number", "number")),
    ObjectType.PURCHASE_ORDER: (("vendor_id", "party_id"), ("purchaseorder_number", "number")),
    ObjectType.VENDOR_CREDIT: (("vendor_credit_number", "number"),),
    ObjectType.PAYMENT: (("vendor_id", "party_id"), ("reference_number", "reference"), ("date", "on")),
    ObjectType.EXPENSE: (("reference_number", "reference"), ("date", "on")),
    ObjectType.INVOICE: (("customer_id", "party_id"), ("invoice_number", "number")),
    ObjectType.VENDOR: (("contact_name", "name"),),
    ObjectType.CUSTOMER: (("contact_name", "name"),),
}


def filters(object_type: ObjectType, key: FindKey) -> dict[str, str]:
    """List parameters for a key; empty when the key states nothing that the list can filter by."""
    found = {}
    for parameter, name in _FILTERS.get(object_type, ()):
        value = getattr(key, name)
        if value is not None:
            found[parameter] = value.isoformat() if isinstance(value, date) else str(value)
    return found


def same_text(stated: str | None, wanted: str) -> bool:
    """Equal but for case and runs of spaces; leading zeros count."""
    return " ".join((stated or "").split()).casefold() == " ".join(wanted.split()).casefold()


def _check(row: Row, key: FindKey, *, number: str, party: str | None, amount: str | None) -> bool:
    """Whatever the key states holds on the row; at least one thing has to be stated."""
    checks = []
    if key.number is not None:
        checks.append(same_text(text(row, number), key.number))
    if key.party_id is not None and party is not None:
        checks.append(text(row, party) == key.party_id)
    if key.on is not None:
        checks.append(day(row, "date") == key.on)
    if key.amount is not None and amount is not None and key.number is None:
        checks.append(_same_amount(row, amount, key.amount))
    return bool(checks) and all(checks)


def _same_amount(row: Row, name: str, wanted: str) -> bool:
    try:
        return money(row, name) == Decimal(wanted)
    except InvalidOperation:
        return False


def _bill(row: Row, key: FindKey) -> bool:
    return _check(row, _without_date(key), number="bill_number", party="vendor_id", amount="total")


def _order(row: Row, key: FindKey) -> bool:
    return _check(row, _without_date(key), number="purchaseorder_number", party="vendor_id", amount="total")


def _credit(row: Row, key: FindKey) -> bool:
    return _check(row, _without_date(key), number="vendor_credit_number", party="vendor_id", amount="total")


def _invoice(row: Row, key: FindKey) -> bool:
    return _check(row, _without_date(key), number="invoice_number", party="customer_id", amount="total")


def _payment(row: Row, key: FindKey) -> bool:
    reference = key.reference is None or same_text(text(row, "reference_number"), key.reference)
    return reference and _check(row, replace(key, number=None), number="", party="vendor_id", amount="amount")


def _expense(row: Row, key: FindKey) -> bool:
    reference = key.reference is None or same_text(text(row, "reference_number"), key.reference)
    return reference and _check(row, replace(key, number=None), number="", party=None, amount="total")


def _party(row: Row, key: FindKey) -> bool:
    if key.name is not None:
        return same_text(text(row, "contact_name"), key.name)
    return key.number is not None and same_text(text(row, "contact_number"), key.number)


def _named(code: str, name: str) -> Match:
    """Master data: by code where it is stated, else by name."""

    def matches(row: Row, key: FindKey) -> bool:
        if key.number is not None:
            return same_text(text(row, code), key.number)
        return key.name is not None and same_text(text(row, name), key.name)

    return matches


def _without_date(key: FindKey) -> FindKey:
    """A document's number decides; its date only where there is no number."""
    return key if key.number is None else replace(key, on=None)


MATCHES: Mapping[ObjectType, Match] = {
    ObjectType.BILL: _bill,
    ObjectType.PURCHASE_ORDER: _order,
    ObjectType.VENDOR_CREDIT: _credit,
    ObjectType.INVOICE: _invoice,
    ObjectType.PAYMENT: _payment,
    ObjectType.EXPENSE: _expense,
    ObjectType.VENDOR: _party,
    ObjectType.CUSTOMER: _party,
    ObjectType.ACCOUNT: _named("account_code", "account_name"),
    ObjectType.TAX_RATE: _named("tax_name", "tax_name"),
    ObjectType.CURRENCY: _named("currency_code", "currency_code"),
    ObjectType.ITEM: _named("sku", "name"),
}
