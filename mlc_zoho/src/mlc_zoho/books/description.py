"""Zoho Books as core sees it: object types, capabilities, quotas, hosts, consent."""

from functools import partial

from mlc import (
    Capability,
    Consent,
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
from mlc.errors import ConfigError
from mlc.records import ObjectType

from mlc_zoho import VERSION
from mlc_zoho.auth import authorize_url, exchange
from mlc_zoho.books.settings import SCOPES, BooksSettings
from mlc_zoho.books.webhooksteps import setup_steps
from mlc_zoho.settings import ZohoSecrets, ZohoSettings, hosts

NAME = "zoho-books"
PER_MINUTE = 100
#: Of the free plan; the probe tells the plan's own.
PER_DAY = 1000
#: Of the free plan, half of a paid one: the rest is left to people and to other programs.
IN_FLIGHT = 5

_READ = frozenset({Capability.READ, Capability.FIND})
_FOLLOWED = _READ | {Capability.WEBHOOKS}
_KEPT = _FOLLOWED | {Capability.CREATE, Capability.UPDATE}
_POSTED = _KEPT | {Capability.VOID, Capability.ATTACH}

OBJECTS = (
    ObjectSupport(ObjectType.CURRENCY, _READ, natural_key=("code",), has_change_filter=False),
    ObjectSupport(ObjectType.ACCOUNT, _READ, natural_key=("code",)),
    ObjectSupport(ObjectType.TAX_RATE, _READ, natural_key=("name", "rate"), has_change_filter=False),
    ObjectSupport(
        ObjectType.DIMENSION, frozenset({Capability.READ}), natural_key=("kind", "set_name", "name"),
        has_change_filter=False, note="locations and options of reporting tags",
    ),
    ObjectSupport(
        ObjectType.PAYMENT_TERM, frozenset({Capability.READ}), natural_key=("days",),
        note="those of active vendors: Zoho Books lists no terms",
    ),
    ObjectSupport(
        ObjectType.EXCHANGE_RATE, frozenset({Capability.READ}), natural_key=("from_currency", "valid_from"),
        has_change_filter=False, note="those with a day, read once an hour at most",
    ),
    ObjectSupport(ObjectType.ITEM, _FOLLOWED, natural_key=("code",)),
    ObjectSupport(
        ObjectType.VENDOR, _KEPT, natural_key=("name",), strategy=Strategy.UNIQUE_FIELD, complete_in_list=False,
        note="a name is unique among vendors and customers together",
    ),
    ObjectSupport(
        ObjectType.CUSTOMER, _KEPT, natural_key=("name",), strategy=Strategy.UNIQUE_FIELD, complete_in_list=False,
        moves=frozenset({ObjectType.CUSTOMER, ObjectType.CONTACT}),
    ),
    ObjectSupport(
        ObjectType.CONTACT, _READ | {Capability.CREATE, Capability.UPDATE}, natural_key=("customer", "email"),
        swept=False, moves=frozenset(),
        note="contact persons of customers; read with their customer, removed ones are seen with its next change",
    ),
    ObjectSupport(
        ObjectType.PURCHASE_ORDER, _POSTED, natural_key=("po_number",), strategy=Strategy.UNIQUE_FIELD,
        complete_in_list=False, note="void cancels the order",
    ),
    ObjectSupport(
        ObjectType.BILL, _POSTED | {Capability.MARK}, natural_key=("vendor", "bill_number"),
        strategy=Strategy.UNIQUE_FIELD, complete_in_list=False, lock_area="purchases",
    ),
    ObjectSupport(
        ObjectType.VENDOR_CREDIT, _POSTED - {Capability.ATTACH}, natural_key=("vendor", "bill_number"),
        complete_in_list=False, number_max=100, lock_area="purchases", note="no upsert by unique field",
    ),
    ObjectSupport(
        ObjectType.PAYMENT, _FOLLOWED | {Capability.CREATE, Capability.REVERSE},
        natural_key=("party", "reference", "payment_date"),
        strategy=Strategy.UNIQUE_FIELD, complete_in_list=False, lock_area="payments",
        note="recording a vendor payment moves no money; never deleted by us, only taken off its bills and refunded",
    ),
    ObjectSupport(
        ObjectType.EXPENSE, _KEPT, natural_key=("expense_number", "issue_date"), strategy=Strategy.UNIQUE_FIELD,
        complete_in_list=False, lock_area="purchases",
        note="money spent already; never deleted by us",
    ),
    ObjectSupport(ObjectType.INVOICE, _FOLLOWED, natural_key=("invoice_number",), complete_in_list=False),
)  # fmt: skip

CONNECT_HELP = """\
Zoho API console (https://api-console.zoho.com, or the console of your own data centre):
Add Client, Server-based Applications, with the redirect URI shown here. Copy Client ID and Client Secret.
If other data centres are involved, tick them under Settings, Multi DC. Headless: a Self Client and its code also do.
Zoho Books: Settings, Organization Profile shows the organisation id. Settings, Preferences, Bills (and Vendors,
Purchase Orders, Payments Made), Field Customization: add a text field labelled Source Id (API name cf_source_id) and
tick that it must not take duplicate values. Without it records are looked up by their numbers instead."""


def system() -> System:
    """Zoho Books."""
    return System(
        name=NAME,
        title="Zoho Books",
        version=VERSION,
        settings=BooksSettings,
        secrets=ZohoSecrets,
        grants=(GrantKind.AUTHORIZATION_CODE, GrantKind.SELF_CLIENT, GrantKind.API_TOKEN),
        objects=OBJECTS,
        hosts=_hosts,
        quotas=(
            Quota(QuotaWindow.MINUTE, PER_MINUTE),
            Quota(QuotaWindow.DAY, PER_DAY, from_probe=True),
            Quota(QuotaWindow.CONCURRENCY, IN_FLIGHT, scope=QuotaScope.CONNECTION),
        ),
        concurrency=IN_FLIGHT,
        connect_help=CONNECT_HELP,
        consent=Consent(authorize_url=partial(authorize_url, scopes=SCOPES), exchange=exchange),
        webhooks=Webhooks(accepted=200, within_s=5.0, quiet_after_s=3 * 86_400.0, setup=setup_steps),
        notes=(
            "All limits are the organisation's and are shared with people and other programs.",
            "Lists carry no lines: every changed document costs one more call.",
            "Deletions are seen only by the nightly sweep.",
        ),
    )


def _hosts(settings: Settings) -> tuple[str, ...]:
    if not isinstance(settings, ZohoSettings):
        raise ConfigError("These settings are not those of a Zoho connection.")
    return hosts(settings)
