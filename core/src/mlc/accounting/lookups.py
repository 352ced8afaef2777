"""What shaping asks about the target: a Protocol, so that shaping itself stays pure."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

from mlc.accounting.holdcodes import Hold
from mlc.records import Allocation, Charge, DimensionKind, DimensionValue, Line, LineTax, Rate, Ref


class Drop(Enum):
    """The map says that this value is deliberately left out of the target."""

    DROP = "drop"


class Fold(Enum):
    """The map says that this tax is not recoverable: it belongs into the price of its line."""

    FOLD = "fold"


@dataclass(frozen=True, slots=True)
class Found:
    """An account of the target. ``postable`` False: a header, control, bank or card account, named in ``why_not``."""

    ref: Ref
    postable: bool = True
    active: bool = True
    why_not: str = ""


class References(Protocol):
    """Answers with ids of the target, or None when there is no answer. Never raises for what is not there.

    Where a method may answer with a ``Hold``, that hold is handed on as it is (an inactive vendor, two candidates).
    """

    def vendor(self, ref: Ref) -> Ref | Hold | None:
        """The bound vendor's id in the target; its code is the currency that it is kept in there."""

    def customer(self, ref: Ref) -> Ref | Hold | None:
        """The bound customer's id in the target, like ``vendor``."""

    def vendor_in(self, ref: Ref, currency: str) -> Ref | None:
        """The bound vendor's part of this currency, where a vendor of the target holds one currency only."""

    def account(self, ref: Ref | None, dimensions: tuple[DimensionValue, ...]) -> Found | Hold | None:
        """The target's account for the source's account (None: the line names none) and the source's dimensions."""

    def tax(self, tax: LineTax, entity: Ref | None) -> Ref | Fold | Hold | None:
        """The target's tax by (entity, code or (name, rate), inclusive, treatment), as the source states it."""

    def dimension(self, value: DimensionValue) -> DimensionValue | Drop | None:
        """The target's value. None: not mapped. ``Drop.DROP``: mapped to nothing on purpose."""

    def dimension_like(self, value: DimensionValue, kind: DimensionKind) -> DimensionValue | None:
        """The target's only live value of another kind that has the code or the name of this one of its own."""

    def card_account(self, ref: Ref | None) -> Ref | Hold | None:
        """The target's account for the card or account that an expense was paid with; only what the map names."""

    def charge_account(self, charge: Charge) -> Ref | Hold | None:
        """The mapped account of a charge by kind or description; of kind ``tax`` the input-tax account."""

    def purchase_order(self, ref: Ref) -> Ref | None:
        """The bound order's id and number in the target."""

    def po_line(self, line: Line, allocation: Allocation | None) -> tuple[Ref, str] | None:
        """The bound order in the target and that target line's id, for one share of a bill line.

        ``allocation`` is None where the bill line is not split. ``keys.po_line_keys`` gives the line keys to look up.
        """

    def rate(self, currency: str, on: date) -> Rate | Hold | None:
        """The ledger's own exchange rate; asked only when the currency is not the ledger's."""
