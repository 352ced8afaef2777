"""What the operator supplies for QuickBooks Online, and the hosts that calls may go to."""

import re
from collections.abc import Mapping
from typing import Literal

from mlc import QuotaScope, Secrets, Settings
from mlc.errors import ConfigError
from pydantic import Field, SecretStr, field_validator

#: Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features
API_HOSTS = {"production": "quickbooks.api.intuit.com", "sandbox": "sandbox-quickbooks.api.intuit.com"}
#: Where consent, tokens and their description live, for both environments.
CONSENT_HOST = "appcenter.intuit.com"
OAUTH_HOST = "oauth.platform.intuit.com"
DISCOVERY_HOST = "developer.api.intuit.com"
#: Calls that read, a month, in the free tier. Vendor doc:
#: https://blogs.intuit.com/2026/01/08/understanding-builder-tier-api-limits-for-you-and-your-customers
MONTHLY_READS = 500_000
#: A sandbox is not metered.
UNMETERED = 10**9
_CURRENCY = re.compile(r"[A-Z]{3}")


class QuickBooksSettings(Settings):
    environment: Literal["production", "sandbox"] = Field(
        default="production",
        description="production, or a sandbox company. Each has keys of its own; keys of one never reach the other.",
    )
    realm_id: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,20}$",
        description="Company id (realm): the gear, Account and settings, or Ctrl+Alt+?. Found out by itself when you "
        "authorise in a browser; then it is checked. Needed with a refresh token minted elsewhere.",
    )
    workspace: str = Field(
        default="default",
        description="Name for the app's workspace at Intuit. Connections of one name share its monthly reads.",
    )
    monthly_reads: int = Field(
        default=MONTHLY_READS,
        ge=1000,
        description="Metered reads a month of that workspace: 500,000 in the Builder tier, 1 million in Silver, 10 in "
        "Gold, 75 in Platinum. Writes and tokens are not metered; a sandbox is not either, and has no such budget.",
    )
    minor_version: int = Field(default=75, ge=75, le=999, description="minorversion of every call.")
    page_size: int = Field(default=1000, ge=10, le=1000, description="Rows of a query; QuickBooks takes 1000 at most.")
    overlap_s: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="Seconds that a pass repeats; QuickBooks does not say whether changedSince is included.",
    )
    change_days: int = Field(
        default=29,
        ge=1,
        le=30,
        description="A pass whose last one is older reads the whole list: change data capture reaches back 30 days.",
    )
    currencies: tuple[str, ...] = Field(
        default=(), description='Foreign currencies whose exchange rates are read, e.g. ["EUR", "GBP"].'
    )
    rate_days: int = Field(
        default=7,
        ge=1,
        le=400,
        description="So many days back rates are read; each day and currency is a metered read a day and process.",
    )
    time_zone: str | None = Field(
        default=None,
        description="Time zone of the company, e.g. America/Los_Angeles, where QuickBooks does not state it.",
    )
    payable_account: str | None = Field(
        default=None,
        description="The payables account of documents that name none: its id, number or name. Only needed where the "
        "company has several of one currency.",
    )
    post_as: Literal["bill", "journal"] = Field(
        default="bill",
        description="bill: what vendors ask for is posted as a Bill. journal: as a JournalEntry with a department on "
        "every line and one payables line with the vendor; QuickBooks then knows no due date and checks no number. "
        "Credits are VendorCredits either way.",
    )
    vendor_updates: Literal["sparse", "full"] = Field(
        default="sparse",
        description="sparse: a vendor's change is marked as partial, so that tax number and bank details, which are "
        "never read whole, stay as they are. full: as the reference documents it; both are lost with the first change.",
    )
    duplicate_numbers: Literal["refuse", "company"] = Field(
        default="refuse",
        description="refuse: QuickBooks is asked to refuse a number that it has (where the company warns of "
        "duplicates). company: it is told to take it (include=allowduplicatedocnum); only our own comparison is left.",
    )

    @field_validator("currencies")
    @classmethod
    def _are_codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        odd = [code for code in value if not _CURRENCY.fullmatch(code)]
        if odd:
            raise ValueError(f"{odd[0]!r} is no currency code of three capital letters")
        return value


class QuickBooksSecrets(Secrets):
    client_id: SecretStr = Field(description="Client ID of the app (developer.intuit.com, Keys and credentials).")
    client_secret: SecretStr = Field(description="Client secret of the same environment's key pair.")
    refresh_token: SecretStr | None = Field(
        default=None,
        description="A refresh token minted elsewhere; not needed when you authorise with mlc connect. Nothing else "
        "may use it afterwards: its value changes, and two users of one kill it.",
    )
    webhook_verifier: SecretStr | None = Field(
        default=None, description="Verifier token that the developer portal shows beside the webhook's URL."
    )


def hosts(settings: Settings) -> tuple[str, ...]:
    """Host names that calls may go to."""
    return (API_HOSTS[typed(settings).environment], CONSENT_HOST, OAUTH_HOST, DISCOVERY_HOST)


def shared(settings: Settings) -> Mapping[QuotaScope, str]:
    """The monthly budget belongs to the app's workspace, the other limits to the company."""
    own = typed(settings)
    app = f"{own.environment}:{own.workspace}"
    found = {QuotaScope.APP: app}
    if own.realm_id is not None:
        found[QuotaScope.TENANT] = f"{app}:{own.realm_id}"
    return found


def typed(settings: Settings) -> QuickBooksSettings:
    if not isinstance(settings, QuickBooksSettings):
        raise ConfigError("These settings are not those of a QuickBooks connection.")
    return settings


def monthly_reads(settings: QuickBooksSettings) -> int:
    """The month's budget of reads; a sandbox has none."""
    return settings.monthly_reads if settings.environment == "production" else UNMETERED
