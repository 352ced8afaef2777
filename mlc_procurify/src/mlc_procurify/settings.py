"""What the operator must supply to reach a Procurify tenant."""

import re
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlc import Secrets, Settings
from pydantic import Field, SecretStr, field_validator

SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


class BillType(StrEnum):
    """Procurify's three kinds of bill, in words; the wire says 0, 1, 2."""

    ORDER = "order"
    EXPENSE = "expense"
    CREDITCARD = "creditcard"


class OrderRole(StrEnum):
    """Whose purchase orders are listed: a segment of the list's path."""

    PURCHASED = "purchased"
    RECEIVABLE = "receivable"


class ProcurifySettings(Settings):
    subdomain: str = Field(description="The part before .procurify.com in your address, e.g. acme.")
    bill_types: tuple[BillType, ...] = Field(
        default=(BillType.ORDER,), min_length=1, description="Kinds of bill to read: order, expense, creditcard."
    )
    order_role: OrderRole = Field(
        default=OrderRole.PURCHASED, description="Role of the purchase-order list: purchased or receivable."
    )
    page_size: int = Field(
        default=100, ge=1, le=500, description="Rows asked for per page; halved when a page times out."
    )
    time_zone: str = Field(
        default="UTC", description="Zone of document dates that come with a time of day other than midnight."
    )
    bill_overlap_s: int = Field(
        default=600, ge=0, description="Seconds that each pass over bills and payments repeats of the one before."
    )
    order_overlap_days: int = Field(
        default=1, ge=1, description="Days that each pass over purchase orders repeats; its filter knows only days."
    )
    attachment_hosts: tuple[str, ...] = Field(
        default=(), description="Storage hosts that invoice files may be downloaded from, e.g. files.example.com."
    )
    vendor_name_max: int = Field(
        default=150, ge=1, le=150, description="Longest vendor name to write; 50 when Procurify's own sync is on."
    )
    vendor_type: int = Field(
        default=3, description="Type of vendors created here: 2 punchout, 3 preferred, 4 regular, 7 checkout."
    )
    bill_link: str = Field(
        default="https://{subdomain}.procurify.com/api/v2/ap/bills/{uuid}/",
        description="Address shown for a bill; {subdomain}, {uuid} and {id} are filled in.",
    )

    @field_validator("subdomain")
    @classmethod
    def _subdomain(cls, value: str) -> str:
        if not SUBDOMAIN.fullmatch(value):
            raise ValueError(
                "the subdomain is only the part before .procurify.com, in small letters, digits and dashes: "
                "for https://acme.procurify.com it is acme"
            )
        return value

    @field_validator("time_zone")
    @classmethod
    def _time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone; write it like America/Vancouver") from error
        return value

    @field_validator("attachment_hosts")
    @classmethod
    def _attachment_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not HOST.fullmatch(host) or "." not in host:
                raise ValueError(f"{host!r} is not a host name; write files.example.com, without https:// and path")
        return value

    @field_validator("vendor_type")
    @classmethod
    def _vendor_type(cls, value: int) -> int:
        if value not in (2, 3, 4, 7):
            raise ValueError("Procurify lets vendors be created with type 2, 3, 4 or 7 only (6 is a card provider)")
        return value

    @field_validator("bill_link")
    @classmethod
    def _bill_link(cls, value: str) -> str:
        try:
            value.format(subdomain="a", uuid="b", id="c")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("the link may hold {subdomain}, {uuid} and {id}, and no other braces") from error
        return value

    @property
    def host(self) -> str:
        return f"{self.subdomain}.procurify.com"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class ProcurifySecrets(Secrets):
    client_id: SecretStr = Field(description="Client ID of the application made in Procurify's settings.")
    client_secret: SecretStr = Field(description="Its client secret; Procurify shows it once.")
