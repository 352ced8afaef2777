"""Zoho Books' payloads → canonical records: which function maps which object type. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mlc.errors import MappingError
from mlc.records import ObjectType, Record
from pydantic import ValidationError

from mlc_zoho.books import mapping_contacts, mapping_documents, mapping_masterdata, mapping_money, persons
from mlc_zoho.books.parts import MapContext
from mlc_zoho.books.schemas import Row

MAPPERS: Mapping[ObjectType, Callable[[Row, MapContext], Record]] = MappingProxyType(
    {
        ObjectType.CURRENCY: mapping_masterdata.currency,
        ObjectType.ACCOUNT: mapping_masterdata.account,
        ObjectType.TAX_RATE: mapping_masterdata.tax_rate,
        ObjectType.DIMENSION: mapping_masterdata.dimension,
        ObjectType.PAYMENT_TERM: mapping_masterdata.payment_term,
        ObjectType.EXCHANGE_RATE: mapping_masterdata.exchange_rate,
        ObjectType.ITEM: mapping_masterdata.item,
        ObjectType.VENDOR: mapping_contacts.vendor,
        ObjectType.CUSTOMER: mapping_contacts.customer,
        ObjectType.CONTACT: persons.contact,
        ObjectType.PURCHASE_ORDER: mapping_documents.purchase_order,
        ObjectType.BILL: mapping_documents.bill,
        ObjectType.VENDOR_CREDIT: mapping_documents.vendor_credit,
        ObjectType.INVOICE: mapping_documents.invoice,
        ObjectType.PAYMENT: mapping_money.payment,
        ObjectType.EXPENSE: mapping_money.expense,
    }
)


def to_record(object_type: ObjectType, row: Row, context: MapContext) -> Record:
    """Map one payload, a list row or a detail.

    Raises: MappingError that names the field.
    """
    mapper = MAPPERS.get(object_type)
    if mapper is None:
        raise MappingError(f"Zoho Books has no {object_type}.", system=context.system, connection=context.connection)
    try:
        return mapper(row, context)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MappingError(
            f"Zoho Books sent something in {place or object_type} that cannot be read: {first['msg']}.",
            field=place or None,
            system=context.system,
            connection=context.connection,
        ) from error
