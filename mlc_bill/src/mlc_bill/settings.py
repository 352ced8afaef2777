"""What the operator supplies for BILL, and the hosts that calls may go to."""

from typing import Literal

from mlc import Secrets, Settings
from mlc.errors import ConfigError
from pydantic import Field, SecretStr

HOSTS = {"production": "gateway.prod.bill.com", "sandbox": "gateway.stage.bill.com"}
#: Vendor doc: https://developer.bill.com/docs/token-based-sign-in, https://developer.bill.com/reference/login
IDLE_S = {"sync_token": 48 * 3600, "user": 35 * 60}

DimensionList = Literal["departments", "accounting-classes", "locations", "jobs", "employees"]


class BillSettings(Settings):
    environment: Literal["production", "sandbox"] = Field(
        default="production", description="production, or BILL's sandbox (stage), which shares nothing with it."
    )
    organization_id: str = Field(
        pattern=r"^008[A-Za-z0-9]{5,40}$",
        description="The organisation, starting with 008 (Settings, Sync & Integrations, Manage Developer Keys). "
        "One connection is one organisation.",
    )
    login: Literal["sync_token", "user"] = Field(
        default="sync_token",
        description="sync_token: username and password are a sync token's name and value, whose session lives 48 idle "
        "hours; user: those of a person, 35 idle minutes.",
    )
    session_idle_s: int | None = Field(
        default=None, ge=60, description="Idle seconds after which a session is dead, where BILL's own are others."
    )
    key_name: str = Field(
        default="default",
        pattern=r"^[a-z0-9_-]{1,30}$",
        description="A name for the developer key. Connections of one name share its hourly limits.",
    )
    device: str | None = Field(
        default=None, max_length=40, description="The device that remember_me_id was made for (a trusted user login)."
    )
    base_currency: str = Field(
        default="USD", pattern=r"^[A-Z]{3}$", description="Currency that BILL funds payments in; it states none itself."
    )
    time_zone: str = Field(default="UTC", description="Zone in which moments of Spend & Expense become dates.")
    page_size: int = Field(default=100, ge=1, le=100, description="Rows asked for per page of a list.")
    overlap_s: int = Field(default=300, ge=0, le=86_400, description="Seconds that a pass over changes repeats.")
    dimensions: tuple[DimensionList, ...] = Field(
        default=("departments", "accounting-classes", "locations"),
        description="Lists read as dimensions; one that the organisation has switched off counts as empty.",
    )
    accounting_sync: Literal["auto", "yes", "no"] = Field(
        default="auto",
        description="Whether BILL's own accounting sync owns accounts and other lists. auto looks for its traces on "
        "recent payments.",
    )
    record_payments: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether payments made elsewhere are recorded in BILL. auto: unless the user's role forbids it.",
    )
    invoice_number_filter: bool = Field(
        default=False,
        description="Look bills up by invoice number too where no vendor is known; BILL does not document the filter.",
    )
    vendor_credit_filters: bool = Field(
        default=False, description="Filter vendor credits by vendor and change; BILL does not document it."
    )
    spend_lookback_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="Days back that every pass over Spend & Expense reads again: its lists tell of no changes.",
    )
    spend_webhooks: bool = Field(
        default=True, description="Subscribe to Spend & Expense events too, where there is an api_token (production)."
    )
    spend_account_field: str = Field(
        default="GL Account",
        min_length=1,
        description="Name of the Spend & Expense custom field in which people choose the ledger account.",
    )
    upload_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts of the storage that receipts are uploaded to. BILL names none; a refused one is named.",
    )
    security_key_path: Literal["security_key", "security-key"] = Field(
        default="security_key", description="Spelling of the call that makes a new webhook key; BILL's pages differ."
    )


class BillSecrets(Secrets):
    dev_key: SecretStr = Field(description="Developer key of the environment.")
    username: SecretStr = Field(description="Name of the sync token, or a user's e-mail address.")
    password: SecretStr = Field(description="Value of the sync token, or the user's password.")
    remember_me_id: SecretStr | None = Field(
        default=None, description="For a user login confirmed by a second factor: the rememberMeId; needs device."
    )
    api_token: SecretStr | None = Field(
        default=None, description="Spend & Expense API token, made by an administrator in the S&E profile."
    )
    webhook_key: SecretStr | None = Field(
        default=None, description="Security key of a webhook subscription that was made by hand; mlc keeps its own."
    )


def host_of(settings: BillSettings) -> str:
    """The gateway of the environment."""
    return HOSTS[settings.environment]


def hosts(settings: Settings) -> tuple[str, ...]:
    own = typed(settings)
    return (host_of(own), *own.upload_hosts)


def idle_s(settings: BillSettings) -> float:
    """How long a session of this kind of login lives unused."""
    return float(IDLE_S[settings.login] if settings.session_idle_s is None else settings.session_idle_s)


def typed(settings: Settings) -> BillSettings:
    """Raises ConfigError for the settings of another system."""
    if not isinstance(settings, BillSettings):
        raise ConfigError("These settings are not those of a BILL connection.")
    return settings
