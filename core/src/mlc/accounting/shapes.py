"""What shaping needs to know of the target, and what comes out of it. Frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.lookups import References
from mlc.accounting.naming import TradeDocument, name_of, person_key
from mlc.contract import Loss
from mlc.recipes import Policy
from mlc.records import DimensionKind, PurchaseOrder
from mlc.tenants import Probe


class TaxRounding(StrEnum):
    """How the target rounds the tax it computes: per line, or once per tax over the document."""

    LINE = "line"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class TargetTraits:
    """What differs from target to target.

    ``number_max``: longest document number. ``number_fallback``: the number of a document that has none.
    ``negative_lines``: whether it takes them. ``order_rounding``: whether its orders have a place for rounding.
    ``price_decimals``: how many decimals of a unit price it keeps. ``keeps_rate``: whether a foreign document has one.
    ``line_accounts``: whether lines are coded to accounts there; where not, taxes stay in them. ``money_account``:
    whether an expense names the account it was paid from. ``header_dimensions``: kinds that lines do not have.
    """

    number_max: int | None = None
    number_fallback: str | None = None
    tax_rounding: TaxRounding = TaxRounding.LINE
    negative_lines: bool = True
    order_rounding: bool = False
    price_decimals: int = 8
    keeps_rate: bool = True
    line_accounts: bool = True
    money_account: bool = True
    header_dimensions: frozenset[DimensionKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Shaped:
    """A document as the target will get it.

    ``record``: lines split, references the target's, charges that are lines there turned into lines; its totals are
    those that the target will compute. ``overrides`` (R19): ``rounding`` (the amount), ``number`` (the full one),
    ``issue_date`` (the supplier's own date), ``moved_to`` (the open day it was moved to), ``discount`` = ``after_tax``
    where an order's discount leaves its tax alone (otherwise it lowers it). ``number`` and ``issue_date`` are the full
    number and the supplier's date, for twins; ``number_made``: the source states no number. ``departments``: of a
    document that becomes one per department, all of them in their order; this is one of them.
    """

    record: TradeDocument
    predicted_total: Decimal
    losses: tuple[Loss, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    number: str | None = None
    number_made: bool = False
    issue_date: date | None = None
    departments: tuple[str, ...] = ()


class Held(Exception):
    """Ends shaping with a hold; never leaves ``shape``."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.sentence)
        self.hold = hold


@dataclass(frozen=True, slots=True)
class Shaping:
    """One document's shaping: what is given, and the losses and overrides that gather on the way."""

    document: TradeDocument
    refs: References
    policy: Policy
    probe: Probe
    traits: TargetTraits
    moved_to: date | None = None
    department: str | None = None
    departments: tuple[str, ...] = ()
    losses: list[Loss] = field(default_factory=list)
    overrides: dict[str, str] = field(default_factory=dict)

    @property
    def currency(self) -> str | None:
        return self.document.currency

    @property
    def is_order(self) -> bool:
        """An order does not post: what a bill is held for may be a loss here."""
        return isinstance(self.document, PurchaseOrder)

    def held(
        self, code: HoldCode, why: str, *, waits: Waits = Waits.PERSON, key: str | None = None, **detail: object
    ) -> Held:
        """The hold to raise: ``why`` completes the sentence that the document's name begins."""
        sentence = f"{name_of(self.document)}: {why}."
        return Held(Hold(code, sentence, waits, key or person_key(self.document), detail))

    def lose(self, field_name: str, reason: str) -> None:
        """Remember a loss, once."""
        loss = Loss(field_name, reason)
        if loss not in self.losses:
            self.losses.append(loss)
