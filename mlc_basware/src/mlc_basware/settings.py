"""What the operator supplies for Basware, and the hosts that calls may go to."""

import re
from collections.abc import Mapping
from typing import Literal, Self
from urllib.parse import urlsplit

from mlc import QuotaScope, Secrets, Settings
from mlc.errors import ConfigError
from pydantic import Field, SecretStr, field_validator, model_validator

#: Region → what stands between ``api`` and the domain. Only EU is confirmed for production; the others follow its form.
REGIONS = {"eu": "", "us": "us.", "au": "au.", "ca": "ca."}
ENVIRONMENTS = {"production": "api", "test": "test-api"}
#: What is carried of a supplier in Data Access → its column, as far as anybody has told. Basware's tables are the
#: tenant's: ``supplier_columns`` names others.
SUPPLIER_COLUMNS = {
    "code": "SUPPLIER_CODE",
    "name": "SUPPLIER_NAME",
    "company": "COMPANY_CODE",
    "currency": "CURRENCY_CODE",
    "payment_term": "PAYMENT_TERM_CODE",
    "tax_number": "VAT_NUMBER",
    "active": "IS_ACTIVE",
}
NEEDED_COLUMNS = frozenset({"code", "name", "company"})
LIST_KEY = r"^(costCenters|projects|ACC_LIST_([1-9]|[12][0-9]|3[0-5])|INV_LIST_([1-9]|1[0-9]|20)|CUST_RESOLVER_[1-5])$"


