"""What renderings of several entities share: losses, changes, references, texts within limits. Pure."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mlc import Binding, Loss, RenderContext
from mlc.errors import MappingError
from mlc.records import DimensionKind, DimensionValue, Part, Ref
from mlc.wire import Body

from mlc_quickbooks import SYSTEM
from mlc_quickbooks.entities import JOURNAL_BILL, Entity
from mlc_quickbooks.notes import NOTE, mark, mark_in, room_beside, with_mark
from mlc_quickbooks.settings import QuickBooksSettings
from mlc_quickbooks.versions import token_of

NUMBER_MAX = 21
DESCRIPTION_MAX = 4000
CENT = Decimal("0.01")

#: Keys of ``Probe.extra``.
US, CLASSES, DEPARTMENTS, MULTICURRENCY, PAYABLE = (
    "us", "classes", "departments", "multicurrency", "payable_account",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rendering:
    """One record on its way into QuickBooks' words; collects what has no place there."""

    settings: QuickBooksSettings
    context: RenderContext
    binding: Binding | None
    losses: list[Loss] = field(default_factory=list)

    @property
    def updating(self) -> bool:
        return self.binding is not None

    @property
    def as_journal(self) -> bool:
        """Whether a bill is a journal entry: what is there stays what it is, a new one is what the settings say."""
        if self.binding is not None:
            return self.binding.main.external_id.startswith(JOURNAL_BILL.prefix)
        return self.settings.post_as == "journal"

    @property
    def is_us(self) -> bool:
        return self.context.probe.extra.get(US, "yes") == "yes"

    def fact(self, name: str) -> str | None:
        return self.context.probe.extra.get(name)

    def lose(self, name: str, reason: str) -> None:
        """Note a field that had data and no place."""
        self.losses.append(Loss(name, reason))

    def changes(self, record: Part, name: str) -> bool:
        """Whether a field is to be written: on an update only what was seen and has changed."""
        fields = self.context.fields
        return record.known(name) and (fields is None or name in fields) if self.updating else record.known(name)

    def changes_any(self, record: Part, names: frozenset[str]) -> bool:
        return any(self.changes(record, name) for name in names)

    def clipped(self, name: str, value: str | None, most: int) -> str | None:
        """A text within the member's limit; what is cut off is a loss."""
        if value is None or len(value) <= most:
            return value
        self.lose(name, f"longer than the {most} characters that QuickBooks keeps; cut")
        return value[:most]

    def note(self, memo: str | None, before: Body) -> str | None:
        """The memo and the line with our key: made with the document, and kept by every change of the memo."""
        stands = before.get(NOTE)
        line = mark_in(stands if isinstance(stands, str) else None) if self.updating else mark(self.context.record_key)
        return with_mark(self.clipped("memo", memo, room_beside(line)), line)

    def target(self) -> Body:
        """Id and token of the record that is changed. A stale token is refused there.

        Raises: MappingError when its token is not known.
        """
        bound = self.binding.main if self.binding is not None else None
        token = token_of(bound.version) if bound is not None else None
        if bound is None or token is None:
            raise MappingError("Its version in QuickBooks is not known: it has to be read before it is changed.")
        own = bound.external_id.removeprefix(JOURNAL_BILL.prefix) if self.as_journal else bound.external_id
        return {"Id": own, "SyncToken": token}


def reference(value: str | None) -> Body | None:
    return None if value is None else {"value": value}


def required(ref: Ref | None, name: str) -> str:
    """The target's id of a reference that QuickBooks insists on. Raises MappingError."""
    if ref is None or ref.source_id is None:
        raise MappingError(f"QuickBooks needs the {name}, and none is known there.", field=name, system=SYSTEM)
    return ref.source_id


def storable(amount: Decimal, place: str) -> Decimal:
    """An amount as QuickBooks keeps it: with two decimals, whatever its currency has.

    Raises: MappingError for one that would be rounded there.
    """
    if amount != amount.quantize(CENT):
        raise MappingError(
            f"QuickBooks keeps amounts with two decimals, and {amount:f} would be rounded: enter it there by hand.",
            field=place,
            system=SYSTEM,
        )
    return amount


def own_dimension(value: DimensionValue, entity: Entity) -> str | None:
    """QuickBooks' own id of a department or class."""
    if value.kind is not entity.kind or value.source_id is None or not value.source_id.startswith(entity.prefix):
        return None
    return value.source_id.removeprefix(entity.prefix)


def is_department(value: DimensionValue) -> bool:
    return value.kind is DimensionKind.DEPARTMENT


def number(stated: str | None, name: str) -> str | None:
    if stated is not None and len(stated) > NUMBER_MAX:
        raise MappingError(
            f"QuickBooks takes numbers of at most {NUMBER_MAX} characters, and {stated} has {len(stated)}: it has to "
            "be shortened before it is sent.",
            field=name,
            system=SYSTEM,
        )
    return stated


def ledger_day(on: date | None, context: RenderContext, name: str) -> date:
    """The one date QuickBooks keeps: the ledger date, unless it was moved into an open period on purpose."""
    moved = context.overrides.get("moved_to")
    found = date.fromisoformat(moved) if moved else on
    if found is None:
        raise MappingError("A document needs its date: QuickBooks would take today's.", field=name, system=SYSTEM)
    return found
