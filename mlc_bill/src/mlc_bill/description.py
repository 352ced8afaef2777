"""BILL as core sees it: object types, capabilities, quotas, hosts."""

from collections.abc import Mapping

from mlc import (
    Capability,
    GrantKind,
    ObjectSupport,
    Quota,
    QuotaScope,
    QuotaWindow,
    Settings,
    Strategy,
    System,
    Webhooks,
)
from mlc.records import ObjectType

from mlc_bill import SYSTEM, VERSION
from mlc_bill.settings import BillSecrets, BillSettings, hosts, typed

PER_HOUR = 20_000
LOGINS_PER_HOUR = 200
SPEND_PER_MINUTE = 60
#: BILL takes three at once per developer key and organisation; one is left to others that use them.
IN_FLIGHT = 2
SPEND_PATH = "/connect/v3/spend"

_READ = frozenset({Capability.READ, Capability.FIND})
_LISTED = _READ | {Capability.CREATE}
_KEPT = _LISTED | {Capability.UPDATE, Capability.WEBHOOKS}
_POSTED = _KEPT | {Capability.VOID}

OBJECTS = (
    ObjectSupport(ObjectType.ACCOUNT, _LISTED, natural_key=("code",), has_change_filter=False),
    ObjectSupport(
        ObjectType.DIMENSION, _LISTED, natural_key=("kind", "name"), has_change_filter=False,
        note="departments, accounting classes and locations; jobs and employees by setting",
    ),
    ObjectSupport(
        ObjectType.VENDOR, _KEPT, natural_key=("name",), one_currency=True, name_max=100,
        note="needs a full postal address; one currency each; one that is CONNECTED keeps its own name and address",
    ),
    ObjectSupport(ObjectType.CUSTOMER, _KEPT - {Capability.WEBHOOKS}, natural_key=("name",), name_max=100),
    ObjectSupport(
        ObjectType.VENDOR_CREDIT, _POSTED - {Capability.WEBHOOKS}, natural_key=("vendor", "bill_number"),
        has_change_filter=False, number_max=21, negative_lines=False,
        note="void archives it, and BILL cannot restore it",
    ),
    ObjectSupport(
        ObjectType.BILL, _POSTED | {Capability.ATTACH}, natural_key=("vendor", "bill_number"), number_max=21,
        negative_lines=False, people_approve=True,
        note="void archives it; files go to bills and are not fetched from there",
    ),
    ObjectSupport(
        ObjectType.PAYMENT, _LISTED | {Capability.WEBHOOKS}, natural_key=("party", "payment_date", "amount"),
        money_account=False,
        note="writing records a payment made elsewhere; no money moves, and nothing here ever pays",
    ),
    ObjectSupport(
        ObjectType.INVOICE, _POSTED, natural_key=("invoice_number",), number_max=21, negative_lines=False,
        collects=True, note="never e-mailed",
    ),
    ObjectSupport(
        ObjectType.EXPENSE, frozenset({Capability.READ, Capability.CREATE, Capability.WEBHOOKS}),
        natural_key=("expense_number",), strategy=Strategy.HOLD, line_accounts=False, money_account=False,
        needs_file=True,
        note="Spend & Expense: reads card transactions and reimbursements; creates reimbursements, which pay employees",
    ),
)  # fmt: skip

CONNECT_HELP = """\
BILL, Settings, Sync & Integrations:
Manage Developer Keys shows the developer key (dev_key) and the organisation id (organization_id, it starts with 008).
Tokens, AP & AR sync token: make one; its name is username, its value is password, and it is shown once.
Without sync tokens set login = "user" and enter a user's e-mail address and password.
Spend & Expense (optional): as an administrator, profile settings, API tokens; enter it as api_token.
Sandbox: set environment = "sandbox"; it has keys and logins of its own."""


def system() -> System:
    """BILL."""
    return System(
        name=SYSTEM,
        title="BILL",
        version=VERSION,
        settings=BillSettings,
        secrets=BillSecrets,
        grants=(GrantKind.PASSWORD_SESSION,),
        objects=OBJECTS,
        hosts=hosts,
        quotas=(
            Quota(QuotaWindow.HOUR, PER_HOUR, scope=QuotaScope.APP),
            Quota(QuotaWindow.HOUR, LOGINS_PER_HOUR, scope=QuotaScope.APP, counts="mint"),
            Quota(QuotaWindow.MINUTE, SPEND_PER_MINUTE, scope=QuotaScope.CONNECTION, under=SPEND_PATH),
            Quota(QuotaWindow.CONCURRENCY, IN_FLIGHT, scope=QuotaScope.TENANT),
        ),
        concurrency=IN_FLIGHT,
        keeps_rates=False,
        connect_help=CONNECT_HELP,
        shared=shared,
        webhooks=Webhooks(accepted=200, within_s=10.0, max_bytes=1_000_000),
        notes=(
            "All organisations of one developer key share its 20,000 calls and 200 logins an hour.",
            "BILL has no purchase orders; their numbers travel as text on a bill.",
            "Documents cannot be deleted, only archived.",
        ),
    )


def shared(settings: Settings) -> Mapping[QuotaScope, str]:
    """Hours belong to the developer key, calls in flight to the key and the organisation."""
    own = typed(settings)
    key = f"{own.environment}:{own.key_name}"
    return {QuotaScope.APP: key, QuotaScope.TENANT: f"{key}:{own.organization_id}"}
