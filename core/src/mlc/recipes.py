"""A recipe says what a pairing moves: flows, keys, owners, policies; ``mlc.toml`` overrides any of it."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from mlc.records import ObjectType


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Owner(StrEnum):
    """Who answers for a field (pairings 0.2). ``remit``: written at creation, a change is held (the remit rule)."""

    LEFT = "left"
    RIGHT = "right"
    HOLD = "hold"
    NEVER = "never"
    MERGE = "merge"
    ONCE = "once"
    REMIT = "remit"


class FlowMode(StrEnum):
    """``match``: only bound, never written. ``hold``: missing ones wait. ``write``: created and kept in step."""

    OFF = "off"
    MATCH = "match"
    HOLD = "hold"
    WRITE = "write"


class MatchKey(StrEnum):
    """What may tell that two parties are one, the surest first (R20)."""

    EXTERNAL_ID = "external_id"
    CODE = "code"
    TAX_NUMBER = "tax_number"
    EMAIL = "email"
    NAME = "name"


#: What documents point to. A flow of mode ``write`` creates these lists in the target and keeps them in step …
KEPT_LISTS = frozenset(
    {
        ObjectType.ACCOUNT,
        ObjectType.DIMENSION,
        ObjectType.TAX_RATE,
        ObjectType.PAYMENT_TERM,
        ObjectType.EXCHANGE_RATE,
    }
)
#: … and these are only ever matched.
MATCHED_LISTS = frozenset({ObjectType.CURRENCY, ObjectType.ITEM, ObjectType.DEAL})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Flow(_Model):
    """One object type in one direction.

    ``read_as`` is the object type it is read as at the source, where that differs (a credit is read as a bill).
    ``with_image`` sends the document's first image after it. ``owners`` maps canonical fields to their owner; a field
    that is not named is ``never``. ``only_used``: a party is created only once a document after go-live needs it.

    ``match_by``: what may tell which party of the other side this one is, in this order; a name that is not among them
    only proposes. ``only_customers``: only who meets the pairing's ``customer_when`` is taken. ``primary_owners``: the
    fields of the person to whom invoices go that have another owner than other persons' (the other side's change of
    one is held under the remit rule).

    ``shows``: the target is no ledger and shows what this side states; what is edited there is written back unasked.

    A list that is written (accounts, dimensions, tax rates, payment terms, exchange rates): ``categories`` are the
    account types or classes, or the kinds of dimension, that are carried; ``only_used`` takes a payment term once an
    active vendor has it. ``codes``: kind of dimension, or ``*`` → how the code is made that an entry gets there, the
    first of several forms (``{code}|QB{id}``) whose parts are all known, of ``{code}``, ``{id}``, ``{name}``,
    ``{days}``. A code once given never changes. Fields that no owner is named for are never changed later.

    What a system that hands documents over is told of them (R28) is a flow of ``document_report`` to it, from the
    ledger; its documents' own flows are posted only once they were taken. A flow of ``payment`` to a system that takes
    no payments, but wants to be told, tells what was paid.
    """

    name: str
    object: ObjectType
    source: Side = Field(alias="from")
    mode: FlowMode = FlowMode.WRITE
    after: tuple[str, ...] = ()
    read_as: ObjectType | None = None
    categories: tuple[str, ...] = ()
    owners: dict[str, Owner] = {}
    primary_owners: dict[str, Owner] = {}
    match_by: tuple[MatchKey, ...] = tuple(MatchKey)
    only_customers: bool = False
    shows: bool = False
    creates: bool = True
    only_used: bool = False
    with_image: bool = False
    codes: dict[str, str] = {}
    applies_within_s: float | None = None
    visible_within_s: float | None = None
    replay_valid_s: float | None = None
    request_deadline_s: float = 30.0
    note: str = ""

    @property
    def target(self) -> Side:
        return self.source.other

    @property
    def keeps_list(self) -> bool:
        """Whether it creates what documents point to, instead of only finding it."""
        return self.object in KEPT_LISTS and self.mode is FlowMode.WRITE

    @property
    def reads(self) -> ObjectType:
        return self.read_as or self.object


class TaxRule(_Model):
    """One line of the tax map: what the source says → the target's tax. ``to`` is the target's tax id, code or name, or
    ``fold`` for a tax that cannot be recovered and belongs into the price.

    ``treatment`` distinguishes what a percentage cannot: zero-rated, exempt, out of scope, reverse charge.
    ``direction``: what was paid on purchases and what is owed on sales are two taxes, even at one rate.
    """

    name: str | None = None
    rate: Decimal | None = None
    code: str | None = None
    inclusive: bool | None = None
    entity: str | None = None
    treatment: str | None = None
    direction: str = Field(default="purchase", pattern="^(purchase|sale)$")
    to: str | None = None


class PurchaseTax(StrEnum):
    """``auto``: ``fold`` where the target's edition cannot recover purchase tax, else ``code``."""

    AUTO = "auto"
    CODE = "code"
    FOLD = "fold"
    LINE = "line"


class DepartmentSplit(StrEnum):
    """``class``: each line gets the class of its department's name or code. ``split``: one document per department,
    numbered ``/1``, ``/2``. ``hold``: a person decides. ``auto``: ``class`` where all have one, else ``hold``."""

    AUTO = "auto"
    CLASS = "class"
    SPLIT = "split"
    HOLD = "hold"


