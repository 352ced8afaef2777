"""Approval policies and what approvers do."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.wire import Cause, Record, amount_of, dig

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

RULE_PATHS: Final = {
    "VENDOR_ID": "vendorId",
    "CHART_OF_ACCOUNT_ID": "classifications.chartOfAccountId",
    "LOCATION_ID": "classifications.locationId",
    "JOB_ID": "classifications.jobId",
}
RULES: Final = frozenset({"BILL_AMOUNT", *RULE_PATHS})


def matching(standin: BillStandIn, org: str, bill: Record) -> list[Record]:
    """The approvers that the policies of an organisation assign to a bill, in order."""
    found: list[str] = []
    for policy in standin.registers.all("policies", org):
        if all(_fits(rule, bill) for rule in policy["rules"]):
            found += [user for user in policy["_approvers"] if user not in found]
    return [{"userId": user, "status": "WAITING", "approverOrder": order} for order, user in enumerate(found, start=1)]


def _fits(rule: dict[str, Any], bill: Record) -> bool:
    if rule.get("key") == "BILL_AMOUNT":
        least = amount_of(rule.get("value"))
        return least is not None and bill["amount"] >= least
    path = RULE_PATHS.get(str(rule.get("key")), "")
    lines = bill.get("billLineItems", ())
    return rule.get("value") in {dig(bill, path), *(dig(line, path) for line in lines)}


def reset(bill: Record) -> Record:
    """What an amended bill's approval becomes: everybody is asked again."""
    waiting = [{**one, "status": "WAITING", "statusChangedTime": None} for one in bill["approvers"]]
    return {"approvers": waiting, "approvalStatus": "ASSIGNED" if waiting else "UNASSIGNED"}


def assign(standin: BillStandIn, bill: Record, users: list[str], cause: Cause) -> Record:
    """Ask these people; nobody takes the assignment away."""
    approvers = [{"userId": one, "status": "WAITING", "approverOrder": at} for at, one in enumerate(users, start=1)]
    changes = {"approvers": approvers, "approvalStatus": "ASSIGNED" if users else "UNASSIGNED"}
    return standin.registers.change("bills", bill, changes, cause)


def act(standin: BillStandIn, bill: Record, user: str, action: str, cause: Cause) -> Record:
    """One approver approves or denies. Raises Refusal when that user is not asked."""
    if action not in ("APPROVE", "DENY"):
        raise bad_entity("action: must be one of APPROVE, DENY")
    if not any(one["userId"] == user and one["status"] == "WAITING" for one in bill["approvers"]):
        raise refused(403, "BDC_1145", "You are not an approver of this bill.")
    word = "APPROVED" if action == "APPROVE" else "DENIED"
    now = standin.registers.now()
    approvers = [
        {**one, "status": word, "statusChangedTime": now} if one["userId"] == user else one for one in bill["approvers"]
    ]
    words = {one["status"] for one in approvers}
    status = "DENIED" if "DENIED" in words else "APPROVED" if words == {"APPROVED"} else "APPROVING"
    return standin.registers.change("bills", bill, {"approvers": approvers, "approvalStatus": status}, cause)


def decide(standin: BillStandIn, bill: Record, action: str, cause: Cause) -> Record:
    """What all approvers do on the screens, one after the other; somebody is asked first where nobody was."""
    if not bill["approvers"]:
        bill = assign(standin, bill, [standin.approver_of(bill["organizationId"])], cause)
    for one in bill["approvers"]:
        if one["status"] == "WAITING":
            bill = act(standin, bill, one["userId"], action, cause)
            if action == "DENY":
                break
    return bill


def policy_of(standin: BillStandIn, org: str, sent: dict[str, Any]) -> Record:
    """A policy as stored: written with ``approvers`` as a list of users, shown with users and groups."""
    rules, users = sent.get("rules"), sent.get("approvers")
    if not isinstance(rules, list) or not all(isinstance(one, dict) and one.get("key") in RULES for one in rules):
        raise bad_entity("rules: must name " + ", ".join(sorted(RULES)))
    if not isinstance(users, list) or not users:
        raise bad_entity("approvers: must not be empty")
    for user in users:
        if standin.registers.get("users", org, user) is None:
            raise standin.registers.bad_reference("approvers")
    values = [
        {**rule, "value": Decimal(str(rule["value"]))} if rule["key"] == "BILL_AMOUNT" else rule for rule in rules
    ]
    return {"rules": values, "approvers": {"users": users, "groups": []}, "_approvers": users}
