"""BILL's payloads → canonical records: which function maps which object type. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mlc.errors import MappingError
from mlc.records import ObjectType, Record
from pydantic import ValidationError

from mlc_bill import SYSTEM, mapping_documents, mapping_lists, mapping_parties, mapping_payments, mapping_spend
from mlc_bill.parts import MapContext
from mlc_bill.schemas import Row

MAPPERS: Mapping[ObjectType, Callable[[Row, MapContext], Record]] = MappingProxyType(
    {
        ObjectType.ACCOUNT: mapping_lists.account,
        ObjectType.DIMENSION: mapping_lists.dimension,
        ObjectType.VENDOR: mapping_parties.vendor,
        ObjectType.CUSTOMER: mapping_parties.customer,
        ObjectType.BILL: mapping_documents.bill,
        ObjectType.VENDOR_CREDIT: mapping_documents.vendor_credit,
        ObjectType.INVOICE: mapping_documents.invoice,
        ObjectType.PAYMENT: mapping_payments.payment,
        ObjectType.EXPENSE: mapping_spend.expense,
    }
)


def to_record(object_type: ObjectType, row: Row, context: MapContext) -> Record:
    """Map one payload.

    Raises: MappingError that names the field.
    """
    mapper = MAPPERS.get(object_type)
    if mapper is None:
        raise MappingError(f"BILL has no {object_type}.", system=SYSTEM, connection=context.connection)
    try:
        return mapper(row, context)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MappingError(
            f"BILL sent something in {place or object_type} that cannot be read: {first['msg']}.",
            field=place or None,
            system=SYSTEM,
            connection=context.connection,
        ) from error
