"""Lists, page by page: changes since a watermark, or everything.

Invoices are a queue: a first pass and a sweep read those that wait for transfer and those that somebody has taken; a
pass over changes reads every status since. Lists without an entry are passed over in the same call, so that no page in
the middle is empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mlc import FetchMode, Page, SourceRecord
from mlc.errors import RejectedError, TransientError
from mlc.records import ObjectType

from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient, Listing
from mlc_basware.cursors import Position, read_position
from mlc_basware.dataaccess import refresh, vendor_row
from mlc_basware.entities import DOCUMENTS, EXPORTED_ORDERS, ORDERS, VENDORS, Resource, resources_of
from mlc_basware.redaction import without_secrets
from mlc_basware.register import open_register
from mlc_basware.schemas import FACTS, Row, moment, rows, text
from mlc_basware.settings import BaswareSettings
from mlc_basware.statuses import EXPORT, FOLLOWED, IN_PROGRESS, STANDARD, WAITING
from mlc_basware.versions import version_of

REFUSED_TOKEN = 400
#: Stands for a page in the list of suppliers that were typed into P2P.
TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Phase:
    """One list of several that a pass reads in order. ``but``: a status that an earlier phase has shown already."""

    resource: Resource
    params: Mapping[str, str] = field(default_factory=dict)
    but: str | None = None


def fetch(connection: BaswareConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    """One page. The last page of the last list carries the watermark.

    Raises: AuthError, RateLimitedError, RejectedError, TransientError.
    """
    position = read_position(cursor)
    since = position.since if mode is FetchMode.CHANGES else None
    listed = phases(connection.settings, object_type, changes=since is not None)
    typed = object_type is ObjectType.VENDOR and connection.settings.data_access
    if not listed:  # what is only written there has no list
        return Page((), watermark=position.watermark())
    stored = position.page
    while True:
        if position.part == len(listed):
            return _suppliers(connection, position)
        phase = listed[position.part]
        try:
            listing = _listing(connection, phase, since, position)
        except RejectedError as error:
            if position.page is None or error.status != REFUSED_TOKEN:
                raise
            if position.page != stored:
                raise _broken_list(connection, phase) from error
            position, stored = replace(position, page=None), None  # it grew too old: this list is read anew
            continue
        if position.start is None and listing.at is not None:
            start = listing.at - timedelta(seconds=connection.settings.overlap_s)
            position = replace(position, start=start)
        wanted = [row for row in listing.rows if is_wanted(connection.settings, phase, row, since)]
        found = tuple(source_record(phase.resource, row) for row in _once(phase.resource, wanted))
        if typed:
            _note_posted(connection, listing.rows)
        if listing.next is not None:
            position = replace(position, page=listing.next)
        elif position.part + 1 < len(listed) + typed:
            position = replace(position, part=position.part + 1, page=None)
        else:
            return Page(found, watermark=position.watermark())
        if found:
            return Page(found, next_cursor=position.text())


def _suppliers(connection: BaswareConnection, position: Position) -> Page:
    """The last list of vendors: those that extracts tell of and the API does not know."""
    settings = connection.settings
    with open_register(connection) as register:
        if position.page is None:
            refresh(connection, register)
        birth, _, number = (position.seen or "").partition(":")
        told = int(number) if birth == register.birth and number.isdigit() else 0
        found = register.after(told, settings.page_size)
        told = found[-1].number if found else told
        position = replace(position, page=TYPED, seen=f"{register.birth}:{told}")
    records = tuple(source_record(VENDORS, vendor_row(settings, one)) for one in found)
    if len(found) < settings.page_size:
        return Page(records, watermark=position.watermark())
    return Page(records, next_cursor=position.text())


def _note_posted(connection: BaswareConnection, found: Iterable[Row]) -> None:
    with open_register(connection) as register:
        register.note_elsewhere(code for row in found if (code := text(row, VENDORS.id)) is not None)


def phases(settings: BaswareSettings, object_type: ObjectType, *, changes: bool) -> list[Phase]:
    """The lists of a type, in the order a pass reads them."""
    found = []
    for resource in resources_of(settings, object_type):
        for company in _companies(settings, resource):
            if resource is DOCUMENTS:
                found += _document_phases(settings, company, changes=changes)
            else:
                found.append(Phase(resource, company))
    return found


def is_wanted(settings: BaswareSettings, phase: Phase, row: Row, since: datetime | None) -> bool:
    """Ours, changed since, and of a kind that is carried: a filter may be ignored over there."""
    at = moment(row, "lastUpdated")
    if since is not None and at is not None and at <= since:
        return False
    return is_ours(settings, phase.resource, row) and _is_carried(phase, row)


def is_ours(settings: BaswareSettings, resource: Resource, row: Row) -> bool:
    """Whether it belongs to a company of this ledger. What names no company belongs to all."""
    if resource is ORDERS and text(row, "sourceSystem") not in (None, settings.source_system):
        return False
    company = text(row, "companyCode")
    if company is not None:
        return company in settings.company_codes
    named = {text(one, "companyCode") for one in rows(row, "companies")}
    return not named or bool(named & set(settings.company_codes))


def source_record(resource: Resource, row: Row, *, complete: bool | None = None) -> SourceRecord:
    """A row as core keeps it: without bank details, with the list it comes from beside it."""
    payload = without_secrets(dict(row))
    payload.setdefault(FACTS, {"list": resource.path})
    return SourceRecord(
        id=id_of(resource, row),
        version=version_of(row),
        payload=payload,
        complete=resource is not ORDERS if complete is None else complete,
        modified_at=_utc(moment(row, "lastUpdated")),
    )


def id_of(resource: Resource, row: Row) -> str:
    """A record's id: its business code, with the list in front where several share a type."""
    return resource.prefix + (text(row, resource.id) or text(row, "externalCode") or "")


