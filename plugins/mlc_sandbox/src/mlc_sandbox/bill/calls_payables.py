"""Calls on vendor credits and payments."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlc_sandbox.bill import credits, payments, vendors
from mlc_sandbox.bill.admission import API, require_trust
from mlc_sandbox.bill.bulk import changed_in_bulk, ids_of, made_in_bulk
from mlc_sandbox.bill.forms import Form, form_of, forms_of
from mlc_sandbox.bill.lists import answer_list
from mlc_sandbox.bill.reading import read
from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.wire import Record
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

CREDITS = f"{API}/vendor-credits"
PAYMENTS = f"{API}/payments"
MOST_AT_ONCE = 50


@route("GET", CREDITS)
def list_credits(standin: B, request: Request) -> Response:
    return answer_list(standin, request, "vendor_credits")


@route("POST", CREDITS)
def create_credit(standin: B, request: Request) -> Response:
    made = credits.create(standin, standin.org, form_of(standin, request), request.cause())
    return json_response(201, credits.form_of_credit(made))


@route("POST", f"{CREDITS}/bulk")
def create_credits(standin: B, request: Request) -> Response:
    forms = forms_of(standin, request, most=MOST_AT_ONCE)
    made = made_in_bulk(
        standin, request, "vendor_credits", forms, lambda form: credits.built(standin, standin.org, form)
    )
    return json_response(201, {"vendorCredits": [credits.form_of_credit(one) for one in made]})


def _changed(standin: B, request: Request, *, whole: bool) -> Response:
    forms = forms_of(standin, request, most=MOST_AT_ONCE)

    def work(form: Form) -> tuple[Record, Record]:
        return credits.changed(standin, standin.org, form.text("id", required=True) or "", form, whole=whole)

    made = changed_in_bulk(standin, request, "vendor_credits", forms, work)
    return json_response(200, {"vendorCredits": [credits.form_of_credit(one) for one in made]})


@route("PATCH", f"{CREDITS}/bulk")
def update_credits(standin: B, request: Request) -> Response:
    return _changed(standin, request, whole=False)


@route("PUT", f"{CREDITS}/bulk")
def replace_credits(standin: B, request: Request) -> Response:
    return _changed(standin, request, whole=True)


@route("POST", f"{CREDITS}/bulk/archive")
def archive_credits(standin: B, request: Request) -> Response:
    made = [_archived(standin, request, id) for id in ids_of(standin, request, "vendor_credits")]
    return json_response(200, {"vendorCredits": [credits.form_of_credit(one) for one in made]})


@route("GET", f"{CREDITS}/{{id}}")
def read_credit(standin: B, request: Request, id: str) -> Response:
    return json_response(200, credits.form_of_credit(read(standin, request, "vendor_credits", id)))


@route("PATCH", f"{CREDITS}/{{id}}")
def update_credit(standin: B, request: Request, id: str) -> Response:
    form = form_of(standin, request)
    made = credits.update(standin, standin.org, id, form, request.cause(), whole=False)
    return json_response(200, credits.form_of_credit(made))


@route("PUT", f"{CREDITS}/{{id}}")
def replace_credit(standin: B, request: Request, id: str) -> Response:
    form = form_of(standin, request)
    made = credits.update(standin, standin.org, id, form, request.cause(), whole=True)
    return json_response(200, credits.form_of_credit(made))


@route("POST", f"{CREDITS}/{{id}}/archive")
def archive_credit(standin: B, request: Request, id: str) -> Response:
    """It cannot be restored."""
    return json_response(200, credits.form_of_credit(_archived(standin, request, id)))


def _archived(standin: B, request: Request, id: str) -> Record:
    before = standin.registers.require("vendor_credits", standin.org, id)
    if before["appliedAmount"] and not before["archived"]:
        raise bad_entity("The vendor credit is applied.")
    return vendors.archive(standin, "vendor_credits", standin.org, id, request.cause(), archived=True)


# --- payments ------------------------------------------------------------------------------------------------------


@route("GET", PAYMENTS)
def list_payments(standin: B, request: Request) -> Response:
    return answer_list(standin, request, "payments", form=payments.form_of_payment)


@route("GET", f"{PAYMENTS}/{{id}}")
def read_payment(standin: B, request: Request, id: str) -> Response:
    return json_response(200, payments.form_of_payment(read(standin, request, "payments", id)))


@route("POST", PAYMENTS)
def create_payment(standin: B, request: Request) -> Response:
    """Only in a trusted session; a caller's ``transactionNumber`` is kept."""
    require_trust(standin, standin.caller)
    made = _paid(standin, request, form_of(standin, request))
    return json_response(201, payments.form_of_payment(made))


@route("POST", f"{PAYMENTS}/bulk")
def create_payments(standin: B, request: Request) -> Response:
    require_trust(standin, standin.caller)
    form = form_of(standin, request)
    rows = form.rows("payments", required=True) or []
    if len(rows) > MOST_AT_ONCE:
        raise refused(400, "BDC_1143", f"List size must be between 1 and {MOST_AT_ONCE}.")
    form.done(also=("processDate", "fundingAccount"))
    common: Record = {name: form.sent[name] for name in ("processDate", "fundingAccount") if name in form.sent}
    forms = [Form({**common, **row.sent}, standin.switches) for row in rows]
    for one in forms:
        _checked(standin, one)
    made = [_paid(standin, request, Form(one.sent, standin.switches)) for one in forms]
    return json_response(201, {"payments": [payments.form_of_payment(one) for one in made]})


def _checked(standin: B, form: Form) -> tuple[Record, str | None, str | None, list[Record]]:
    bill_id = form.text("billId", required=True)
    amount = form.amount("amount", required=True)
    day = form.day("processDate")
    number = form.text("transactionNumber", most=50)
    form.done(also=("vendorId", "fundingAccount", "processingOptions"))
    bill = standin.registers.get("bills", standin.org, bill_id)
    if bill is None:
        raise standin.registers.bad_reference("billId")
    parts = payments.parts_of(standin, standin.org, bill["vendorId"], [(bill["id"], amount or Decimal(0))])
    return bill, day, number, parts


def _paid(standin: B, request: Request, form: Form) -> Record:
    bill, day, number, parts = _checked(standin, form)
    return payments.make(
        standin,
        standin.org,
        bill["vendorId"],
        parts,
        request.cause(),
        by=standin.caller.user_id,
        processDate=day or standin.clock.now().date().isoformat(),
        transactionNumber=number,
    )


def _pressed(standin: B, request: Request, id: str, action: str) -> Response:
    require_trust(standin, standin.caller)
    payment = standin.registers.require("payments", standin.org, id)
    try:
        made = payments.act(standin, payment, action, request.cause(), {})
    except ValueError as no:
        status, code = standin.switches["refusal_payment"]
        raise refused(status, code, str(no)) from no
    return json_response(200, payments.form_of_payment(made))


@route("POST", f"{PAYMENTS}/{{id}}/cancel")
def cancel_payment(standin: B, request: Request, id: str) -> Response:
    return _pressed(standin, request, id, "cancel")


@route("POST", f"{PAYMENTS}/{{id}}/void")
def void_payment(standin: B, request: Request, id: str) -> Response:
    return _pressed(standin, request, id, "ask_void")
