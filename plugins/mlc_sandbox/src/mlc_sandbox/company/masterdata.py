"""Lists and parties of a seeded company: what its documents point to."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum


class AccountKind(IntEnum):
    """Kind of an account code, numbered as procurement numbers it."""

    ASSET = 0
    LIABILITY = 1
    EXPENSE = 2
    INCOME = 3
    EQUITY = 4
    OTHER = 5


class TaxKind(StrEnum):
    """Why a tax has its rate: four kinds of "nothing" stay four kinds."""

    STANDARD = "standard"
    ZERO = "zero_rated"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    NOT_RECOVERABLE = "not_recoverable"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency; ``rates`` are base units for one unit, each valid from its date, oldest first."""

    code: str
    name: str
    id: int
    ledger_id: str
    exponent: int
    rates: tuple[tuple[date, Decimal], ...]

    def rate_on(self, day: date) -> Decimal:
        """Base units for one unit of this currency on that day, or the first rate known."""
        known = [rate for start, rate in self.rates if start <= day]
        return known[-1] if known else self.rates[0][1]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``country`` is free text as a user typed it, ``country_code`` what it means."""

    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    country_code: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place of business; all of a seeded company's locations belong to one legal entity."""

    key: str
    id: int
    name: str
    currency: str
    timezone: str
    address: Address
    external_id: str
    legal_entity: str
    headquarter: bool
    ledger_id: str


@dataclass(frozen=True, slots=True)
class Department:
    """A department of one location; ``ledger_tag_option`` is its reporting-tag option, if any."""

    key: str
    id: int
    name: str
    location: str
    external_id: str
    ledger_tag_option: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account code. ``id`` is None when procurement lacks it, ``ledger_id`` None when the ledger does.

    ``ledger_code`` is the ledger's own code where it differs, so that only a value map joins the two.
    """

    code: str
    name: str
    kind: AccountKind
    id: int | None
    ledger_id: str | None
    ledger_type: str
    active: bool = True
    ledger_active: bool = True
    parent: str | None = None
    header: bool = False
    control: bool = False
    ledger_code: str | None = None

    @property
    def postable(self) -> bool:
        """Whether a bill line may be posted to it in the ledger."""
        ok_types = {"expense", "other_expense", "cost_of_goods_sold", "fixed_asset", "other_current_asset"}
        return bool(
            self.ledger_id and self.ledger_active and not (self.header or self.control) and self.ledger_type in ok_types
        )


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax as procurement names it; ``ledger_id`` is the ledger tax, None where none fits."""

    key: str
    name: str
    rate: Decimal
    kind: TaxKind
    id: int
    ledger_id: str | None
    ledger_name: str


@dataclass(frozen=True, slots=True)
class PaymentTerm:
    """Days until a bill is due."""

    key: str
    name: str
    days: int
    id: int


@dataclass(frozen=True, slots=True)
class MoneyAccount:
    """An account that money leaves from; ``ledger_id`` None means that nobody has mapped it."""

    key: str
    name: str
    gl_code: str
    currency: str
    kind: str
    id: int
    ledger_id: str | None


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor as procurement shows it; ``contact`` is the ledger contact a correct match reaches, if any."""

    key: str
    id: int
    name: str
    vendor_type: int
    active: bool
    address: Address
    contact_name: str
    emails: tuple[str, ...]
    phone: str
    website: str
    currency: str
    term: str
    external_id: str | None
    is_1099: bool
    modified_at: datetime
    contact: str | None
    prefix: str
    tax: str | None
