"""Open records: how a full replacement carries only what we own.

``POST`` replaces a record whole. What is stored with a write is therefore a record that is left open: our members, the
last one being ``companies`` with our companies in it. Push reads the copy that the API holds, closes the record with
the other companies and the members that are not ours (bank accounts among them, in memory only), and sends it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlc_basware.entities import Resource
from mlc_basware.schemas import Row, rows, text
from mlc_basware.wire import Body, Json, encode, members

EXTERNAL_CODE = "externalCode"
#: Set by the API itself.
NOT_OURS_TO_SEND = frozenset({"lastUpdated", "buvid"})


def open_record(own: Body, companies: Sequence[Body]) -> bytes:
    """Our members, open behind our last company."""
    listed = encode(list(companies))[:-1].decode()
    return f'{members(own)},"companies":{listed}'.encode()


def company_entries(resource: Resource, codes: Sequence[str], *, active: bool, inherits: bool) -> list[Body]:
    """Our companies as this resource wants them."""
    found: list[Body] = []
    for code in codes:
        entry: Body = {"companyCode": code}
        if resource.inherits is not None:
            entry[resource.inherits] = inherits
        if resource.active:
            entry["active"] = active
        found.append(entry)
    return found


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A stored payload, read again. ``own``: what it holds, by name."""

    payload: bytes
    own: Mapping[str, Any]

    @property
    def code(self) -> str:
        return text(self.own, EXTERNAL_CODE) or ""

    def closed(self, copy: Row | None, more: Mapping[str, Json]) -> bytes:
        """The whole record: ours, then ``more``, then what the API's copy has beside."""
        ours = {text(one, "companyCode") for one in rows(self.own, "companies")}
        kept_companies = [one for one in rows(copy or {}, "companies") if text(one, "companyCode") not in ours]
        tail = "".join(f",{_json(one)}" for one in kept_companies) + "]"
        beside = {
            key: value
            for key, value in (copy or {}).items()
            if key not in self.own and key not in more and key not in NOT_OURS_TO_SEND and value is not None
        }
        added = "".join(f",{json.dumps(key)}:{_json(value)}" for key, value in {**more, **beside}.items())
        return b"{" + self.payload + f"{tail}{added}}}".encode()


def read_open(payload: bytes) -> OpenRecord | None:
    """The inverse of ``open_record``; None for anything else."""
    try:
        own = json.loads(b"{" + payload + b"]}", parse_float=Decimal)
    except ValueError:
        return None
    record = OpenRecord(payload, own)
    return record if record.code and isinstance(own.get("companies"), list) else None


def _json(value: Any) -> str:
    """What was read, as it was read: numbers keep their digits."""
    return encode(value).decode()
