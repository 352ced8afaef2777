"""How sentences name a document: ``Bill HP-2209 of Harbour Paper``."""

from decimal import Decimal

from mlc.records import Bill, PurchaseOrder, Ref, VendorCredit, exponent

PurchaseDocument = Bill | VendorCredit | PurchaseOrder

_NOUNS = {Bill: "Bill", VendorCredit: "Vendor credit", PurchaseOrder: "Purchase order"}


def number_of(document: PurchaseDocument) -> str | None:
    """The number people know it by: the vendor's for bills and credits, ours for orders."""
    return document.po_number if isinstance(document, PurchaseOrder) else document.bill_number


def vendor_name(vendor: Ref | None) -> str | None:
    return None if vendor is None else vendor.name or vendor.code or vendor.source_id


def name_of(document: PurchaseDocument) -> str:
    """``Bill HP-2209 of Harbour Paper``; without a number ``Bill (id 17) of Harbour Paper``."""
    noun = _NOUNS[type(document)]
    label = number_of(document) or f"(id {document.source.source_id})"
    vendor = vendor_name(document.vendor)
    return f"{noun} {label}" + (f" of {vendor}" if vendor else "")


def person_key(document: PurchaseDocument) -> str:
    """What a hold that waits for a person is filed under."""
    return f"{document.object_type.value}:{document.source.source_id}"


def money(amount: Decimal | None, currency: str | None) -> str:
    """``118.00 EUR``; shows more decimals only when there are more."""
    if amount is None:
        return "nothing"
    places = max(exponent(currency), -int(amount.normalize().as_tuple().exponent)) if amount else exponent(currency)
    return f"{amount:.{places}f} {currency or ''}".strip()
