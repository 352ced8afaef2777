"""Suppliers that were typed into P2P, by code and by name. They can be looked at and bound, never written.

What the API does not hold cannot be merged with what P2P holds: posting it would put our few fields in place of all
that people typed, bank accounts included.
"""

from collections.abc import Sequence

from mlc import RejectCause, Rejected, Shelved, SourceRecord

from mlc_basware.auth import BaswareConnection
from mlc_basware.dataaccess import vendor_row
from mlc_basware.entities import VENDORS
from mlc_basware.fetch import source_record
from mlc_basware.register import open_register


def by_codes(connection: BaswareConnection, codes: Sequence[str]) -> list[SourceRecord]:
    """Those that were typed and not posted; none without Data Access."""
    if not connection.settings.data_access or not codes:
        return []
    with open_register(connection) as register:
        return _records(connection, register.of_ids(codes))


def alike(connection: BaswareConnection, number: str | None, name: str | None) -> list[SourceRecord]:
    """Those of this code or this name, whatever case and spaces; none without Data Access."""
    if not connection.settings.data_access:
        return []
    with open_register(connection) as register:
        return _records(connection, register.alike(number, name))


def refusal(connection: BaswareConnection, key: str, external_id: str | None) -> Rejected | None:
    """Why a vendor that the API does not hold is not written, where it is one that people typed."""
    if external_id is None or not by_codes(connection, [external_id]):
        return None
    reason = (
        f"Supplier {external_id} was typed into P2P and never posted: posting it would replace what people typed. "
        "Change it in P2P."
    )
    return Rejected(key, reason, cause=RejectCause.NOT_PERMITTED)


def _records(connection: BaswareConnection, found: Sequence[Shelved]) -> list[SourceRecord]:
    return [source_record(VENDORS, vendor_row(connection.settings, one)) for one in found]
