"""Changes that people make in the stand-ins between the passes of a demo, as bodies of its control calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mlc_sandbox.company import Bill, Company, PurchaseOrder, Stage
from mlc_sandbox.scenarios.ledgerview import Record, unique_value

SOURCE, TARGET = "procurify", "zoho-books"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a person does: ``POST {system}/_sandbox/objects/{type}`` with ``body``; the system ``mlc`` is the
    command line (``replay``: every dead letter; ``held``: what is said of vendors that wait).

    ``writes`` is how many records a correct connector writes because of it.
    """

    name: str
    system: str
    type: str
    body: dict[str, Any]
    writes: int = 1


def changes(company: Company) -> list[Change]:
    """The twelve records changed at the source between the second and the third pass; each leads to one write."""
    key = {case.name: case.keys for case in company.cases}
    seeded, later = company.bill, company.later_bill

    def bill_change(case: str, **body: Any) -> Change:
        return Change(case, SOURCE, "bills", {"id": seeded(key[case][0]).uuid} | body)

    raised = later(key["amount_changed"][0])
    wrong = seeded(key["total_does_not_add_up"][0])
    revised = company.order(key["order_revised"][0])
    quantities = {line.id: line.quantity for order in company.later_orders for line in order.lines}
    return [
        bill_change("memo_changed", note=later(key["memo_changed"][0]).note),
        bill_change("due_date_changed", due_date=later(key["due_date_changed"][0]).due_date.isoformat()),
        bill_change("amount_changed", force=True, items=_typed_lines(raised)),
        bill_change("newly_approved", action="approve"),
        bill_change("total_does_not_add_up", force=True, items=_typed_lines(wrong)),
        bill_change("denied_after_posting", action="deny"),
        _payment_status(company, "payment_made", "paid"),
        _payment_status(company, "batch_payment_made", "paid"),
        _revised_order("order_revised", revised, quantities),
        _order_button(company, "order_cancelled", "cancel"),
        _new_bill(company, "new_bill"),
        _new_bill(company, "new_credit"),
    ]


def events(company: Company, target_objects: Mapping[str, Iterable[Record]]) -> list[Change]:
    """What goes wrong later, at the source and in the ledger; needs the ledger's objects for their ids."""
    names = {case.name: case for case in company.cases if case.stage is Stage.EVENTS}
    found: list[Change] = []
    if "fixed" in names:
        found += _source_events(company)
    if "accountant_edits" in names:
        found += _accountant_events(company, list(target_objects.get("bills", ())))
    if "vendor_appears_later" in names:
        vendor = company.vendor(company.bill(company.case("vendor_appears").keys[0]).vendor)
        contact = {
            "contact_name": vendor.name,
            "contact_type": "vendor",
            "contact_number": vendor.external_id,
            "currency_id": company.currency(vendor.currency).ledger_id,
        }
        found.append(Change("vendor_appears_later", TARGET, "contacts", contact))
    if "payee_address_changes" in names:
        payee = company.later_vendors[0]
        body = {
            "id": payee.id,
            "addressLineOne": payee.address.line1,
            "addressLineTwo": payee.address.line2,
        }
        found.append(Change("payee_address_changes", SOURCE, "vendors", body, writes=0))
    return found


def close_events(company: Company) -> list[Change]:
    """The ledger's purchase period is closed further; then a posted bill is corrected and another approved."""
    if not company.later_locks:
        return []
    lock = company.later_locks[0]
    corrected = company.later_bill(company.case("corrected_after_close").keys[0])
    approved = company.bill(company.case("approved_after_close").keys[0])
    body = {
        "transaction_lock_module": lock.module,
        "transaction_lock_status": "enabled",
        "transaction_lock_date": lock.locked_until.isoformat(),
    }
    return [
        Change("ledger_closes", TARGET, "transactionlocks", body, writes=0),
        Change(
            "corrected_after_close",
            SOURCE,
            "bills",
            {"id": corrected.uuid, "force": True, "items": _typed_lines(corrected)},
            writes=0,
        ),
        Change("approved_after_close", SOURCE, "bills", {"id": approved.uuid, "action": "approve"}, writes=0),
    ]


