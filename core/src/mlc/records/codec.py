"""Records as JSON text: what was unset stays unset on the way back."""

from collections.abc import Mapping

from pydantic import ValidationError

from mlc.records.documents import Bill, Expense, Invoice, JournalEntry, PurchaseOrder, VendorCredit
from mlc.records.masterdata import Account, Currency, Dimension, ExchangeRate, Item, PaymentTerm, TaxRate
from mlc.records.parties import Contact, Customer, Deal, Vendor
from mlc.records.parts import ObjectType
from mlc.records.payments import Payment
from mlc.records.reports import DocumentReport

Record = (
    Currency
    | Account
    | Dimension
    | TaxRate
    | PaymentTerm
    | ExchangeRate
    | Item
    | Vendor
    | Customer
    | Contact
    | Deal
    | PurchaseOrder
    | Bill
    | VendorCredit
    | Expense
    | Invoice
    | Payment
    | JournalEntry
    | DocumentReport
)

_MODELS: dict[ObjectType, type[Record]] = {
    model.object_type: model
    for model in (
        Currency,
        Account,
        Dimension,
        TaxRate,
        PaymentTerm,
        ExchangeRate,
        Item,
        Vendor,
        Customer,
        Contact,
        Deal,
        PurchaseOrder,
        Bill,
        VendorCredit,
        Expense,
        Invoice,
        Payment,
        JournalEntry,
        DocumentReport,
    )
}


def record_model(object_type: ObjectType) -> type[Record]:
    """The model of one object type. Raises KeyError for ``attachment``, which has none."""
    return _MODELS[object_type]


def dump_record(record: Record) -> str:
    """JSON text with only the fields that were set."""
    return record.model_dump_json(exclude_unset=True)


def load_record(object_type: ObjectType, text: str) -> Record:
    """The inverse of ``dump_record``."""
    return _MODELS[object_type].model_validate_json(text)


#: What pydantic says in words that help nobody.
_TEXTS = {
    "missing": "is missing",
    "string_pattern_mismatch": "is not written like that",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "date_parsing": "must be a date like 2026-11-01",
    "date_type": "must be a date like 2026-11-01",
    "date_from_datetime_parsing": "must be a date like 2026-11-01",
    "date_from_datetime_inexact": "must be a date like 2026-11-01",
}


def readable_problems(error: ValidationError, *, explain: Mapping[str, str] | None = None) -> list[str]:
    """A validation error as sentences an accountant can read: field, what is wrong, what was there.

    With ``explain`` the fields are keys of a file: they keep their spelling, and what is said of one there is added.
    """
    sentences = []
    for problem in error.errors(include_url=False, include_context=False):
        steps = [str(step + 1) if isinstance(step, int) else step for step in problem["loc"]]
        place = " › ".join(step.replace("_", " ") if explain is None else step for step in steps)
        shown = problem.get("input")
        was = f" (it is {shown!r})" if isinstance(shown, str | int | bool) or shown is None else ""
        said = problem["msg"].removeprefix("Value error, ")
        text = _TEXTS.get(problem["type"]) or said[:1].lower() + said[1:]
        told = f": {explain[steps[0]].rstrip('.')}" if explain and steps and steps[0] in explain else ""
        sentences.append(f"{place or 'record'}: {text}{was if problem['type'] != 'missing' else ''}{told}")
    return sentences
