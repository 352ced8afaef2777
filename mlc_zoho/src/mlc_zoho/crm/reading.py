"""Records by id, a hundred for one call."""

from collections.abc import Sequence

from mlc import SourceRecord
from mlc.records import ObjectType

from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.fetch import belongs, gone, source_record
from mlc_zoho.crm.modules import module_of
from mlc_zoho.crm.schemas import text
from mlc_zoho.crm.tenant import read_fields


def read(connection: CrmConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Read records whole, in the order of their ids. One that is gone comes back with ``deleted``."""
    module = module_of(connection.settings, object_type)
    wanted = list(dict.fromkeys(one for one in ids if one.isdigit()))
    found = {}
    if wanted:
        for row in CrmClient(connection).records(module.api_name, read_fields(connection, module), wanted):
            record = source_record(connection, module, row) if belongs(module, row) else None
            found[text(row, "id") or ""] = record
    return [found.get(one) or gone(one, "http_404") for one in ids]
