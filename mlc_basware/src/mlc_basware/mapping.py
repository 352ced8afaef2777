"""A payload of Basware's → its canonical record. Pure."""

from typing import Any

from mlc.errors import MappingError
from mlc.records import ObjectType, Record
from pydantic import ValidationError

from mlc_basware import SYSTEM
from mlc_basware.mapping_documents import to_document
from mlc_basware.mapping_masterdata import (
    to_account,
    to_dimension,
    to_exchange_rate,
    to_payment_term,
    to_tax_rate,
)
from mlc_basware.mapping_orders import to_order
from mlc_basware.mapping_parties import to_vendor
from mlc_basware.mapping_reports import to_report
from mlc_basware.parts import MapContext

_MAPS: dict[ObjectType, Any] = {
    ObjectType.BILL: to_document,
    ObjectType.VENDOR_CREDIT: to_document,
    ObjectType.VENDOR: to_vendor,
    ObjectType.ACCOUNT: to_account,
    ObjectType.DIMENSION: to_dimension,
    ObjectType.TAX_RATE: to_tax_rate,
    ObjectType.PAYMENT_TERM: to_payment_term,
    ObjectType.EXCHANGE_RATE: to_exchange_rate,
    ObjectType.PURCHASE_ORDER: to_order,
    ObjectType.DOCUMENT_REPORT: to_report,
}


def to_record(object_type: ObjectType, payload: dict[str, object], context: MapContext) -> Record:
    """Convert one payload. Raises: MappingError that names the field."""
    convert = _MAPS.get(object_type)
    if convert is None:
        raise MappingError(f"Basware has no {object_type}.", field="object_type", system=SYSTEM)
    try:
        found: Record = convert(payload, context)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "payload"
        raise MappingError(f"Basware sent a {object_type} whose {field} cannot be read.", field=field) from error
    return found
