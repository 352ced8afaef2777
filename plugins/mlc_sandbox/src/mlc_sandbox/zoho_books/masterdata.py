"""Accounts, items, taxes, currencies with their rates, locations and reporting tags."""

from __future__ import annotations

from typing import Any, Final

from mlc_sandbox.zoho_books import customfields, documents
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import ITEM_EXISTS, bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, day, flag, identifier, keys, number, optional_number, rows, text

ACCOUNT_TYPES: Final = frozenset(
    keys(
        "other_asset other_current_asset cash bank fixed_asset stock payment_clearing input_tax output_tax "
        "other_current_liability credit_card long_term_liability other_liability equity income other_income "
        "expense cost_of_goods_sold other_expense accounts_receivable accounts_payable"
    )
)
ITEM_TYPES: Final = frozenset(("sales", "purchases", "sales_and_purchases", "inventory"))
EXISTS: Final = 11002
MINOR_UNITS: Final = {"JPY": 0, "KRW": 0, "CLP": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3}


def create_account(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new ledger account."""
    return books.save("chartofaccounts", _account(books, body, None), cause)


def update_account(books: Books, account_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones."""
    record = _account(books, body, books.require("chartofaccounts", account_id))
    return books.save("chartofaccounts", record, cause)


def set_account_active(books: Books, account_id: str, active: bool, cause: Cause) -> Record:
    """Marks an account active or inactive."""
    before = books.require("chartofaccounts", account_id)
    return books.save("chartofaccounts", {**before, "is_active": active}, cause)


def _account(books: Books, body: dict[str, Any], before: Record | None) -> Record:
    old: Record = before if before is not None else {}
    name = text(body, "account_name", 100, old.get("account_name", ""))
    kind = text(body, "account_type", 40, old.get("account_type", ""))
    if not name:
        raise bad_value("account_name")
    if kind not in ACCOUNT_TYPES:
        raise bad_value("account_type")
    own_id = old.get("account_id") or books.next_id()
    for other in books["chartofaccounts"].all():
        if other["account_id"] != own_id and other["account_name"].casefold() == name.casefold():
            raise business(EXISTS, f"The account {name} already exists.")
    parent = books["chartofaccounts"].get(identifier(body, "parent_account_id")) or {}
    return {
        "account_id": own_id,
        "account_name": name,
        "account_code": text(body, "account_code", 50, old.get("account_code", "")),
        "account_type": kind,
        "description": text(body, "description", 500, old.get("description", "")),
        "is_user_created": old.get("is_user_created", True),
        "is_system_account": old.get("is_system_account", False),
        "is_standalone_account": False,
        "is_active": flag(body, "is_active", old.get("is_active", True)),
        "can_show_in_ze": flag(body, "can_show_in_ze", True),
        "is_involved_in_transaction": old.get("is_involved_in_transaction", False),
        "current_balance": old.get("current_balance", ""),
        "currency_id": identifier(body, "currency_id") or old.get("currency_id", books.base_currency_id),
        "parent_account_id": parent.get("account_id", old.get("parent_account_id", "")),
        "parent_account_name": parent.get("account_name", old.get("parent_account_name", "")),
        "depth": 1 if parent else old.get("depth", 0),
        "has_attachment": False,
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def create_item(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new item; its SKU must be free."""
    return books.save("items", _item(books, body, None), cause)


def update_item(books: Books, item_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones."""
    return books.save("items", _item(books, body, books.require("items", item_id)), cause)


def set_item_status(books: Books, item_id: str, status: str, cause: Cause) -> Record:
    """Marks an item active or inactive."""
    return books.save("items", {**books.require("items", item_id), "status": status}, cause)


def _item(books: Books, body: dict[str, Any], before: Record | None) -> Record:
    old: Record = before if before is not None else {}
    own_id = old.get("item_id") or books.next_id()
    name = text(body, "name", 100, old.get("name", ""))
    if not name:
        raise bad_value("name")
    sku = text(body, "sku", 100, old.get("sku", ""))
    if sku and any(key != own_id for key in books["items"].find("sku", sku)):
        raise business(ITEM_EXISTS, f"Item with the SKU {sku} already exists.")
    kind = text(body, "item_type", 30, old.get("item_type", "sales"))
    if kind not in ITEM_TYPES:
        raise bad_value("item_type")
    accounts = {}
    for key in ("account_id", "purchase_account_id", "inventory_account_id"):
        accounts[key] = identifier(body, key) or old.get(key, "")
        if accounts[key]:
            documents.account_of(books, accounts[key], key)
    if kind != "sales" and not accounts["purchase_account_id"]:
        raise bad_value("purchase_account_id")
    if kind == "inventory" and not accounts["inventory_account_id"]:
        raise bad_value("inventory_account_id")
    return {
        "item_id": own_id,
        "name": name,
        "sku": sku,
        "status": old.get("status", "active"),
        "item_type": kind,
        "product_type": text(body, "product_type", 20, old.get("product_type", "goods")),
        "description": text(body, "description", 2000, old.get("description", "")),
        "unit": text(body, "unit", 100, old.get("unit", "")),
        "rate": optional_number(body, "rate", old.get("rate", ZERO)),
        "purchase_rate": optional_number(body, "purchase_rate", old.get("purchase_rate", ZERO)),
        **accounts,
        "vendor_id": identifier(body, "vendor_id") or old.get("vendor_id", ""),
        **documents.tax_of(books, identifier(body, "tax_id") or old.get("tax_id", "")),
        **customfields.merged(books, "items", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def create_tax(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new tax."""
    name = text(body, "tax_name", 100)
    if not name:
        raise bad_value("tax_name")
    record = {
        "tax_id": books.next_id(),
        "tax_name": name,
        "tax_percentage": number(body.get("tax_percentage"), "tax_percentage"),
        "tax_type": text(body, "tax_type", 20, "tax"),
        "tax_factor": "rate",
        "tax_specific_type": text(body, "tax_specific_type", 20),
        "is_value_added": flag(body, "is_value_added", True),
        "is_default_tax": False,
        "is_editable": True,
        "country_code": text(body, "country_code", 2),
    }
    return books.save("taxes", record, cause)


def create_currency(books: Books, body: dict[str, Any], cause: Cause, *, base: bool = False) -> Record:
    """A further currency of the organisation, with its minor units."""
    code = text(body, "currency_code", 3)
    if len(code) != 3 or not code.isupper() or books["currencies"].find("currency_code", code):
        raise bad_value("currency_code")
    digits = body.get("price_precision", MINOR_UNITS.get(code, 2))
    record = {
        "currency_id": books.next_id(),
        "currency_code": code,
        "currency_name": text(body, "currency_name", 100, code),
        "currency_symbol": text(body, "currency_symbol", 10, code),
        "price_precision": int(number(digits, "price_precision")),
        "currency_format": text(body, "currency_format", 30, "1,234,567.89"),
        "is_base_currency": base,
        "exchange_rate": optional_number(body, "exchange_rate", ZERO),
        "effective_date": "",
    }
    return books.save("currencies", record, cause)


def add_rate(books: Books, currency_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """A rate from its effective date on."""
    currency = books.require("currencies", currency_id)
    rate = number(body.get("rate"), "rate")
    effective = day(body.get("effective_date"), "effective_date")
    if rate <= 0 or currency["is_base_currency"]:
        raise bad_value("rate")
    books.add_rate(currency_id, effective, rate)
    record = {
        "exchange_rate_id": books.next_id(),
        "currency_id": currency_id,
        "currency_code": currency["currency_code"],
        "effective_date": effective,
        "rate": rate,
    }
    books.save("exchangerates", record, cause)
    if effective >= currency["effective_date"]:
        books.save("currencies", {**currency, "exchange_rate": rate, "effective_date": effective}, cause)
    return record


def create_location(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A location (branch)."""
    name = text(body, "location_name", 100)
    if not name:
        raise bad_value("location_name")
    record = {
        "location_id": books.next_id(),
        "location_name": name,
        "type": text(body, "type", 30, "general"),
        "email": text(body, "email", 100),
        "phone": text(body, "phone", 50),
        "status": "active",
        "is_primary": not len(books["locations"]),
        "parent_location_id": "",
        "address": body.get("address") or {},
    }
    return books.save("locations", record, cause)


def create_tag(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A reporting tag with its options, given as ``options: [name, ...]``."""
    name = text(body, "tag_name", 100)
    options = body.get("options", [])
    if not name or not isinstance(options, list):
        raise bad_value("tag_name")
    record = {
        "tag_id": books.next_id(),
        "tag_name": name,
        "description": text(body, "description", 500),
        "is_active": True,
        "status": "active",
        "tag_options": [
            {"tag_option_id": books.next_id(), "tag_option_name": str(option), "is_active": True} for option in options
        ],
    }
    return books.save("reportingtags", record, cause)
