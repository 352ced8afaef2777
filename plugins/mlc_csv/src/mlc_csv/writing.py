"""Records that are written: as rows, as the text of a file, and as a file in the outbox."""

import csv
import io
import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from mlc import (
    Binding,
    Connection,
    Created,
    Loss,
    Outcome,
    Rejected,
    RenderContext,
    Rendered,
    RenderedPart,
    Secrets,
    Updated,
    Write,
)  # fmt: skip
from mlc.errors import ConflictError, MappingError
from mlc.records import Bill, ObjectType, Payment, Record, Ref, Vendor

from mlc_csv.columns import names
from mlc_csv.folder import SIDE, open_folder, sync
from mlc_csv.mapping import to_record, version_of
from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row, parse

#: Fields that stand in columns of other names, or follow from them.
WRITTEN = frozenset(
    {"source", "name", "vendor", "vendor_code", "contacts", "lines", "subtotal", "tax_total", "status_raw"}
    | {"external_key", "party", "money_account", "allocations", "movement"}
)


def render(record: Record, binding: Binding | None, context: RenderContext, settings: CsvSettings) -> Rendered:
    """A whole file: what is not known of a record that is there stays as it was. Raises: MappingError."""
    own_id = binding.main.external_id if binding else context.record_key
    if binding and binding.base:
        record = binding.base.model_copy(update={name: getattr(record, name) for name in record.model_fields_set})
    content = text_of(rows_of(record, own_id), record.object_type, settings)
    keys = tuple(line.key or "" for line in record.lines) if isinstance(record, Bill) else ()
    return Rendered((RenderedPart("main", context.operation, content, line_keys=keys),), _losses_of(record))


def push(connection: Connection[CsvSettings, Secrets], kind: ObjectType, order: Write) -> Outcome:
    """Write checksum, file and the archive's copy: all brought to disk first, then renamed into place.

    Raises: ConflictError, TransientError, ConfigError.
    """
    name, settings = f"{kind}-{quote(order.record_key, safe='')}.csv", connection.settings
    try:
        own_id, rows = next(iter(parse(order.payload, kind, settings, file=name).items()))
        seen = to_record(kind, {"rows": rows}, settings)
    except MappingError as error:
        return Rejected(order.key, error.sentence, error.field)
    if order.external_id not in (None, own_id):
        return Rejected(order.key, f"{order.external_id} cannot become {own_id}; files know it by that.", "number")
    side = f"{sha256(order.payload).hexdigest()}  {name}\n".encode()
    with open_folder(settings, connection.now()) as folder:
        there = folder.records(kind).get(own_id) if order.expected_version else None
        if there and version_of(there) != order.expected_version:
            raise ConflictError(f"A newer file says something else of {own_id}.")
        filed, file = folder.place(kind, name), folder.outbox / name
        wanted = {folder.outbox / (name + SIDE): side, file: order.payload, filed: order.payload}
        parts = {place: _prepare(place, content) for place, content in wanted.items()}
        with connection.http.local_write(order.payload):
            for place, part in parts.items():
                os.replace(part, place)
            sync(folder.outbox, folder.archive)
    done = Created if order.external_id is None else Updated
    return done(order.key, own_id, version_of(rows), seen)


def rows_of(record: Record, own_id: str) -> list[Row]:
    """The rows of a record that is to be written. ``own_id`` names what has no number of its own here."""
    head: Row = {name: getattr(record, name, None) for name in names(record.object_type)}
    match record:
        case Vendor():
            email = next((person.email for person in record.contacts if person.email), None)
            return [head | {"vendor_id": own_id, "vendor_name": record.name, "email": email}]
        case Bill() if record.lines and not record.charges:
            head["vendor_id"] = _id(record.vendor)
            return [
                head
                | {"description": line.description or line.name, "account": _id(line.account)}
                | {"amount": line.line_net_amount, "tax": line.tax.amount if line.tax else None}
                | {"tax_code": _id(line.tax.ref) if line.tax else None}
                for line in record.lines
            ]
        case Payment() if record.allocations:
            head |= {"payment_number": own_id, "vendor_id": _id(record.party), "account": _id(record.money_account)}
            parts = [(part.document.code if part.document else None, part.amount) for part in record.allocations]
            return [head | {"bill_number": number, "amount": amount} for number, amount in parts]
    raise MappingError(f"This {record.object_type} cannot be written: it is no vendor, has no lines, or has charges.")


def text_of(rows: Iterable[Row], kind: ObjectType, settings: CsvSettings) -> bytes:
    """A file that ``parse`` reads back. Raises: MappingError when the encoding lacks a letter."""
    text, shown = io.StringIO(newline=""), [name for name in names(kind) if name not in settings.fixed(kind)]
    writer = csv.writer(text, delimiter=settings.delimiter)
    writer.writerow(settings.header(name) for name in shown)
    writer.writerows([_cell(row.get(name), settings) for name in shown] for row in rows)
    try:
        return text.getvalue().encode(settings.encoding)
    except UnicodeEncodeError as error:
        raise MappingError(f"{error.object[error.start]!r} cannot be written in {settings.encoding}.") from error


def _cell(value: object, settings: CsvSettings) -> str:
    if isinstance(value, date):
        return value.strftime(settings.date)
    return format(value, "f").replace(".", settings.decimal) if isinstance(value, Decimal) else str(value or "")


def _losses_of(record: Record) -> tuple[Loss, ...]:
    """What a file has no column for."""
    model, written = type(record).model_fields, {*names(record.object_type), *WRITTEN}
    lost = [name for name in sorted(record.model_fields_set - written) if getattr(record, name) != model[name].default]
    return tuple(Loss(name, "files have no column for it") for name in lost)


def _prepare(place: Path, content: bytes) -> Path:
    """Bring a file to disk under a name that nobody looks for, to be renamed."""
    part = place.with_name(f".{place.name}.part")
    part.write_bytes(content)
    sync(part)
    return part


def _id(ref: Ref | None) -> str | None:
    return (ref.source_id or ref.code) if ref else None
