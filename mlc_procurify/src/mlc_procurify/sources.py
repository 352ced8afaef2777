"""What is read of each object type: path, filter, identity, version. A table; reading it is in ``pages``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlc.records import DimensionKind, ObjectType

from mlc_procurify import versions
from mlc_procurify.parts import dimension_id
from mlc_procurify.settings import BillType, ProcurifySettings
from mlc_procurify.values import as_text, instant

Row = Mapping[str, Any]
TYPE_NUMBERS = {BillType.ORDER: 0, BillType.EXPENSE: 1, BillType.CREDITCARD: 2}
NO_OVERLAP = timedelta(0)


@dataclass(frozen=True, slots=True)
class Source:
    """One list.

    ``changed_since`` writes the filter of a moment, None where the list has none. ``modified`` is the row's field it
    goes by. ``whole_days``: the filter knows days only. ``keeps``: rows of kinds that were not asked for are left out.
    """

    path: str
    what: str
    identify: Callable[[Row], str | None]
    version: Callable[[Row], str]
    complete: bool = True
    modified: str | None = None
    changed_since: Callable[[datetime], tuple[tuple[str, str], ...]] | None = None
    whole_days: bool = False
    overlap: timedelta = NO_OVERLAP
    fixed: tuple[tuple[str, str], ...] = ()
    keeps: Callable[[Row], bool] = lambda row: True
    kind: DimensionKind | None = None
    needs_currencies: bool = False

    def is_older(self, row: Row, since: datetime | None) -> bool:
        """Whether a row lies before what was asked for: the filter was ignored. Without a readable date it is kept."""
        if since is None or self.modified is None:
            return False
        moment = instant(row.get(self.modified))
        if moment is None:
            return False
        if self.whole_days:
            return moment.date() < since.date()
        return moment < since.replace(microsecond=0)


def sources(object_type: ObjectType, settings: ProcurifySettings) -> tuple[Source, ...]:
    """The lists that make up an object type, read one after the other. Empty for a type that is not read."""
    match object_type:
        case ObjectType.BILL | ObjectType.VENDOR_CREDIT:
            return (_bills(settings),)
        case ObjectType.PURCHASE_ORDER:
            return (_orders(settings),)
        case ObjectType.PAYMENT:
            return (_payments(settings),)
        case ObjectType.VENDOR:
            return (VENDORS,)
        case ObjectType.ACCOUNT:
            return (ACCOUNT_CODES,)
        case ObjectType.DIMENSION:
            return (DEPARTMENTS, LOCATIONS)
        case ObjectType.CURRENCY:
            return (CURRENCIES,)
        case _:
            return ()


def _number(row: Row) -> str | None:
    return as_text(row.get("id"))


def _of(kind: DimensionKind) -> Callable[[Row], str | None]:
    def identify(row: Row) -> str | None:
        number = _number(row)
        return dimension_id(kind, number) if number else None

    return identify


def _bills(settings: ProcurifySettings) -> Source:
    numbers = [TYPE_NUMBERS[kind] for kind in settings.bill_types]
    return Source(
        path="/api/v3/ap/bills/",
        what="the list of bills",
        identify=lambda row: as_text(row.get("uuid")),
        version=versions.bill_version,
        complete=False,
        modified="last_modified_datetime",
        changed_since=lambda since: (("last_modified_datetime_0", _second(since)),),
        overlap=timedelta(seconds=settings.bill_overlap_s),
        fixed=(("type", str(numbers[0])),) if len(numbers) == 1 else (),
        keeps=lambda row: row.get("type") is None or row.get("type") in numbers,
    )


def _orders(settings: ProcurifySettings) -> Source:
    return Source(
        path=f"/api/v2/purchase_orders/{settings.order_role}/all/",
        what="the list of purchase orders",
        identify=lambda row: as_text(row.get("procurify_PO")),
        version=versions.order_version,
        complete=False,
        modified="last_modified",
        changed_since=lambda since: (("modified_date_0", since.astimezone(UTC).date().isoformat()),),
        whole_days=True,
        overlap=timedelta(days=settings.order_overlap_days),
    )


def _payments(settings: ProcurifySettings) -> Source:
    return Source(
        path="/api/public/v1/payments/",
        what="the list of payments",
        identify=lambda row: as_text(row.get("uuid")),
        version=versions.payment_version,
        modified="updated_at",
        changed_since=lambda since: (("updated_at_after", _second(since)),),
        overlap=timedelta(seconds=settings.bill_overlap_s),
        fixed=(("order_by", "updated_at"),),
    )


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


VENDORS = Source(
    path="/api/v3/vendors/all/",
    what="the list of vendors",
    identify=_number,
    version=versions.vendor_version,
    modified="dateModified",
    needs_currencies=True,
)
ACCOUNT_CODES = Source(
    path="/api/v3/account-codes/",
    what="the list of account codes",
    identify=_number,
    version=versions.content_version,
)
DEPARTMENTS = Source(
    path="/api/v3/departments/",
    what="the list of departments",
    identify=_of(DimensionKind.DEPARTMENT),
    version=versions.content_version,
    kind=DimensionKind.DEPARTMENT,
)
LOCATIONS = Source(
    path="/api/v2/locations/",
    what="the list of locations",
    identify=_of(DimensionKind.LOCATION),
    version=versions.content_version,
    kind=DimensionKind.LOCATION,
)
CURRENCIES = Source(
    path="/api/v2/currencies/",
    what="the list of currencies",
    identify=_number,
    version=versions.content_version,
)
