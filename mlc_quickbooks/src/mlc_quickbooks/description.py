"""QuickBooks Online as core sees it: object types, capabilities, quotas, hosts, consent."""

from mlc import (
    Capability,
    Consent,
    GrantKind,
    ObjectSupport,
    Quota,
    QuotaScope,
    QuotaWindow,
    Strategy,
    System,
    Webhooks,
)
from mlc.records import DimensionKind, ObjectType

from mlc_quickbooks import SYSTEM, VERSION
from mlc_quickbooks.auth import authorize_url, exchange
from mlc_quickbooks.probe import BOOKS
from mlc_quickbooks.render_parties import NAME_MAX
from mlc_quickbooks.render_parts import NUMBER_MAX
from mlc_quickbooks.settings import MONTHLY_READS, QuickBooksSecrets, QuickBooksSettings, hosts, shared
from mlc_quickbooks.sources import IDS_MAX
from mlc_quickbooks.webhooksteps import setup_steps

PER_MINUTE = 500
#: Ten a second by the limits page, ten at once by older ones: both are kept.
PER_SECOND = 10
IN_FLIGHT = 10
#: How long QuickBooks knows a request id is not documented: an uncertain create is repeated under its id for so long,
#: then looked up.
REPLAY_VALID_S = 3600.0

_READ = frozenset({Capability.READ, Capability.FIND})
_FOLLOWED = _READ | {Capability.WEBHOOKS}
_KEPT = _FOLLOWED | {Capability.CREATE, Capability.UPDATE}
_POSTED = _KEPT | {Capability.ATTACH}
_HEADER = frozenset({DimensionKind.DEPARTMENT})

OBJECTS = (
    ObjectSupport(ObjectType.ACCOUNT, _FOLLOWED, natural_key=("code",), read_batch=IDS_MAX),
    ObjectSupport(
        ObjectType.DIMENSION, frozenset({Capability.READ, Capability.WEBHOOKS}), natural_key=("kind", "name"),
        read_batch=IDS_MAX, note="departments (locations on the screens) and classes",
    ),
    ObjectSupport(ObjectType.PAYMENT_TERM, _FOLLOWED, natural_key=("name",), read_batch=IDS_MAX),
    ObjectSupport(
        ObjectType.TAX_RATE, _READ, natural_key=("name",), has_change_filter=False, read_batch=IDS_MAX,
        note="tax codes with the rates on purchases",
    ),
    ObjectSupport(
        ObjectType.EXCHANGE_RATE, frozenset({Capability.READ}), natural_key=("from_currency", "valid_from"),
        has_change_filter=False, note="of the currencies and days in the settings",
    ),
    ObjectSupport(ObjectType.ITEM, _FOLLOWED, natural_key=("name",), read_batch=IDS_MAX),
    ObjectSupport(
        ObjectType.VENDOR, _KEPT, natural_key=("name",), strategy=Strategy.REPLAY_KEY, replay_valid_s=REPLAY_VALID_S,
        read_batch=IDS_MAX, name_max=NAME_MAX, one_currency=True, moves=frozenset(),
        note="a name is unique among vendors, customers and employees together, inactive ones included",
    ),
    ObjectSupport(
        ObjectType.PURCHASE_ORDER, _POSTED | {Capability.VOID}, natural_key=("po_number",),
        strategy=Strategy.REPLAY_KEY, replay_valid_s=REPLAY_VALID_S, read_batch=IDS_MAX, number_max=NUMBER_MAX,
        header_dimensions=_HEADER, closes=True, moves=frozenset(),
        note="void closes the order; departments have no place on it",
    ),
    ObjectSupport(
        ObjectType.BILL, _POSTED, natural_key=("vendor", "bill_number"), strategy=Strategy.REPLAY_KEY,
        replay_valid_s=REPLAY_VALID_S, read_batch=IDS_MAX, number_max=NUMBER_MAX, lock_area=BOOKS,
        header_dimensions=_HEADER, moves=frozenset({ObjectType.PURCHASE_ORDER}),
        note="cannot be void, and is never deleted by us",
    ),
    ObjectSupport(
        ObjectType.VENDOR_CREDIT, _POSTED, natural_key=("vendor", "bill_number"), strategy=Strategy.REPLAY_KEY,
        replay_valid_s=REPLAY_VALID_S, read_batch=IDS_MAX, number_max=NUMBER_MAX, lock_area=BOOKS,
        header_dimensions=_HEADER, moves=frozenset(), note="cannot be void, and is never deleted by us",
    ),
    ObjectSupport(
        ObjectType.JOURNAL_ENTRY, _POSTED, natural_key=("entry_number",), strategy=Strategy.REPLAY_KEY,
        replay_valid_s=REPLAY_VALID_S, read_batch=IDS_MAX, number_max=NUMBER_MAX, lock_area=BOOKS,
        moves=frozenset(), note="no due date, no bill number, no check for doubles by vendor",
    ),
    ObjectSupport(
        ObjectType.PAYMENT, _FOLLOWED, natural_key=("party", "reference", "payment_date"), read_batch=IDS_MAX,
        note="read only: people pay in QuickBooks",
    ),
)  # fmt: skip

CONNECT_HELP = """\
developer.intuit.com: make an app with the scope Accounting. Keys and credentials shows Client ID and Client Secret, one
pair for development (sandbox companies) and one for production (after Intuit's questionnaire).
Redirect URIs: add the one shown here. Production keys take only https addresses and no localhost: register one of
your own, and paste the address that the browser ends at.
Whoever consents has to be an administrator of the QuickBooks company, and chooses it in the browser."""


def system() -> System:
    """QuickBooks Online."""
    return System(
        name=SYSTEM,
        title="QuickBooks Online",
        version=VERSION,
        settings=QuickBooksSettings,
        secrets=QuickBooksSecrets,
        grants=(GrantKind.AUTHORIZATION_CODE, GrantKind.API_TOKEN),
        objects=OBJECTS,
        hosts=hosts,
        quotas=(
            Quota(QuotaWindow.SECOND, PER_SECOND),
            Quota(QuotaWindow.MINUTE, PER_MINUTE),
            Quota(QuotaWindow.MONTH, MONTHLY_READS, scope=QuotaScope.APP, counts="read"),
            Quota(QuotaWindow.CONCURRENCY, IN_FLIGHT),
        ),
        concurrency=IN_FLIGHT,
        connect_help=CONNECT_HELP,
        consent=Consent(authorize_url=authorize_url, exchange=exchange),
        webhooks=Webhooks(accepted=200, within_s=3.0, quiet_after_s=3 * 86_400.0, setup=setup_steps),
        shared=shared,
        notes=(
            "Reads are metered by the month for all companies of an app; writes are not.",
            "A refresh token dies after 100 days without use, and five years after the consent.",
            "Bills, credits and journal entries cannot be void; nothing is ever deleted by us.",
        ),
    )