class Maps(_Model):
    """Value maps: the source's code → the target's. Not retroactive (pairings 0.1)."""

    accounts: dict[str, str] = {}
    money_accounts: dict[str, str] = {}
    charges: dict[str, str] = {}
    """Kind of charge (``shipping``, ``handling``, ``other``) or its exact description → account."""
    dimensions: dict[str, str] = {}
    """``department:Plant`` → ``location:Main`` or ``tag:Department/Plant`` in the target; empty text leaves it out.
    For a list that is written, ``tag:Department/*`` → ``cost_center:*`` or ``custom:ACC_LIST_3/*`` says where a whole
    set goes."""
    taxes: tuple[TaxRule, ...] = ()


class FlowOverride(_Model):
    mode: FlowMode | None = None
    creates: bool | None = None
    only_used: bool | None = None
    categories: tuple[str, ...] | None = None
    owners: dict[str, Owner] | None = None
    primary_owners: dict[str, Owner] | None = None
    match_by: tuple[MatchKey, ...] | None = None
    with_image: bool | None = None
    codes: dict[str, str] | None = None
    applies_within_s: float | None = None
    visible_within_s: float | None = None
    replay_valid_s: float | None = None
    request_deadline_s: float | None = None


class Form(_Model):
    """A way to see customers: what connections have to say, by side, and what it changes in flows."""

    settings: dict[Side, dict[str, str]] = {}
    flows: dict[str, FlowOverride] = {}


class Limits(_Model):
    """Blast-radius limits per run and flow (R24); a run that would exceed one stops before sending and asks."""

    voids_min: int = 3
    voids_share: Decimal = Decimal("0.01")
    updates_min: int = 50
    updates_share: Decimal = Decimal("0.10")
    creates_factor: int = 3
    creates_min: int = 50


class StateFields(_Model):
    """Custom fields of a bill, by their API names, that show how the side that pays has it; others are not written."""

    approval: str | None = None
    payment: str | None = None


class Policy(_Model):
    """What an operator may set per pairing; a recipe supplies the defaults."""

    since: date | None = None
    scope: dict[Side, tuple[str, ...]] = {}
    """Side → codes or ids of the companies whose documents this pairing may see there; no entry: all of them."""
    payment_authority: Side | None = None
    missing_vendor: FlowMode = FlowMode.HOLD  # or write, which mlc.toml calls create
    create_vendors: str | None = Field(default=None, pattern="^(ask|auto)$")
    """Who is missing in a flow of mode ``hold``, also who is only named: ``ask`` proposes, ``auto`` makes them."""
    vendor_currencies: str = Field(default="part", pattern="^(part|hold)$")
    """Documents in another currency than the vendor's only one: ``part`` makes it once more in that currency."""
    customer_when: tuple[str, ...] = ("won_deal", "Customer")
    """Which accounts of a sales desk are customers: ``won_deal``, or a kind of account; who is bound is one."""
    max_new_customers: int = Field(default=50, ge=0)
    """New customers a run may make in the books without a person's acceptance (beside R24)."""
    deal_field: str | None = None
    """The deal's field whose value people write into an invoice's reference."""
    remit_changes: str = Field(default="hold", pattern="^(hold|apply)$")
    payment_rate: str = Field(default="ledger", pattern="^(ledger|source)$")
    """Whose rate a foreign payment is recorded at: the ledger's for the day, or the one the money really left at."""
    part_paid: str = Field(default="hold", pattern="^(hold|record)$")
    """A bill that is part paid when first seen: ``record`` sends it to the side that pays, and tells what was paid."""
    closed_period: str = Field(default="hold", pattern="^(hold|next_open)$")
    purchase_tax: PurchaseTax = PurchaseTax.AUTO
    rounding_limit: int = Field(default=5, ge=0)
    rounding_account: str | None = None
    freight_account: str | None = None
    department_split: DepartmentSplit = DepartmentSplit.AUTO
    """A document of several departments, where the target keeps one per document."""
    twins_expected: tuple[str, ...] = ()
    name_suffix: str | None = None
    state_fields: StateFields = StateFields()
    approve_in_target: str = Field(default="leave", pattern="^(leave|submit)$")
    maps: Maps = Maps()
    limits: Limits = Limits()
    payload_days: int = Field(default=30, ge=1)
    """How long the bytes of a settled write are kept; their digest stays for good."""
    every: str = "15m"
    jitter: str | None = None
    """How far slots may be moved so that many pairings do not begin at once; None: see ``schedule_of``."""


class Recipe(_Model):
    """One pairing's defaults, one file; ``left``, ``right``: systems; ``models``: its forms, the first by default."""

    name: str
    title: str
    left: str
    right: str
    requires: tuple[str, ...] = ()
    policy: Policy = Policy()
    flows: tuple[Flow, ...]
    models: dict[str, Form] = {}

    def flow(self, name: str) -> Flow:
        """One flow by name. Raises KeyError."""
        return {flow.name: flow for flow in self.flows}[name]


class Pairing(_Model):
    """A recipe applied to two connections, by name, with the operator's overrides: what the engine works from."""

    name: str
    recipe: str
    left: str
    right: str
    policy: Policy
    flows: tuple[Flow, ...]
    model: str | None = None
    """The recipe's form that was chosen; None where it has but one."""

    def connection(self, side: Side) -> str:
        return self.left if side is Side.LEFT else self.right

    def flow_for(self, object_type: ObjectType, source: Side) -> Flow | None:
        """The flow that carries records of this type born on this side; None when none does."""
        return next((flow for flow in self.flows if flow.object is object_type and flow.source is source), None)
