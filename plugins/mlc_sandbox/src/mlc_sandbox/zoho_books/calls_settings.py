"""Calls on what an organisation is set up with: itself, accounts, items, taxes, currencies, locations, tags, locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books import listings_other, lists, locks, masterdata
from mlc_sandbox.zoho_books.calls import body_of, call, record_of, set_custom_fields, told, upserted
from mlc_sandbox.zoho_books.refusals import bad_query
from mlc_sandbox.zoho_books.values import day

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

PLAN_FIELDS = ("plan_type", "plan_name", "plan_period")


@call("GET", "/organizations", "settings")
def list_organizations(standin: Z, request: Request) -> Response:
    """Needs no organisation id, and is not paged."""
    found = list(standin.books["organizations"].all())
    return json_response(200, {"code": 0, "message": "success", "organizations": found})


@call("GET", "/organizations/{organization_id}", "settings")
def read_organization(standin: Z, request: Request, organization_id: str) -> Response:
    """The detail has no plan fields."""
    record = standin.books.require("organizations", organization_id)
    shown = {key: value for key, value in record.items() if key not in PLAN_FIELDS}
    return told("success", "organization", {**shown, "date_format": "yyyy-MM-dd", "address": {}})


@call("GET", "/chartofaccounts", "accountants")
def list_accounts(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings_other.ACCOUNTS)


@call("POST", "/chartofaccounts", "accountants")
def create_account(standin: Z, request: Request) -> Response:
    record = masterdata.create_account(standin.books, body_of(standin, request), request.cause())
    return told("The account has been created.", "chart_of_account", record, status=201)


@call("GET", "/chartofaccounts/{account_id}", "accountants")
def read_account(standin: Z, request: Request, account_id: str) -> Response:
    return told("success", "chart_of_account", record_of(standin, request, "chartofaccounts", account_id))


@call("PUT", "/chartofaccounts/{account_id}", "accountants")
def update_account(standin: Z, request: Request, account_id: str) -> Response:
    body = body_of(standin, request)
    record = masterdata.update_account(standin.books, account_id, body, request.cause())
    return told("The details of the account have been updated.", "chart_of_account", record)


@call("POST", "/chartofaccounts/{account_id}/active", "accountants")
def activate_account(standin: Z, request: Request, account_id: str) -> Response:
    masterdata.set_account_active(standin.books, account_id, True, request.cause())
    return told("The account has been marked as active.")


@call("POST", "/chartofaccounts/{account_id}/inactive", "accountants")
def deactivate_account(standin: Z, request: Request, account_id: str) -> Response:
    masterdata.set_account_active(standin.books, account_id, False, request.cause())
    return told("The account has been marked as inactive.")


@call("GET", "/items", "settings")
def list_items(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings_other.ITEMS)


@call("GET", "/itemdetails", "settings")
def bulk_items(standin: Z, request: Request) -> Response:
    wanted = [key for key in (request.query.get("item_ids") or "").split(",") if key]
    if not wanted:
        raise bad_query("item_ids")
    found = [standin.books.require("items", key) for key in wanted]
    return json_response(200, {"code": 0, "message": "success", "items": found})


@call("POST", "/items", "settings")
def create_item(standin: Z, request: Request) -> Response:
    record = masterdata.create_item(standin.books, body_of(standin, request), request.cause())
    return told("The item has been added.", "item", record, status=201)


@call("PUT", "/items", "settings")
def upsert_item(standin: Z, request: Request) -> Response:
    books = standin.books
    record, created = upserted(
        standin,
        request,
        "items",
        lambda body, cause: masterdata.create_item(books, body, cause),
        lambda key, body, cause: masterdata.update_item(books, key, body, cause),
    )
    return told("The item has been added." if created else "Item details have been saved.", "item", record)


@call("GET", "/items/{item_id}", "settings")
def read_item(standin: Z, request: Request, item_id: str) -> Response:
    return told("success", "item", record_of(standin, request, "items", item_id))


@call("PUT", "/items/{item_id}", "settings")
def update_item(standin: Z, request: Request, item_id: str) -> Response:
    record = masterdata.update_item(standin.books, item_id, body_of(standin, request), request.cause())
    return told("Item details have been saved.", "item", record)


@call("DELETE", "/items/{item_id}", "settings")
def delete_item(standin: Z, request: Request, item_id: str) -> Response:
    standin.books.delete("items", item_id, request.cause())
    return told("The item has been deleted.")


@call("POST", "/items/{item_id}/active", "settings")
def activate_item(standin: Z, request: Request, item_id: str) -> Response:
    masterdata.set_item_status(standin.books, item_id, "active", request.cause())
    return told("The item has been marked as active.")


@call("POST", "/items/{item_id}/inactive", "settings")
def deactivate_item(standin: Z, request: Request, item_id: str) -> Response:
    masterdata.set_item_status(standin.books, item_id, "inactive", request.cause())
    return told("The item has been marked as inactive.")


@call("PUT", "/item/{item_id}/customfields", "settings")
def item_custom_fields(standin: Z, request: Request, item_id: str) -> Response:
    return set_custom_fields(standin, request, "items", item_id)


@call("GET", "/settings/taxes", "settings")
def list_taxes(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings_other.TAXES)


@call("POST", "/settings/taxes", "settings")
def create_tax(standin: Z, request: Request) -> Response:
    record = masterdata.create_tax(standin.books, body_of(standin, request), request.cause())
    return told("The tax has been added.", "tax", record, status=201)


@call("GET", "/settings/taxes/{tax_id}", "settings")
def read_tax(standin: Z, request: Request, tax_id: str) -> Response:
    return told("success", "tax", record_of(standin, request, "taxes", tax_id))


@call("GET", "/settings/currencies", "settings")
def list_currencies(standin: Z, request: Request) -> Response:
    """Not paged, unless the organisation is one of those where it is."""
    choice = request.query.get("filter_by")
    if choice not in (None, "Currencies.ExcludeBaseCurrency"):
        raise bad_query("filter_by")
    found = [c for c in standin.books["currencies"].all() if not (choice and c["is_base_currency"])]
    envelope = {"code": 0, "message": "success", "currencies": found}
    if standin.switches["currencies_paged"]:
        envelope["page_context"] = {"page": 1, "per_page": 200, "has_more_page": False}
    return json_response(200, envelope)


@call("POST", "/settings/currencies", "settings")
def create_currency(standin: Z, request: Request) -> Response:
    record = masterdata.create_currency(standin.books, body_of(standin, request), request.cause())
    return told("The currency has been added.", "currency", record, status=201)


@call("GET", "/settings/currencies/{currency_id}", "settings")
def read_currency(standin: Z, request: Request, currency_id: str) -> Response:
    return told("success", "currency", record_of(standin, request, "currencies", currency_id))


@call("GET", "/settings/currencies/{currency_id}/exchangerates", "settings")
def list_rates(standin: Z, request: Request, currency_id: str) -> Response:
    """Newest first; ``from_date`` and ``is_current_date`` narrow it to what holds on that day."""
    books = standin.books
    books.require("currencies", currency_id)
    keys = books["exchangerates"].find("currency_id", currency_id)
    rates = [books.require("exchangerates", key) for key in keys]
    rates.sort(key=lambda rate: str(rate["effective_date"]), reverse=True)
    from_date = request.query.get("from_date")
    if from_date or request.query.get("is_current_date") == "true":
        on_day = day(from_date, "from_date") if from_date else books.today()
        rates = [rate for rate in rates if rate["effective_date"] <= on_day][:1]
    return json_response(200, {"code": 0, "message": "success", "exchange_rates": rates})


@call("POST", "/settings/currencies/{currency_id}/exchangerates", "settings")
def add_rate(standin: Z, request: Request, currency_id: str) -> Response:
    body = body_of(standin, request)
    record = masterdata.add_rate(standin.books, currency_id, body, request.cause())
    return told("The exchange rate has been added.", "exchange_rate", record, status=201)


@call("GET", "/locations", "settings")
def list_locations(standin: Z, request: Request) -> Response:
    found = list(standin.books["locations"].all())
    return json_response(200, {"code": 0, "message": "success", "locations": found})


@call("POST", "/locations", "settings")
def create_location(standin: Z, request: Request) -> Response:
    record = masterdata.create_location(standin.books, body_of(standin, request), request.cause())
    return told("Location has been created.", "locations", record, status=201)


@call("GET", "/reportingtags", "settings")
def list_tags(standin: Z, request: Request) -> Response:
    hidden = "tag_options"
    found = [
        {key: value for key, value in tag.items() if key != hidden} for tag in standin.books["reportingtags"].all()
    ]
    return json_response(200, {"code": 0, "message": "success", "reporting_tags": found})


@call("GET", "/reportingtags/{tag_id}/options/all", "settings")
def list_options(standin: Z, request: Request, tag_id: str) -> Response:
    options = standin.books.require("reportingtags", tag_id)["tag_options"]
    return json_response(200, {"code": 0, "message": "success", "results": options})


@call("GET", "/transactionlocks", "accountants")
def list_locks(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings_other.LOCKS)


@call("GET", "/transactionlock", "accountants")
def read_lock(standin: Z, request: Request) -> Response:
    key = request.query.get("transaction_lock_id")
    held = list(standin.books["transactionlocks"].all())
    if key:
        return told("success", "transaction_lock", standin.books.require("transactionlocks", key))
    return told("success", "transaction_lock", held[0] if held else {})


@call("PUT", "/transactionlock", "accountants")
def set_lock(standin: Z, request: Request) -> Response:
    record = locks.set_lock(standin.books, body_of(standin, request), request.cause())
    return told("Transaction lock has been updated.", "transaction_lock", record)


@call("DELETE", "/transactionlock", "accountants")
def delete_lock(standin: Z, request: Request) -> Response:
    key = request.query.get("transaction_lock_id")
    if not key:
        raise bad_query("transaction_lock_id")
    standin.books.delete("transactionlocks", key, request.cause())
    return told("The transaction lock has been deleted.")
