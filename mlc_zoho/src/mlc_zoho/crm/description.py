"""Zoho CRM as core sees it: object types, capabilities, quotas, hosts, consent."""

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
from mlc_zoho.crm.client import IDS_MOST
from mlc_zoho.crm.settings import SCOPES, CrmSettings
from mlc_zoho.settings import ZohoSecrets, ZohoSettings, hosts

NAME = "zoho-crm"
#: Credits in 24 hours and calls at once of the free edition; the probe tells the edition's own credits.
PER_DAY = 5_000
IN_FLIGHT = 5
BATCH = 100
#: A channel lives six days; what it was given less is renewed at every look.
LOOK_S = 1_800.0
RENEW_BEFORE_S = 2 * 86_400.0

_READ = frozenset({Capability.READ, Capability.FIND})
_FOLLOWED = _READ | {Capability.WEBHOOKS}
_KEPT = _FOLLOWED | {Capability.CREATE, Capability.UPDATE}
#: A push reads what it has written, by one call for all; nothing else changes by it.
_TOLD: frozenset[ObjectType] = frozenset()

OBJECTS = (
    ObjectSupport(
        ObjectType.CUSTOMER, _KEPT, natural_key=("name",), strategy=Strategy.UNIQUE_FIELD, batch_size=BATCH,
        framed=True, read_batch=IDS_MOST, moves=_TOLD, note="accounts; never deleted or switched off by us",
    ),
    ObjectSupport(
        ObjectType.CONTACT, _KEPT, natural_key=("customer", "email"), strategy=Strategy.UNIQUE_FIELD,
        batch_size=BATCH, framed=True, read_batch=IDS_MOST, moves=_TOLD, note="people of accounts",
    ),
    ObjectSupport(
        ObjectType.DEAL, _FOLLOWED, natural_key=("name",), read_batch=IDS_MOST, note="read, never written",
    ),
    ObjectSupport(ObjectType.ITEM, _READ, natural_key=("name",), read_batch=IDS_MOST, note="products"),
    ObjectSupport(
        ObjectType.INVOICE, _KEPT | {Capability.VOID}, natural_key=("invoice_number",),
        strategy=Strategy.UNIQUE_FIELD, batch_size=BATCH, framed=True, read_batch=IDS_MOST, moves=_TOLD,
        note="shown with what was paid on them; void shows it as void",
    ),
)  # fmt: skip

CONNECT_HELP = """\
Zoho API console (https://api-console.zoho.com, or the console of your own data centre):
Add Client, Server-based Applications, with the redirect URI shown here. Copy Client ID and Client Secret.
The client of a Zoho Books connection does as well. Headless: a Self Client and its code also do.
Zoho CRM: Setup, Modules and Fields. In Accounts, Contacts, Products and Invoices add a single-line field labelled
Books Id (API name Books_Id) and tick that it must not take duplicate values. The user's profile needs API access.
Products, Create Product: Product Name Books invoice line, no price. Lines of invoices stand under it; mlc ping says
whether it was found. With create_product = true it is made, once the plan that says so was accepted."""


def system() -> System:
    """Zoho CRM."""
    return System(
        name=NAME,
        title="Zoho CRM",
        version=VERSION,
        settings=CrmSettings,
        secrets=ZohoSecrets,
        grants=(GrantKind.AUTHORIZATION_CODE, GrantKind.SELF_CLIENT, GrantKind.API_TOKEN),
        objects=OBJECTS,
        hosts=_hosts,
        quotas=(
            Quota(QuotaWindow.DAY, PER_DAY, from_probe=True),
            Quota(QuotaWindow.CONCURRENCY, IN_FLIGHT, scope=QuotaScope.CONNECTION),
        ),
        concurrency=IN_FLIGHT,
        keeps_rates=False,
        connect_help=CONNECT_HELP,
        consent=Consent(authorize_url=partial(authorize_url, scopes=SCOPES), exchange=exchange),
        webhooks=Webhooks(
            accepted=200,
            within_s=5.0,
            quiet_after_s=2 * 86_400.0,
            look_after_s=LOOK_S,
            renew_before_s=RENEW_BEFORE_S,
        ),
        notes=(
            "Credits and calls at once belong to the organisation and are shared with people and other programs.",
            "There is no standard module for payments: they are shown on the invoice.",
            "Every write says trigger: [], so that it sets off none of the organisation's own automations.",
        ),
    )


def _hosts(settings: Settings) -> tuple[str, ...]:
    if not isinstance(settings, ZohoSettings):
        raise ConfigError("These settings are not those of a Zoho connection.")
    return hosts(settings)
