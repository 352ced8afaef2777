"""Procurify as core sees it: object types, what each can do, limits, hosts, help."""

from mlc import Capability, GrantKind, ObjectSupport, Quota, QuotaWindow, Settings, Strategy, System
from mlc.records import ObjectType

from mlc_procurify import SYSTEM, __version__
from mlc_procurify.settings import ProcurifySecrets, ProcurifySettings

READ = frozenset({Capability.READ})
CONNECT_HELP = (
    "In Procurify: Settings > Integrations > (Tools) API > View > Create Application. Copy the client ID and the "
    "client secret; the secret is shown once. The application acts as the user who created it: use a service user "
    "whose role may read bills, purchase orders, payments, vendors and accounts."
)
NOTES = (
    "Procurify publishes no rate limits and suspends clients that time out: one call at a time, two a second.",
    "Procurify has no webhooks; it is polled.",
    "Procurify has no credit notes: a bill with a negative total is read as a vendor credit.",
)
OBJECTS = (
    ObjectSupport(ObjectType.CURRENCY, READ, natural_key=("code",), has_change_filter=False),
    ObjectSupport(ObjectType.ACCOUNT, READ, natural_key=("code",), has_change_filter=False),
    ObjectSupport(ObjectType.DIMENSION, READ, natural_key=("kind", "name"), has_change_filter=False),
    ObjectSupport(
        ObjectType.VENDOR,
        frozenset({Capability.READ, Capability.CREATE, Capability.UPDATE, Capability.FIND}),
        natural_key=("external_code", "name"),
        strategy=Strategy.SEARCH,
        has_change_filter=False,
    ),
    ObjectSupport(ObjectType.PURCHASE_ORDER, READ, natural_key=("po_number",), complete_in_list=False, number_max=30),
    ObjectSupport(
        ObjectType.BILL,
        READ | {Capability.ATTACH},
        natural_key=("vendor", "bill_number"),
        complete_in_list=False,
        number_max=50,
        note="Also yields vendor credits. Bills can be marked as paid (by writing a payment), nothing else.",
    ),
    ObjectSupport(
        ObjectType.PAYMENT,
        frozenset({Capability.READ, Capability.CREATE}),
        strategy=Strategy.CALLER_KEY,
        note="Writing one marks whole approved bills as paid; no money moves and partial payments cannot be said.",
    ),
)


def hosts(settings: Settings) -> tuple[str, ...]:
    """The tenant's own host, and the storage hosts the operator allowed."""
    if not isinstance(settings, ProcurifySettings):
        return ()
    return (settings.host, *settings.attachment_hosts)


def describe() -> System:
    return System(
        name=SYSTEM,
        title="Procurify",
        version=__version__,
        settings=ProcurifySettings,
        secrets=ProcurifySecrets,
        grants=(GrantKind.CLIENT_CREDENTIALS,),
        objects=OBJECTS,
        hosts=hosts,
        quotas=(Quota(QuotaWindow.SECOND, 2), Quota(QuotaWindow.CONCURRENCY, 1)),
        concurrency=1,
        connect_help=CONNECT_HELP,
        notes=NOTES,
    )
