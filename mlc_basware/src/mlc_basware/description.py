"""Basware as core sees it: object types, capabilities, quotas, hosts."""

from mlc import Capability, GrantKind, ObjectSupport, Quota, QuotaScope, QuotaWindow, Strategy, System, Webhooks
from mlc.records import ObjectType

from mlc_basware import SYSTEM, VERSION
from mlc_basware.settings import BaswareSecrets, BaswareSettings, hosts, shared

#: Basware publishes no numbers; these are careful guesses.
PER_MINUTE = 120
PER_DAY = 20_000
IN_FLIGHT = 3
#: Two versions of a record within about a second: the earlier one is dropped.
SPACING_S = 2.0
#: Each record of a batch costs a read before it, and a write has to leave soon after it was decided.
MERGED_BATCH = 20
VENDOR_BATCH = 10
RATE_BATCH = 500
#: Of accounts, dimensions, tax codes and payment terms.
LONGEST_CODE = 25

_READ = frozenset({Capability.READ, Capability.FIND})
_KEPT = _READ | {Capability.CREATE, Capability.UPDATE}


def _master(
    object_type: ObjectType, key: tuple[str, ...], *, batch: int = MERGED_BATCH, find: bool = True, note: str = ""
) -> ObjectSupport:
    return ObjectSupport(
        object_type, _KEPT if find else _KEPT - {Capability.FIND}, natural_key=key, strategy=Strategy.CALLER_KEY,
        batch_size=batch, framed=True,
        spacing_s=SPACING_S, answers_later=True, applies_within_s=900.0, note=note,
        shows_refused=find,  # where our key does not find it, its list of outcomes does not either
        number_max=None if object_type is ObjectType.VENDOR else LONGEST_CODE,
    )  # fmt: skip


OBJECTS = (
    _master(
        ObjectType.VENDOR, ("vendor_code",), batch=VENDOR_BATCH,
        note="as posted to the API; what is typed into P2P's screens cannot be read. Inactive instead of deleted",
    ),
    _master(ObjectType.ACCOUNT, ("code",)),
    _master(ObjectType.DIMENSION, ("kind", "code"), note="cost centres, projects and lists, by the setting dimensions"),
    _master(ObjectType.TAX_RATE, ("code",)),
    _master(ObjectType.PAYMENT_TERM, ("code",)),
    _master(ObjectType.EXCHANGE_RATE, ("from_currency", "to_currency", "valid_from"), batch=RATE_BATCH, find=False),
    ObjectSupport(
        ObjectType.PURCHASE_ORDER, _KEPT | {Capability.VOID, Capability.WEBHOOKS}, natural_key=("po_number",),
        strategy=Strategy.CALLER_KEY, framed=True, spacing_s=SPACING_S, answers_later=True, shows_refused=True,
        applies_within_s=900.0, complete_in_list=False, number_max=100, people_approve=True, closes=True,
        note="sent as matching orders, header then lines; read: those, and by setting orders made in P2P",
    ),
    ObjectSupport(
        ObjectType.BILL, frozenset({Capability.READ, Capability.ATTACH, Capability.WEBHOOKS}),
        natural_key=("vendor", "bill_number"),
        swept=False, number_max=100, people_approve=True,
        note="approved invoices only; also yields vendor credits. None can be sent there",
    ),
    ObjectSupport(
        ObjectType.DOCUMENT_REPORT, frozenset({Capability.CREATE, Capability.FIND}), strategy=Strategy.CALLER_KEY,
        framed=True, spacing_s=SPACING_S, answers_later=True, shows_refused=True, applies_within_s=900.0,
        note="taken, posted, refused, paid",
    ),
)  # fmt: skip

CONNECT_HELP = """\
Basware's consultant or support makes an API client for the customer's P2P system, one per environment, and hands out
its client id and client secret (client_id, client_secret) together with the region (eu, us, au, ca).
Ask for these scopes: vendors, accounts, costCenters, lists, projects, taxCodes, paymentTerms, exchangeRates,
matchingOrders, matchingOrderLines, accountingDocuments (read and write), requestStatus (read), subscriptions.
HTTP Basic instead: set authentication = "basic" and enter username and password.
P2P's administration shows the company codes (company_codes) and organisation elements (organization_element)."""


def system() -> System:
    """Basware P2P."""
    return System(
        name=SYSTEM,
        title="Basware",
        version=VERSION,
        settings=BaswareSettings,
        secrets=BaswareSecrets,
        grants=(GrantKind.CLIENT_CREDENTIALS,),
        objects=OBJECTS,
        hosts=hosts,
        shared=shared,
        quotas=(
            Quota(QuotaWindow.MINUTE, PER_MINUTE),
            Quota(QuotaWindow.DAY, PER_DAY, from_probe=True),
            Quota(QuotaWindow.CONCURRENCY, IN_FLIGHT, scope=QuotaScope.CONNECTION),
        ),
        concurrency=IN_FLIGHT,
        connect_help=CONNECT_HELP,
        webhooks=Webhooks(accepted=200, within_s=10.0, max_bytes=100_000),
        notes=(
            "A write is accepted first; its outcome comes minutes later.",
            "Nothing is ever deleted there: what is gone becomes inactive.",
            "Basware publishes no numbers of its fair use; ours are careful guesses.",
        ),
    )
