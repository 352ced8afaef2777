"""BILL's lists as data: paths, what they can be filtered by, how their ids begin.

Vendor doc: https://developer.bill.com/docs/filterable-fields, https://developer.bill.com/docs/search-op-with-lists
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlc.records import DimensionKind, ObjectType


@dataclass(frozen=True, slots=True)
class Entity:
    """One list.

    ``changes``: it can be filtered and sorted by ``updatedTime``. ``party``: the documented filter for whom a document
    belongs to. ``dated``: the field a Spend & Expense list is filtered by, days only.
    """

    path: str
    what: str
    changes: bool = False
    party: str | None = None
    id: str = "id"
    dated: str | None = None
    max: int = 100

    @property
    def spend(self) -> bool:
        return self.path.startswith("spend/")


ENTITIES: Mapping[ObjectType, Entity] = MappingProxyType(
    {
        ObjectType.VENDOR: Entity("vendors", "vendors", changes=True),
        ObjectType.CUSTOMER: Entity("customers", "customers", changes=True),
        ObjectType.BILL: Entity("bills", "bills", changes=True, party="vendorId"),
        ObjectType.VENDOR_CREDIT: Entity("vendor-credits", "vendor credits"),
        ObjectType.PAYMENT: Entity("payments", "payments", changes=True, party="vendorId"),
        ObjectType.INVOICE: Entity("invoices", "invoices", changes=True, party="customerId"),
        ObjectType.ACCOUNT: Entity("classifications/chart-of-accounts", "accounts"),
    }
)

#: Reads of Spend & Expense: card transactions and reimbursements, both expenses here.
TRANSACTIONS = Entity("spend/transactions", "transactions", id="uuid", dated="occurredTime", max=50)
REIMBURSEMENTS = Entity("spend/reimbursements", "reimbursements", id="uuid", dated="submittedTime")

USERS = Entity("spend/users", "users of Spend & Expense", id="uuid")
BUDGETS = Entity("spend/budgets", "budgets", id="uuid")


@dataclass(frozen=True, slots=True)
class Kind:
    """A list of values that lines are analysed by. ``key`` is its name inside a line's ``classifications``."""

    list: str
    kind: DimensionKind
    key: str

    @property
    def entity(self) -> Entity:
        return Entity(f"classifications/{self.list}", self.list.replace("-", " "))


KINDS = (
    Kind("departments", DimensionKind.DEPARTMENT, "departmentId"),
    Kind("accounting-classes", DimensionKind.CLASS, "accountingClassId"),
    Kind("locations", DimensionKind.LOCATION, "locationId"),
    Kind("jobs", DimensionKind.PROJECT, "jobId"),
    Kind("employees", DimensionKind.EMPLOYEE, "employeeId"),
)
BY_KIND = MappingProxyType({kind.kind: kind for kind in KINDS})
