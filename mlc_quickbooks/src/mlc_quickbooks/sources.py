"""Rows as core keeps them: without secrets, with their version and the facts of their company."""

from collections.abc import Iterable, Mapping
from typing import Any

from mlc import SourceRecord
from mlc.records import Deletion, DeletionKind, ObjectType

from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.company import Company
from mlc_quickbooks.entities import BILL, JOURNAL_BILL, TAX_CODE, TAX_RATE, Entity
from mlc_quickbooks.journals import payable_line, with_settled
from mlc_quickbooks.queries import ANY_ACTIVE, select, within
from mlc_quickbooks.redaction import without_secrets
from mlc_quickbooks.schemas import COMPANY, ENTITY, RATES, Row, modified, rows, text
from mlc_quickbooks.versions import version_of

DELETED = "Deleted"
GONE_VERSION = "gone"
#: What people merge by giving one the name of another, and cannot delete.
_MERGED = frozenset({ObjectType.ACCOUNT, ObjectType.ITEM, ObjectType.VENDOR})
#: Ids that one question names; the list travels in the body.
IDS_MAX = 200


def record_id(entity: Entity, row: Row) -> str | None:
    """Our id of a row: QuickBooks' own, with the entity's letter where two entities make up a type."""
    stated = text(row, "Id")
    return None if stated is None else f"{entity.prefix}{stated}"


def own_id(entity: Entity, external_id: str) -> str | None:
    """QuickBooks' own id; None for an id of the other entity of the type, or of no form that QuickBooks has."""
    if entity is BILL and external_id.startswith(JOURNAL_BILL.prefix):
        return None
    stated = external_id.removeprefix(entity.prefix)
    ours = not entity.prefix or external_id.startswith(entity.prefix)
    return stated if ours and stated.isascii() and stated.replace("-", "").isalnum() else None


def source_record(entity: Entity, home: Company, row: Row) -> SourceRecord | None:
    """None for a row without an id."""
    found = record_id(entity, row)
    if found is None:
        return None
    return SourceRecord(found, version_of(entity, row), payload_of(entity, home, row), modified_at=modified(row))


def payload_of(entity: Entity | None, home: Company, row: Row) -> dict[str, Any]:
    """A whole object without secrets, with its empty members and the facts of its company."""
    payload: dict[str, Any] = without_secrets(dict(row))
    if entity is not None:
        payload = {**dict.fromkeys(entity.members), **payload}
        if entity.prefix:
            payload[ENTITY] = entity.name
    payload[COMPANY] = home.mark()
    return payload


def gone(object_type: ObjectType, external_id: str, evidence: str) -> SourceRecord:
    """A record that is not there any more. A name is never deleted: one that is gone became another, and which one only
    a webhook says."""
    kind = DeletionKind.MERGED if object_type in _MERGED else DeletionKind.HARD_DELETED
    return SourceRecord(external_id, GONE_VERSION, {}, deleted=Deletion(kind=kind, evidence=evidence))


def is_stub(row: Row) -> bool:
    """What change data capture shows of a deleted record: its id, and that it is gone."""
    return text(row, "status") == DELETED


def listed(entity: Entity, home: Company, found: Iterable[Row]) -> list[Row]:
    """Rows that are records of their type: of journal entries those that owe a vendor something."""
    return [row for row in found if entity is not JOURNAL_BILL or payable_line(row, home.payables) is not None]


def by_ids(client: QuickBooksClient, entity: Entity, ids: Iterable[str]) -> dict[str, Row]:
    """Rows by QuickBooks' own ids, inactive ones too, in few questions. Others than asked for are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Row] = {}
    for first in range(0, len(wanted), IDS_MAX):
        some = wanted[first : first + IDS_MAX]
        where = [within("Id", some), *([ANY_ACTIVE] if entity.listed else [])]
        for row in client.query(entity.name, select(entity.name, where)).rows:
            stated = text(row, "Id")
            if stated in some and not is_stub(row):
                found[stated] = row
    return found


def with_rates(client: QuickBooksClient, found: list[Row]) -> list[Row]:
    """Tax codes with the rates of their purchase lists; one more question for all of them."""
    if not any(_rate_ids(row) for row in found):
        return found
    statement = select(TAX_RATE.name, [ANY_ACTIVE])
    known = {text(row, "Id"): text(row, "RateValue") for row in client.query(TAX_RATE.name, statement).rows}
    return [{**row, RATES: {each: known.get(each) for each in _rate_ids(row)}} for row in found]


def enriched(client: QuickBooksClient, entity: Entity, found: list[Row]) -> list[Row]:
    """What map needs beside the rows themselves."""
    if entity is JOURNAL_BILL:
        return with_settled(client, found)
    return with_rates(client, found) if entity is TAX_CODE else found


def _rate_ids(row: Row) -> list[str]:
    listed: Mapping[str, Any] = row.get("PurchaseTaxRateList") or {}
    details = rows(listed, "TaxRateDetail") if isinstance(listed, Mapping) else []
    found = [text(reference, "value") for detail in details for reference in rows(detail, "TaxRateRef")]
    return [each for each in found if each is not None]
