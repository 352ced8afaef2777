"""QuickBooks' payloads → canonical records: which function maps which object type. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mlc.errors import MappingError
from mlc.records import ObjectType, Record
from pydantic import ValidationError

from mlc_quickbooks import mapping_documents, mapping_journals, mapping_lists, mapping_money, mapping_parties
from mlc_quickbooks.parts import MapContext
from mlc_quickbooks.schemas import Row

MAPPERS: Mapping[ObjectType, Callable[[Row, MapContext], Record]] = MappingProxyType(
    {
        ObjectType.ACCOUNT: mapping_lists.account,
        ObjectType.DIMENSION: mapping_lists.dimension,
        ObjectType.PAYMENT_TERM: mapping_lists.payment_term,
        ObjectType.TAX_RATE: mapping_lists.tax_rate,
        ObjectType.EXCHANGE_RATE: mapping_lists.exchange_rate,
        ObjectType.ITEM: mapping_lists.item,
        ObjectType.VENDOR: mapping_parties.vendor,
        ObjectType.PURCHASE_ORDER: mapping_documents.purchase_order,
        ObjectType.BILL: mapping_journals.bill,
        ObjectType.VENDOR_CREDIT: mapping_documents.vendor_credit,
        ObjectType.PAYMENT: mapping_money.payment,
        ObjectType.JOURNAL_ENTRY: mapping_money.journal_entry,
    }
)


def to_record(object_type: ObjectType, row: Row, context: MapContext) -> Record:
    """Map one payload. Raises MappingError that names the field."""
    mapper = MAPPERS.get(object_type)
    if mapper is None:
        raise MappingError(f"QuickBooks has no {object_type}.", system=context.system, connection=context.connection)
    try:
        return mapper(row, context)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MappingError(
            f"QuickBooks sent something in {place or object_type} that cannot be read: {first['msg']}.",
            field=place or None,
            system=context.system,
            connection=context.connection,
        ) from error
