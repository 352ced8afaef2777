"""What this organisation can do, asked at each run; and who we are there. Reads only.

BILL names neither a base currency nor who owns the lists nor what a sync token may: settings decide, and what can be
seen is told.
"""

from collections.abc import Iterator

from mlc import Identity, Probe
from mlc.errors import NotFoundError, RejectedError
from mlc.records import ObjectType

from mlc_bill.auth import BillConnection
from mlc_bill.client import BillClient
from mlc_bill.entities import BUDGETS, ENTITIES, USERS
from mlc_bill.render_payments import MAY_RECORD
from mlc_bill.schemas import Row, inner, text

#: Roles that may record payments, and those that may not; of others nothing is known.
RECORDERS = frozenset({"ADMINISTRATOR", "ADMIN", "ACCOUNTANT", "PAYER"})
NO_RECORDERS = frozenset({"APPROVER", "AUDITOR", "CLERK", "PURCHASE_REQUESTER", "MEMBER", "EMPLOYEE"})
LOOKED_AT = 20
#: What BILL's own accounting sync keeps, where there is one.
LISTS = (ObjectType.ACCOUNT, ObjectType.DIMENSION)
OWNED = (
    "BILL's own accounting sync keeps this list, so it is only matched: switch that sync off in BILL, or say "
    'accounting_sync = "no" under the connection where it does not touch the list.'
)
ACTIVE = frozenset({"ACTIVE", "ENABLED", ""})


def probe(connection: BillConnection) -> Probe:
    """Organisation, approvals, who owns the lists, whether payments may be recorded."""
    settings = connection.settings
    client = BillClient(connection)
    session, _ = client.session()
    approvals, known = _approvals(client)
    owned = settings.accounting_sync if settings.accounting_sync != "auto" else _synced(client)
    extra = {
        "accounting_sync": owned,
        "approvals": "known" if known else "not readable",
        MAY_RECORD: _may_record(connection, client, text(session, "userId")),
        "mfa": text(session, "mfaStatus") or "unknown",
        **_spenders(connection, client),
    }
    return Probe(
        entity_id=settings.organization_id,
        entity_name=_organisation_name(client, settings.organization_id),
        base_currency=settings.base_currency,
        time_zone=settings.time_zone,
        approvals=frozenset({ObjectType.BILL}) if approvals else frozenset(),
        tax_recoverable=True,
        owned=dict.fromkeys(LISTS, OWNED) if owned == "yes" else {},
        extra=extra,
    )


def _spenders(connection: BillConnection, client: BillClient) -> dict[str, str]:
    """Who may be reimbursed, and from which budgets, by e-mail address and name; nothing without an API token."""
    if connection.secrets.api_token is None:
        return {}
    found: dict[str, str] = {}
    for entity, kind, key in ((USERS, "user", "email"), (BUDGETS, "budget", "name")):
        for row in client.every(entity):
            name, uuid = text(row, key), text(row, "uuid")
            if name is not None and uuid is not None and row.get("retired") is not True:
                found[f"{kind}:{name.strip().casefold()}"] = uuid
    return found


def ping(connection: BillConnection) -> Identity:
    """The user behind the session, and which calls BILL refuses to it, one by one."""
    client = BillClient(connection)
    session, at = client.session()
    user_id = text(session, "userId") or ""
    user = _optional(client, f"users/{user_id}") if user_id else {}
    organisation = text(session, "organizationId") or connection.settings.organization_id
    name = _organisation_name(client, organisation)
    details = {
        "environment": connection.settings.environment,
        "login": "sync token" if connection.settings.login == "sync_token" else "user",
        "second factor": text(session, "mfaStatus") or "unknown",
    }
    role = text(inner(user, "role"), "type")
    if role is not None:
        details["role"] = role
    if connection.secrets.api_token is not None:
        spender = client.spend_user()
        details["Spend & Expense"] = (
            f"{text(spender, 'email') or text(spender, 'uuid') or '?'} ({text(spender, 'role')})"
        )
    skew = None if at is None else (connection.now() - at).total_seconds()
    return Identity(
        account=text(user, "email") or user_id or organisation,
        organisation=f"{name} ({organisation})" if name else organisation,
        permissions_missing=tuple(_refused(client)),
        clock_skew_s=skew,
        details=details,
    )


def _refused(client: BillClient) -> Iterator[str]:
    """Every list we read, asked for one row: roles refuse call by call."""
    for entity in ENTITIES.values():
        try:
            client.page(entity, max_rows=1)
        except RejectedError as error:
            yield f"{entity.what}: {error.sentence}"


def _approvals(client: BillClient) -> tuple[bool, bool]:
    """Whether bills wait for approval here, and whether that could be read. The list is a bare array."""
    try:
        found = client.get("bill-approvals/policies")
    except (RejectedError, NotFoundError):
        return False, False
    policies = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return any((text(one, "status") or "").upper() in ACTIVE for one in policies), isinstance(found, list)


def _synced(client: BillClient) -> str:
    """Traces of BILL's own accounting sync: the only flags that v3 shows are on payments."""
    try:
        listing = client.page(ENTITIES[ObjectType.PAYMENT], sort="updatedTime:desc", max_rows=LOOKED_AT)
    except RejectedError:
        return "not readable"
    return "yes" if any(text(row, "syncReference") for row in listing.rows) else "no trace"


def _may_record(connection: BillConnection, client: BillClient, user_id: str | None) -> str:
    if connection.settings.record_payments != "auto":
        return {"on": "yes", "off": "no"}[connection.settings.record_payments]
    role = text(inner(_optional(client, f"users/{user_id}"), "role"), "type") if user_id else None
    if role in RECORDERS:
        return "yes"
    return "no" if role in NO_RECORDERS else "unknown"


def _organisation_name(client: BillClient, organisation: str) -> str | None:
    return text(_optional(client, f"organizations/{organisation}"), "name")


def _optional(client: BillClient, path: str) -> Row:
    """What a role may not be allowed to read; empty then. The name is all that is taken of it."""
    try:
        found = client.get(path)
    except (RejectedError, NotFoundError):
        return {}
    return found if isinstance(found, dict) else {}
