"""QuickBooks' entities as data: names, whether they can be inactive, what makes up a version.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/account
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlc.records import DimensionKind, ObjectType


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity.

    ``listed``: a list entity, never deleted but made inactive. ``tracked``: change data capture knows it.
    ``versioned``: members beside ``SyncToken`` that a version is made of, because others' writes change them.
    ``members``: those that a whole object without a value leaves out, so that their absence says "empty".
    ``prefix``: before its ids, where two entities make up one object type, since ids repeat between entities.
    """

    name: str
    object_type: ObjectType
    listed: bool = False
    tracked: bool = True
    versioned: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    prefix: str = ""
    kind: DimensionKind | None = None

    @property
    def path(self) -> str:
        return self.name.lower()


_NAMES = (
    "Title", "GivenName", "FamilyName", "CompanyName", "AcctNum", "WebAddr", "PrimaryEmailAddr", "PrimaryPhone",
    "Mobile", "BillAddr", "TermRef",
)  # fmt: skip
_HEADER = ("DocNumber", "PrivateNote", "TxnTaxDetail", "LinkedTxn")

ACCOUNT = Entity("Account", ObjectType.ACCOUNT, listed=True, members=("AcctNum", "ParentRef"))
DEPARTMENT = Entity(
    "Department", ObjectType.DIMENSION, listed=True, members=("ParentRef",), prefix="D", kind=DimensionKind.DEPARTMENT
)
CLASS = Entity("Class", ObjectType.DIMENSION, listed=True, members=("ParentRef",), prefix="C", kind=DimensionKind.CLASS)
TERM = Entity("Term", ObjectType.PAYMENT_TERM, listed=True, members=("DueDays",))
TAX_CODE = Entity("TaxCode", ObjectType.TAX_RATE, listed=True, tracked=False, versioned=("_rates",))
TAX_RATE = Entity("TaxRate", ObjectType.TAX_RATE, listed=True, tracked=False)
ITEM = Entity("Item", ObjectType.ITEM, listed=True, members=("Sku", "Description"))
VENDOR = Entity("Vendor", ObjectType.VENDOR, listed=True, members=_NAMES)
PURCHASE_ORDER = Entity(
    "PurchaseOrder", ObjectType.PURCHASE_ORDER, versioned=("POStatus", "LinkedTxn"),
    members=(*_HEADER, "Memo", "DueDate", "ShipAddr"),
)  # fmt: skip
BILL = Entity(
    "Bill", ObjectType.BILL, versioned=("Balance", "LinkedTxn"),
    members=(*_HEADER, "DueDate", "SalesTermRef", "DepartmentRef"),
)  # fmt: skip
VENDOR_CREDIT = Entity(
    "VendorCredit", ObjectType.VENDOR_CREDIT, versioned=("Balance", "LinkedTxn"), members=(*_HEADER, "DepartmentRef")
)
BILL_PAYMENT = Entity(
    "BillPayment", ObjectType.PAYMENT, versioned=("TotalAmt",), members=("DocNumber", "PrivateNote", "Line")
)
JOURNAL_ENTRY = Entity("JournalEntry", ObjectType.JOURNAL_ENTRY, members=("DocNumber", "PrivateNote"))
#: What bill payments have settled of an entry; put beside it when it is read.
SETTLED = "_settled"
#: A bill that is posted as a journal entry (``post_as = "journal"``). Bills and entries may have equal ids.
JOURNAL_BILL = Entity(
    "JournalEntry", ObjectType.BILL, versioned=(SETTLED,), members=("DocNumber", "PrivateNote"), prefix="J"
)

_ALL = (
    ACCOUNT, DEPARTMENT, CLASS, TERM, TAX_CODE, ITEM, VENDOR, PURCHASE_ORDER, BILL, VENDOR_CREDIT, BILL_PAYMENT,
    JOURNAL_ENTRY,
)  # fmt: skip
DIMENSIONS = (DEPARTMENT, CLASS)

#: Object type → its entity; of dimensions the first.
ENTITIES: Mapping[ObjectType, Entity] = MappingProxyType({entity.object_type: entity for entity in reversed(_ALL)})


def entities_of(object_type: ObjectType, *, journals: bool = False) -> tuple[Entity, ...]:
    """The entities that an object type is read from. ``journals``: bills may be journal entries as well."""
    if object_type is ObjectType.DIMENSION:
        return DIMENSIONS
    if object_type is ObjectType.BILL and journals:
        return (BILL, JOURNAL_BILL)
    return (ENTITIES[object_type],)


def entity_of(object_type: ObjectType, external_id: str) -> Entity:
    """The entity of one record that is written."""
    if object_type is ObjectType.BILL and external_id.startswith(JOURNAL_BILL.prefix):
        return JOURNAL_BILL
    return ENTITIES[object_type]