def _is_carried(phase: Phase, row: Row) -> bool:
    if phase.resource is DOCUMENTS:
        status = text(row, "processingStatus")
        if text(row, "p2pProcessingMode") not in (None, STANDARD) or status == phase.but:
            return False
        asked = phase.params.get("ProcessingStatus")
        return status == asked if asked is not None else status in EXPORT
    if phase.resource is EXPORTED_ORDERS:  # those we brought in ourselves would come back as strangers
        return text(row, "documentSource") == "P2P"
    return True


def _document_phases(settings: BaswareSettings, company: Mapping[str, str], *, changes: bool) -> list[Phase]:
    mode = {**company, "p2pProcessingMode": STANDARD}
    waiting = Phase(DOCUMENTS, {**mode, "ProcessingStatus": WAITING})
    if not changes:
        return [waiting, Phase(DOCUMENTS, {**mode, "ProcessingStatus": IN_PROGRESS})]
    if settings.all_statuses_list:
        return [waiting, Phase(DOCUMENTS, mode, but=WAITING)]
    return [waiting, *(Phase(DOCUMENTS, {**mode, "ProcessingStatus": status}) for status in FOLLOWED)]


def _companies(settings: BaswareSettings, resource: Resource) -> list[dict[str, str]]:
    """The company filters that a list is asked with. Master data of several companies is read once and compared."""
    if len(settings.company_codes) == 1 and resource.by_company:
        return [{"companyCode": settings.company_codes[0]}]
    if resource in (DOCUMENTS, ORDERS, EXPORTED_ORDERS):
        return [{"companyCode": code} for code in settings.company_codes]
    return [{}]


def _listing(connection: BaswareConnection, phase: Phase, since: datetime | None, position: Position) -> Listing:
    most = min(connection.settings.page_size, phase.resource.most)
    params = {"pageSize": str(most), **phase.params}
    if since is not None:
        params["lastUpdated"] = stamp(since)
    listing = BaswareClient(connection).page(phase.resource.url, phase.resource.wrapper, params, token=position.page)
    if listing.next is not None and listing.next == position.page:
        raise _broken_list(connection, phase)
    return listing


def _broken_list(connection: BaswareConnection, phase: Phase) -> TransientError:
    return TransientError(
        f"Basware's list of {phase.resource.path} leads to a page that is none of its own; the pass starts again.",
        system=connection.system,
        connection=connection.name,
    )


def stamp(at: datetime) -> str:
    """A moment as Basware's filters take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)


def _once(resource: Resource, found: Iterable[Row]) -> Iterable[Row]:
    """Each id once, and none without."""
    seen: set[str] = set()
    for row in found:
        record_id = id_of(resource, row)
        if record_id != resource.prefix and record_id not in seen:
            seen.add(record_id)
            yield row
