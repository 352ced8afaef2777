"""Which lists a write may move on the side it went to, beyond what its answer told."""

from mlc.engine.intents import Intent
from mlc.engine.session import Session
from mlc.recipes import KEPT_LISTS
from mlc.records import MoneyDocument, ObjectType
from mlc.system import System

#: Our own writes move their versions: the lists that were written to are read once more at the end of a run.
READ_AGAIN = frozenset(
    {
        ObjectType.PURCHASE_ORDER,
        ObjectType.BILL,
        ObjectType.VENDOR_CREDIT,
        ObjectType.PAYMENT,
        ObjectType.INVOICE,
        ObjectType.CUSTOMER,
        ObjectType.CONTACT,
    }
)
PEOPLE = frozenset({ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.INVOICE})


def moved_by(system: System, wrote: ObjectType) -> frozenset[ObjectType]:
    """Types whose versions a write of this one may move there: a payment moves those of its bills."""
    support = system.support(wrote)
    if support is not None and support.moves is not None:
        return support.moves & READ_AGAIN
    if wrote in KEPT_LISTS:  # what points to an entry is not changed by it
        return frozenset()
    return PEOPLE if wrote in PEOPLE else READ_AGAIN - PEOPLE


def note_moved(session: Session, intent: Intent) -> None:
    """Something was written: unless its answer told all of it, lists are looked at again. A document that names no
    order moves none."""
    moved = moved_by(session.system(intent.side), intent.object_type)
    if moved if _names_an_order(intent) else moved - {ObjectType.PURCHASE_ORDER}:
        session.wrote.add((intent.side, intent.object_type))


def _names_an_order(intent: Intent) -> bool:
    document = intent.rendered
    if not isinstance(document, MoneyDocument):
        return True  # nothing is known of it
    return any(line.purchase_order is not None or line.purchase_order_line is not None for line in document.lines)
