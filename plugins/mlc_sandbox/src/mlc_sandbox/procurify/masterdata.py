"""Short lists: account codes, accounts, departments, locations, currencies, and who we are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.procurify import forms, lists
from mlc_sandbox.procurify.auth import detail
from mlc_sandbox.procurify.bills import body_of
from mlc_sandbox.procurify.values import Wire
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn


@route("GET", "/api/v3/users/me/")
def me(standin: ProcurifyStandIn, request: Request) -> Response:
    """The user that the application belongs to."""
    user = standin.user(3) | {"email": standin.owner_email, "is_active": True, "role": 1, "user": 3}
    user["domains"] = {"active": True, "procurify_domains": [{"id": 1, "name": standin.tenant}]}
    return json_response(200, {"metadata": {}, "data": user})


@route("GET", "/api/v3/users/")
def users(standin: ProcurifyStandIn, request: Request) -> Response:
    """Everyone."""
    rows = {str(id): dumps(standin.user(id)) for id in (1, 2, 3)}
    return lists.answer_page(standin, request, list(rows), rows.get)


@route("GET", "/api/v3/account-codes/")
def account_codes(standin: ProcurifyStandIn, request: Request) -> Response:
    """Account codes; filters ``active``, ``code``, ``is_parent``."""
    kept = lists.filters(standin, request)
    kept.truth("active", lambda code: code["active"])
    kept.choice("code", lambda code: code["code"])
    parents = {code["parent"] for code in standin.store.all("account_codes")}
    kept.truth("is_parent", lambda code: code["id"] in parents)
    kept.search(lambda code: code["code"], lambda code: code["description"])
    names = ("id", "code", "description")
    return lists.small_list(standin, request, "account_codes", kept, names=names)


@route("POST", "/api/v3/account-codes/")
def create_account_code(standin: ProcurifyStandIn, request: Request) -> Response:
    """Create an account code, and its accounts in ``departments``."""
    body = body_of(request)
    _check_code(standin, body, None)
    code = {
        "id": standin.number("account_codes"),
        "code": body["code"],
        "description": body["description"],
        "account_type": body.get("account_type", 2),
        "parent": body.get("parent"),
        "active": True,
        "applied_accounts_count": len(body.get("departments") or ()),
        "code_length": len(body["code"]),
    }
    standin.store.put("account_codes", code["id"], code, request.cause())
    for department in body.get("departments") or ():
        account_for(standin, code["id"], department, request.cause())
    return json_response(201, {"metadata": {}, "data": code})


@route("PUT", "/api/v3/account-codes/{id}/")
def change_account_code(standin: ProcurifyStandIn, request: Request, id: str) -> Response:
    """Change code, description and type."""
    if standin.store.get("account_codes", id) is None:
        return detail(404, "Not found.")
    body = body_of(request)
    _check_code(standin, body, id)
    code = standin.store.edit("account_codes", id)
    code.update({name: body[name] for name in ("code", "description", "account_type") if name in body})
    standin.store.put("account_codes", id, code, request.cause())
    return json_response(200, {"metadata": {}, "data": code})


def _check_code(standin: ProcurifyStandIn, body: Wire, own_id: str | None) -> None:
    errors: dict[str, list[str]] = {}
    for name, most in (("code", 50), ("description", 200)):
        if not body.get(name):
            errors[name] = ["This field is required."]
        elif len(str(body[name])) > most:
            errors[name] = [f"Ensure this field has no more than {most} characters."]
    if body.get("account_type", 2) not in range(6):
        errors["account_type"] = [f'"{body["account_type"]}" is not a valid choice.']
    others = (code for code in standin.store.all("account_codes") if str(code["id"]) != own_id)
    if any(code["code"] == body.get("code") for code in others):
        errors["code"] = ["account code with this code already exists."]
    if errors:
        raise Refused(json_response(400, errors))


def account_for(standin: ProcurifyStandIn, code_id: int, department_id: int, cause: Wire) -> Wire:
    """The account of an account code in a department, opened when there is none yet."""
    known = standin.accounts_by_parts.ids((code_id, department_id))
    found = standin.store.get("accounts", known[0]) if known else None
    if found is not None:
        return found
    made = {
        "id": standin.number("accounts"),
        "account_code": standin.store.get("account_codes", code_id),
        "department": standin.store.get("departments", department_id),
        "start_datetime": "2026-01-01T00:00:00Z",
        "end_datetime": "2026-12-31T23:59:59Z",
        "budget": "100000.00",
        "budget_used_approved": "0.00",
        "budget_used_purchased": "0.00",
        "balance_approved": "100000.00",
        "balance_purchased": "100000.00",
        "warning_indicator": False,
        "active": True,
    }
    return standin.store.put("accounts", made["id"], made, cause)


@route("GET", "/api/v3/accounts/")
def accounts(standin: ProcurifyStandIn, request: Request) -> Response:
    """Accounts: account code × department with a budget period."""
    kept = lists.filters(standin, request)
    kept.truth("active", lambda account: account["active"])
    kept.choice("account_code", lambda account: account["account_code"]["id"])
    kept.choice("departments", lambda account: account["department"]["id"])
    kept.choice("locations", lambda account: account["department"]["branch"]["id"])
    return lists.small_list(
        standin, request, "accounts", kept, form=lambda account: forms.account(standin, account["id"])
    )


@route("GET", "/api/v3/departments/")
def departments(standin: ProcurifyStandIn, request: Request) -> Response:
    """Departments; filters ``branch``, ``locations``."""
    kept = lists.filters(standin, request)
    kept.choice("branch", lambda department: department["branch"]["id"])
    kept.choice("locations", lambda department: department["branch"]["id"])
    kept.search(lambda department: department["name"])
    return lists.small_list(standin, request, "departments", kept)


@route("GET", "/api/v2/locations/")
def locations(standin: ProcurifyStandIn, request: Request) -> Response:
    """Locations; filters ``active``, ``headquarter``."""
    kept = lists.filters(standin, request)
    kept.truth("active", lambda location: location["active"])
    kept.truth("headquarter", lambda location: location["headquarter"])
    return lists.small_list(standin, request, "locations", kept)


@route("GET", "/api/v2/locations/{id}/")
def location(standin: ProcurifyStandIn, request: Request, id: str) -> Response:
    """One location."""
    found = standin.store.get("locations", id)
    if found is None:
        return detail(404, "Not found.")
    return json_response(200, {"metadata": {}, "data": found})


@route("GET", "/api/v2/currencies/")
def currencies(standin: ProcurifyStandIn, request: Request) -> Response:
    """Currencies with today's rates; filters ``active``, ``base``, ``name``."""
    kept = lists.filters(standin, request)
    kept.truth("active", lambda currency: currency["active"])
    kept.truth("base", lambda currency: currency["base"])
    kept.choice("name", lambda currency: currency["name"])
    return lists.small_list(
        standin, request, "currencies", kept, form=lambda currency: forms.currency(standin, currency["id"])
    )