def _source_events(company: Company) -> list[Change]:
    def uuid(case: str) -> str:
        return company.bill(company.case(case).keys[0]).uuid

    recoded = company.later_bill(company.case("fixed_and_recoded").keys[0])
    raised = company.later_bill(company.case("amount_changes_after_payment").keys[0])
    rows: list[tuple[str, dict[str, Any]]] = [
        ("fixed", {"id": uuid("fixed"), "action": "fix"}),
        ("fixed_and_deleted", {"id": uuid("fixed_and_deleted"), "action": "fix"}),
        ("fixed_and_deleted", {"id": uuid("fixed_and_deleted"), "action": "delete"}),
        ("fixed_and_recoded", {"id": recoded.uuid, "action": "fix"}),
        ("fixed_and_recoded", {"id": recoded.uuid, "items": _typed_lines(recoded, company)}),
        ("fixed_and_recoded", {"id": recoded.uuid, "action": "submit"}),
        ("fixed_and_recoded", {"id": recoded.uuid, "action": "approve"}),
        ("amount_changes_after_payment", {"id": raised.uuid, "force": True, "items": _typed_lines(raised)}),
    ]
    payment = company.payment(company.case("payment_fails_after_paid").keys[0])
    failed = Change("payment_fails_after_paid", SOURCE, "payments", {"id": payment.id, "action": "fail"}, writes=0)
    cancelled = _order_button(company, "order_cancelled_with_a_bill", "cancel", writes=0)
    closed = _order_button(company, "order_closed_short", "close")
    return [Change(name, SOURCE, "bills", body, writes=0) for name, body in rows] + [
        failed,
        cancelled,
        closed,
    ]


def _accountant_events(company: Company, target_bills: list[Record]) -> list[Change]:
    def target(case: str) -> Record:
        bill = company.bill(company.case(case).keys[0])
        field = company.unique_fields[0].api_name
        return next(
            record
            for record in target_bills
            if unique_value(record, field).rpartition(":")[2] == bill.uuid or record.get("bill_number") == bill.number
        )

    paid = target("paid_in_ledger")
    bank = next(account for account in company.money_accounts if account.currency == paid["currency_code"])
    payment = {
        "action": "pay",
        "payment_mode": "Bank Transfer",
        "date": company.today.isoformat(),
        "paid_through_account_id": bank.ledger_id,
    }
    rows: list[tuple[str, dict[str, Any]]] = [
        ("accountant_edits", {"due_date": company.today.isoformat()}),
        ("accountant_recodes", {"action": "recode", "account_id": company.account("9000").ledger_id}),
        ("accountant_voids", {"action": "void"}),
        ("accountant_deletes", {"action": "delete"}),
        ("paid_in_ledger", payment),
    ]
    return [Change(name, TARGET, "bills", {"id": target(name)["bill_id"]} | body, writes=0) for name, body in rows]


def _typed_lines(bill: Bill, company: Company | None = None) -> list[dict[str, Any]]:
    """A bill's lines as a user types them; with the company, their coding too."""
    lines: list[dict[str, Any]] = []
    for line in bill.lines:
        typed: dict[str, Any] = {
            "id": line.id,
            "description": line.description,
            "quantity": str(line.quantity),
            "unit_cost": str(line.unit_cost),
        }
        if company is not None:
            typed["allocations"] = [
                {
                    "amount": str(share.amount),
                    "account_code": share.account,
                    "department": company.department(share.department).id,
                }
                for share in line.allocations
            ]
        lines.append(typed)
    return lines


def _new_bill(company: Company, name: str) -> Change:
    bill = company.later_bill(company.case(name).keys[0])
    lines = _typed_lines(bill, company)
    for line in lines:
        del line["id"]
    body = {
        "uuid": bill.uuid,
        "vendor": company.vendor(bill.vendor).id,
        "currency": bill.currency,
        "status": int(bill.status),
        "invoice_number": bill.number,
        "invoice_date": bill.issue_date.isoformat(),
        "due_date": bill.due_date.isoformat(),
        "items": lines,
    }
    return Change(name, SOURCE, "bills", body)


def _payment_status(company: Company, case: str, status: str) -> Change:
    payment = company.payment(company.case(case).keys[0])
    return Change(case, SOURCE, "payments", {"id": payment.id, "action": "set_status", "status": status})


def _revised_order(case: str, order: PurchaseOrder, quantities: Mapping[int, Any]) -> Change:
    lines = [{"id": line.id, "quantity": str(quantities[line.id])} for line in order.lines]
    return Change(case, SOURCE, "purchase_orders", {"id": order.id, "action": "revise", "order_items": lines})


def _order_button(company: Company, case: str, action: str, *, writes: int = 1) -> Change:
    order = company.order(company.case(case).keys[0])
    return Change(case, SOURCE, "purchase_orders", {"id": order.id, "action": action}, writes=writes)
