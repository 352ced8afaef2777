"""Records looked up by our unique field or by natural key. Every candidate is verified on its row.

Queries read the records themselves; the search index lags behind writes and serves only where queries are refused.
"""

from collections.abc import Callable, Mapping, Sequence

from mlc import FindKey, SourceRecord
from mlc.errors import RejectedError
from mlc.records import ObjectType

from mlc_zoho.crm import notes, reading
from mlc_zoho.crm.client import IN_MOST, PER_PAGE, CrmClient, CrmConnection
from mlc_zoho.crm.errors import NOT_THERE
from mlc_zoho.crm.fetch import source_record
from mlc_zoho.crm.modules import Module, module_of
from mlc_zoho.crm.queries import both, one_of, select
from mlc_zoho.crm.schemas import Row, inner, text
from mlc_zoho.crm.settings import NOTES, CrmSettings
from mlc_zoho.crm.tenant import key_in, read_fields

Match = Callable[[Row, FindKey], bool]
_TYPES = frozenset({ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.DEAL, ObjectType.ITEM, ObjectType.INVOICE})


def find(connection: CrmConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    """One list of candidates per key; keys of one kind share a call."""
    if object_type not in _TYPES or not keys:
        return [[] for _ in keys]
    finder = _Finder(connection, module_of(connection.settings, object_type))
    by_id = finder.by_id([key.external_id for key in keys if key.external_id is not None])
    by_unique = finder.by_unique([key.record_key for key in keys if key.external_id is None and key.use_unique_field])
    found = []
    for key in keys:
        if key.external_id is not None:
            found.append([one] if (one := by_id.get(key.external_id)) is not None else [])
        elif key.use_unique_field:
            found.append(by_unique.get(key.record_key, []))
        else:
            found.append(finder.by_nature(key))
    return found


class _Finder:
    """Look-ups in one module."""

    def __init__(self, connection: CrmConnection, module: Module) -> None:
        self._connection = connection
        self._module = module
        self._client = CrmClient(connection)

    def by_id(self, ids: Sequence[str]) -> Mapping[str, SourceRecord]:
        if not ids:
            return {}
        read = reading.read(self._connection, self._module.object_type, ids)
        return {one.id: one for one in read if one.deleted is None}

    def by_unique(self, values: Sequence[str]) -> Mapping[str, list[SourceRecord]]:
        """Records whose unique field holds exactly the key, fifty keys per call."""
        field, found = self._connection.settings.unique_field, dict[str, list[SourceRecord]]()
        if self._module.api_name == NOTES or not values:
            return found
        kept = {key_in(self._connection, self._module, value): value for value in values}
        for start in range(0, len(kept), IN_MOST):
            some = list(kept)[start : start + IN_MOST]
            for row in self._rows(one_of(field, some), f"({field}:in:{','.join(some)})"):
                value, record = text(row, field), source_record(self._connection, self._module, row)
                if value is not None and value in some and record is not None:
                    found.setdefault(kept[value], []).append(record)
        return found

    def by_nature(self, key: FindKey) -> list[SourceRecord]:
        if self._module.api_name == NOTES:
            return self._notes(key)
        asked = _asked(self._module, key, self._connection.settings)
        if not asked:
            return []
        where = both(*(one_of(field, [value]) for field, value in asked.items()))
        criteria = "(" + "and".join(f"({field}:equals:{_escaped(value)})" for field, value in asked.items()) + ")"
        rows = [row for row in self._rows(where, criteria) if all(_holds(row, *one) for one in asked.items())]
        records = (source_record(self._connection, self._module, row) for row in rows)
        return [record for record in records if record is not None]

    def _notes(self, key: FindKey) -> list[SourceRecord]:
        """A note is looked for among those of its customer."""
        if key.party_id is None or key.number is None or not key.party_id.isdigit():
            return []
        fields = read_fields(self._connection, self._module)
        parents = module_of(self._connection.settings, ObjectType.CUSTOMER).api_name
        rows = self._client.related(parents, key.party_id, NOTES, fields)
        hits = [row for row in rows if text(row, "Note_Title") == notes.title_of(key.number)]
        records = (source_record(self._connection, self._module, row) for row in hits)
        return [record for record in records if record is not None]

    def _rows(self, where: str, criteria: str) -> list[Row]:
        fields = read_fields(self._connection, self._module)
        try:
            return self._client.select(select(self._module.api_name, fields, where, PER_PAGE)).rows
        except RejectedError as error:
            if error.code not in NOT_THERE:
                raise
            return self._client.search(self._module.api_name, criteria, fields)


def _asked(module: Module, key: FindKey, settings: CrmSettings) -> dict[str, str]:
    """Fields and values that a key states; a person is known by an address, and within an account."""
    pointing = settings.customer_field if module.object_type is ObjectType.INVOICE else "Account_Name"
    party = {pointing: key.party_id} if key.party_id is not None else {}
    match module.object_type:
        case ObjectType.INVOICE:
            return {module.name: key.number, **party} if key.number is not None else {}
        case ObjectType.CONTACT:
            if key.reference is not None and "@" in key.reference:
                return {"Email": key.reference, **party}
            return {"Full_Name": key.name, **party} if key.name is not None else {}
        case ObjectType.ITEM if key.number is not None:
            return {"Product_Code": key.number}
    return {module.name: key.name} if key.name is not None else {}


def _holds(row: Row, field: str, wanted: str) -> bool:
    """Equal but for case and runs of spaces; a look-up by its id."""
    stated = text(inner(row, field), "id") or text(row, field)
    return " ".join((stated or "").split()).casefold() == " ".join(wanted.split()).casefold()


def _escaped(value: str) -> str:
    """A value of search criteria, where brackets and commas have a meaning."""
    return "".join(f"\\{sign}" if sign in "(),\\" else sign for sign in value)