class BaswareSettings(Settings):
    region: Literal["eu", "us", "au", "ca"] = Field(
        default="eu", description="Region of the customer's P2P system: eu, us, au or ca."
    )
    environment: Literal["production", "test"] = Field(
        default="production", description="production, or Basware's test environment, which shares nothing with it."
    )
    base_url: str | None = Field(
        default=None,
        description="Base address of the API, such as https://test-api.us.basware.com, where it is another than region "
        "and environment give. It wins.",
    )
    tenant: str | None = Field(
        default=None,
        description="A name of the Basware tenant, where connections to several of them use one host. Connections to "
        "one tenant share its limits, and no company code may belong to two of them.",
    )
    authentication: Literal["oauth2", "basic"] = Field(
        default="oauth2",
        description="oauth2: client_id and client_secret; basic: username and password on every call.",
    )
    scopes: tuple[str, ...] = Field(
        default=(), description="Scopes to ask for instead of those the other settings need (oauth2)."
    )
    source_system: str = Field(
        pattern=r"^[A-Za-z0-9._-]{1,36}$",
        description="Name of the ledger in Basware, one per ledger, such as ZOHO-EU1. Never change it: orders are "
        "identified by it.",
    )
    code_prefix: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,20}$",
        description="Begin of every externalCode, such as zb. Default: source_system. Never change it: every record "
        "would be made a second time.",
    )
    company_codes: tuple[str, ...] = Field(
        min_length=1, description="Basware company codes that belong to this ledger. Nothing else is read or written."
    )
    organization_element: str | None = Field(
        default=None,
        pattern=r"^\S.{0,23}\S$",
        description="Code of the organisation element that sees the purchase orders; needed to send orders.",
    )
    inherit_to_children: bool = Field(default=False, description="Companies below those of company_codes inherit.")
    language: str = Field(
        default="en-US", pattern=r"^[a-z]{2}-[A-Z]{2}$", description="Language of the names that are sent."
    )
    dimensions: dict[str, str] = Field(
        default={"cost_center": "costCenters", "department": "costCenters", "project": "projects"},
        description="Where each kind of dimension lives: costCenters, projects, or a list such as ACC_LIST_3. The key "
        "is the kind, or kind and set, such as tag:Region.",
    )
    list_code_column: Literal["text_1", "text_2", "text_3", "text_4", "text_5"] = Field(
        default="text_1", description="Column of a list that holds an item's code."
    )
    list_name_column: Literal["text_1", "text_2", "text_3", "text_4", "text_5"] = Field(
        default="text_2", description="Column of a list that holds an item's name."
    )
    payment_means_code: str | None = Field(
        default=None,
        max_length=25,
        description="Payment means of new vendors, such as WIRE. A vendor's currency belongs to one: without it no "
        "currency is sent.",
    )
    tax_scheme: str = Field(default="VAT", max_length=32, description="Identifier scheme of a vendor's tax number.")
    registration_scheme: str | None = Field(
        default=None, max_length=32, description="Identifier scheme of a vendor's registration number, if there is one."
    )
    po_mode: Literal["matching_order", "requisition"] = Field(
        default="matching_order",
        description="matching_order: orders for invoice matching; requisition: purchase requisitions, which start an "
        "approval in P2P, may be mailed to the supplier and cannot be changed.",
    )
    receipts: Literal["none", "basware"] = Field(
        default="none", description="basware: order lines want goods receipts in P2P before they match."
    )
    exported_orders: bool = Field(
        default=False, description="Read orders that were made in P2P (scope exportedPurchaseOrders)."
    )
    credit_types: tuple[str, ...] = Field(
        default=(), description="Invoice types (invoiceTypeCode) that are credit notes, beside negative totals."
    )
    all_statuses_list: bool = Field(
        default=True,
        description="An invoice list without a ProcessingStatus shows every status. False: each is asked for.",
    )
    attachments: bool = Field(default=True, description="Fetch pictures of invoices, where the tenant exports them.")
    confirm_by: Literal["request_status", "error_feedbacks"] = Field(
        default="request_status",
        description="Where the outcome of a write is read. error_feedbacks, the older one, tells errors only.",
    )
    feedback_quiet_s: int = Field(
        default=900,
        ge=300,
        le=86_400,
        description="With error_feedbacks: seconds without an error after which a write counts as done.",
    )
    webhook_signature: Literal["any", "hex", "sha256=hex", "base64"] = Field(
        default="any", description="Encoding of X-BWAPI-Signature-256; any accepts all three."
    )
    redirect_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts that downloads may be redirected to, without credentials. A refused one is named.",
    )
    data_access: bool = Field(
        default=False,
        description="Read suppliers that were typed into P2P from Data Access, an add-on of Basware's.",
    )
    extracts_folder: str | None = Field(
        default=None,
        pattern="^/",
        description="Whole path of a folder where mlc keeps what it read from extracts, since each can be downloaded "
        "five times only; needed with data_access. Keep it as you keep mlc's database.",
    )
    supplier_columns: dict[str, str] = Field(
        default={},
        description="Columns of ADM_SUPPLIER that are called otherwise with this tenant, such as "
        '{ tax_number = "VAT_REG_NO" }, of code, name, company, currency, payment_term, tax_number, active. An empty '
        "name says that there is none.",
    )
    data_access_every_s: int = Field(
        default=3_600, ge=3_600, description="Seconds between two looks for new extracts, an hour at least."
    )
    data_access_scopes: tuple[str, ...] = Field(
        default=(), description="Scopes that Data Access needs (oauth2), where Basware names any."
    )
    network: bool = Field(
        default=False,
        description="Fetch the picture of an invoice that has none from the Basware Network (username and password).",
    )
    network_url: str | None = Field(
        default=None, description="Base address of the Network API, where it is another than that of P2P."
    )
    page_size: int = Field(default=500, ge=1, le=500, description="Rows per page, where a list takes so many.")
    overlap_s: int = Field(default=120, ge=0, le=86_400, description="Seconds that a pass over changes repeats.")
    daily_calls: int = Field(
        default=20_000, ge=100, description="Calls a day; Basware publishes no numbers of its fair use."
    )

    @field_validator("base_url", "network_url")
    @classmethod
    def _whole_address(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query:
                raise ValueError("it is https:// and a host, nothing more")
        return value

    @field_validator("dimensions")
    @classmethod
    def _known_lists(cls, value: dict[str, str]) -> dict[str, str]:
        for key, target in value.items():
            if not re.match(LIST_KEY, target):
                raise ValueError(f"dimensions.{key}: {target} is no list of Basware's")
        return value

    @field_validator("company_codes")
    @classmethod
    def _short_companies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        odd = [code for code in value if not code.strip() or len(code) > 25]
        if odd or len(set(value)) != len(value):
            raise ValueError("company codes have 1 to 25 characters, each once")
        return value

    @field_validator("supplier_columns")
    @classmethod
    def _columns_there(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = value.keys() - SUPPLIER_COLUMNS.keys()
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: there are {', '.join(SUPPLIER_COLUMNS)}")
        for needed in ("code", "name"):
            if not value.get(needed, needed).strip():
                raise ValueError(f"a supplier cannot be read without its {needed}")
        return value

    @model_validator(mode="after")
    def _place_for_extracts(self) -> Self:
        if self.data_access and self.extracts_folder is None:
            raise ValueError("data_access needs extracts_folder, a folder where mlc keeps what it read")
        return self

    def columns(self) -> dict[str, str]:
        """What is carried of a supplier → the column it stands in, in capitals."""
        named = {**SUPPLIER_COLUMNS, **self.supplier_columns}
        return {ours: theirs.strip().upper() for ours, theirs in named.items() if theirs.strip()}


class BaswareSecrets(Secrets):
    client_id: SecretStr | None = Field(default=None, description="Client id of the API client (oauth2).")
    client_secret: SecretStr | None = Field(default=None, description="Client secret of the API client (oauth2).")
    username: SecretStr | None = Field(
        default=None, description="User of HTTP Basic (authentication = basic, or network)."
    )
    password: SecretStr | None = Field(default=None, description="Password of HTTP Basic.")
    webhook_token: SecretStr | None = Field(
        default=None, description="webhookAuthenticationToken of a subscription made by hand; mlc keeps its own."
    )


def host_of(settings: BaswareSettings) -> str:
    """The API's host; an explicit one wins, known or not."""
    if settings.base_url is not None:
        return urlsplit(settings.base_url).hostname or ""
    return f"{ENVIRONMENTS[settings.environment]}.{REGIONS[settings.region]}basware.com"


def shared(settings: Settings) -> Mapping[QuotaScope, str]:
    """Connections of one host are taken for those of one tenant, unless they say otherwise."""
    own = typed(settings)
    return {QuotaScope.TENANT: own.tenant or own.endpoint or host_of(own)}


def hosts(settings: Settings) -> tuple[str, ...]:
    own = typed(settings)
    return (host_of(own), *((network_host(own),) if own.network else ()), *own.redirect_hosts)


def network_host(settings: BaswareSettings) -> str:
    """The Network's host: P2P's own, where no other is named."""
    return host_of(settings) if settings.network_url is None else urlsplit(settings.network_url).hostname or ""


def prefix_of(settings: BaswareSettings) -> str:
    """How every externalCode of ours begins."""
    return settings.source_system if settings.code_prefix is None else settings.code_prefix


def typed(settings: Settings) -> BaswareSettings:
    """Raises ConfigError for the settings of another system."""
    if not isinstance(settings, BaswareSettings):
        raise ConfigError("These settings are not those of a Basware connection.")
    return settings
