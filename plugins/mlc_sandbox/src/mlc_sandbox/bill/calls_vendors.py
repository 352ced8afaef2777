"""Calls on vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.bill import vendors
from mlc_sandbox.bill.admission import API
from mlc_sandbox.bill.forms import form_of, forms_of
from mlc_sandbox.bill.lists import answer_list
from mlc_sandbox.bill.reading import read
from mlc_sandbox.bill.refusals import bad_entity
from mlc_sandbox.bill.wire import shown
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import done_of

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

VENDORS = f"{API}/vendors"
MOST_AT_ONCE = 20


@route("GET", VENDORS)
def list_vendors(standin: B, request: Request) -> Response:
    return answer_list(standin, request, "vendors")


@route("POST", VENDORS)
def create_vendor(standin: B, request: Request) -> Response:
    made = vendors.create(standin, standin.org, form_of(standin, request), request.cause())
    return json_response(201, shown(made))


@route("POST", f"{VENDORS}/bulk")
def create_vendors(standin: B, request: Request) -> Response:
    built = [vendors.built(standin, standin.org, form) for form in forms_of(standin, request, most=MOST_AT_ONCE)]
    made = [
        standin.registers.create("vendors", standin.org, one, request.cause())
        for one in done_of(standin, request, built)
    ]
    return json_response(201, {"vendors": shown(made)})


@route("GET", f"{VENDORS}/{{id}}")
def read_vendor(standin: B, request: Request, id: str) -> Response:
    return json_response(200, shown(read(standin, request, "vendors", id)))


@route("PATCH", f"{VENDORS}/{{id}}")
def update_vendor(standin: B, request: Request, id: str) -> Response:
    made = vendors.update(standin, standin.org, id, form_of(standin, request), request.cause())
    return json_response(200, shown(made))


@route("POST", f"{VENDORS}/{{id}}/archive")
def archive_vendor(standin: B, request: Request, id: str) -> Response:
    made = vendors.archive(standin, "vendors", standin.org, id, request.cause(), archived=True)
    return json_response(200, shown(made))


@route("POST", f"{VENDORS}/{{id}}/restore")
def restore_vendor(standin: B, request: Request, id: str) -> Response:
    made = vendors.archive(standin, "vendors", standin.org, id, request.cause(), archived=False)
    return json_response(200, shown(made))


@route("GET", f"{VENDORS}/{{id}}/bank-account")
def read_bank_account(standin: B, request: Request, id: str) -> Response:
    bank = read(standin, request, "vendors", id).get("_bank")
    if bank is None:
        raise standin.registers.missing()
    number = str(bank.get("accountNumber", ""))
    return json_response(200, {**bank, "accountNumber": "*" * max(0, len(number) - 4) + number[-4:]})


@route("POST", f"{VENDORS}/{{id}}/bank-account")
def create_bank_account(standin: B, request: Request, id: str) -> Response:
    form = form_of(standin, request)
    told = {name: form.text(name, required=True) for name in ("nameOnAccount", "accountNumber", "routingNumber")}
    told |= {name: form.text(name) for name in ("type", "ownerType", "paymentCurrency")}
    form.done()
    before = standin.registers.require("vendors", standin.org, id)
    if before.get("_bank") is not None:
        raise bad_entity("The vendor already has a bank account.")
    changes = {"_bank": told, "bankAccountStatus": "NET_LINKED_ACCOUNT"}
    standin.registers.change("vendors", before, changes, request.cause())
    return json_response(200, shown(told))


@route("DELETE", f"{VENDORS}/{{id}}/bank-account")
def delete_bank_account(standin: B, request: Request, id: str) -> Response:
    before = standin.registers.require("vendors", standin.org, id)
    changes = {"_bank": None, "bankAccountStatus": "NO_ACCOUNT"}
    standin.registers.change("vendors", before, changes, request.cause())
    return Response(204)


@route("GET", f"{API}/reports/audit-trail/vendor/{{id}}")
def audit_trail(standin: B, request: Request, id: str) -> Response:
    read(standin, request, "vendors", id)
    rows = []
    for entry in standin.log.entries(type="vendors"):
        if entry.id == id and entry.before is not None and entry.after is not None:
            names = sorted(name for name in entry.after if entry.after[name] != entry.before.get(name))
            rows += [
                {
                    "field": name,
                    "source": entry.cause.get("kind", ""),
                    "previous": shown(entry.before.get(name)),
                    "current": shown(entry.after[name]),
                }
                for name in names
                if name != "updatedTime" and not name.startswith("_")
            ]
    return json_response(200, {"results": rows})
