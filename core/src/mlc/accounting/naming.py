"""How sentences name a document: ``Bill HP-2209 of Harbour Paper``."""

from decimal import Decimal

from mlc.records import Bill, Expense, Invoice, PurchaseOrder, Ref, VendorCredit, exponent

#: Everything that posts or orders: what is shaped, compared with twins, decided upon.
TradeDocument = Bill | VendorCredit | PurchaseOrder | Invoice | Expense

_NOUNS = {
    Bill: "Bill",
    VendorCredit: "Vendor credit",
    PurchaseOrder: "Purchase order",
    Invoice: "Invoice",
    Expense: "Expense",
}
#: Where each type keeps the number that people know it by.
NUMBER_FIELDS = {
    Bill: "bill_number",
    VendorCredit: "bill_number",
    PurchaseOrder: "po_number",
    Invoice: "invoice_number",
    Expense: "expense_number",
}


def number_of(document: TradeDocument) -> str | None:
    """The number people know it by: the vendor's for bills and credits, ours for orders and invoices."""
    found: str | None = getattr(document, NUMBER_FIELDS[type(document)])
    return found


def party_field(document: TradeDocument) -> str:
    """The field that says whose document it is."""
    return "customer" if isinstance(document, Invoice) else "vendor"


def party_of(document: TradeDocument) -> Ref | None:
    """Who it is from or for; an expense may name nobody."""
    return document.customer if isinstance(document, Invoice) else document.vendor


def party_id(document: TradeDocument) -> str | None:
    """Whose documents it may be a twin of. Expenses are compared with one another, whoever was paid."""
    if isinstance(document, Expense):
        return ""
    party = party_of(document)
    return None if party is None else party.source_id


def has_own_number(document: TradeDocument) -> bool:
    """Whether its number is our own, and so unique whoever the party is."""
    return isinstance(document, PurchaseOrder | Invoice)


def vendor_name(vendor: Ref | None) -> str | None:
    return None if vendor is None else vendor.name or vendor.code or vendor.source_id


def name_of(document: TradeDocument) -> str:
    """``Bill HP-2209 of Harbour Paper``; without a number ``Bill (id 17) of Harbour Paper``."""
    noun = _NOUNS[type(document)]
    label = number_of(document) or f"(id {document.source.source_id})"
    party = vendor_name(party_of(document))
    if isinstance(document, Expense):
        party = party or document.merchant
    return f"{noun} {label}" + (f" of {party}" if party else "")


def person_key(document: TradeDocument) -> str:
    """What a hold that waits for a person is filed under."""
    return f"{document.object_type.value}:{document.source.source_id}"


def money(amount: Decimal | None, currency: str | None) -> str:
    """``118.00 EUR``; shows more decimals only when there are more."""
    if amount is None:
        return "nothing"
    places = max(exponent(currency), -int(amount.normalize().as_tuple().exponent)) if amount else exponent(currency)
    return f"{amount:.{places}f} {currency or ''}".strip()
