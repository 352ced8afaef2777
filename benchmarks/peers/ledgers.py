"""This project's contender: the two local APIs as systems of its own, one a source, one a target.

Whole plugins as any other: what the target shows after a write is mapped and compared, an uncertain create is searched
for by number and vendor. Batches, unique fields and replay keys, which this API has not, are not pretended.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from mlc import (
    Binding,
    Capability,
    Connection,
    Created,
    FetchMode,
    FindKey,
    GrantKind,
    ObjectSupport,
    Operation,
    Outcome,
    Page,
    Probe,
    Rejected,
    RenderContext,
    Rendered,
    RenderedPart,
    Secrets,
    Settings,
    SourceRecord,
    System,
    Token,
    TokenStore,
    Updated,
    Write,
    hookimpl,
)
from mlc.config import Config, ConnectionConfig
from mlc.errors import TransientError
from mlc.http import Auth, Response, decode
from mlc.oauth import BearerAuth
from mlc.plugins import Found, Plugins
from mlc.recipes import Flow, FlowMode, Maps, Owner, Pairing, Policy, PurchaseTax, Side, TaxRule
from mlc.records import (
    Account,
    ApprovalStatus,
    Bill,
    DocumentStatus,
    Line,
    LineTax,
    ObjectType,
    PaymentStatus,
    Record,
    Ref,
    SourceMeta,
    TaxRate,
    Vendor,
)
from pydantic import SecretStr

API = "https://api.ledger.example"
JSON = {"Content-Type": "application/json"}
LISTS = {
    ObjectType.VENDOR: "vendors", ObjectType.ACCOUNT: "accounts", ObjectType.TAX_RATE: "taxes",
    ObjectType.BILL: "bills",
}  # fmt: skip
STATUS = {"open": DocumentStatus.OPEN, "paid": DocumentStatus.CLOSED, "void": DocumentStatus.VOID}
CENT = Decimal("0.01")
AnyConnection = Connection[Settings, Secrets]


class Ledger:
    """What both have in common: paged lists behind a token."""

    name = ""
    side = ""
    can: Mapping[ObjectType, tuple[Capability, ...]] = {}
    maps: Mapping[ObjectType, Callable[[dict[str, Any]], Record]] = {}

    @hookimpl
    def mlc_describe(self) -> System:
        supports = tuple(
            ObjectSupport(
                kind, frozenset(can), natural_key=("number", "vendor") if kind is ObjectType.BILL else ("name",),
                read_batch=1, applies_within_s=0.0, visible_within_s=0.0,
            )
            for kind, can in self.can.items()
        )  # fmt: skip
        grants = (GrantKind.CLIENT_CREDENTIALS,)
        hosts = ("api.ledger.example",)
        return System(
            self.name, self.name, "1", Settings, Secrets, grants, supports, lambda _settings: hosts, concurrency=10
        )

    @hookimpl
    def mlc_auth(self, connection: AnyConnection, tokens: TokenStore) -> Auth:
        def mint(_stored: Token | None) -> Token:
            body = answered(
                connection.http.mint("POST", f"{API}/oauth/token", data={"grant_type": "client_credentials"})
            )
            lives = timedelta(seconds=int(body["expires_in"]))
            return Token(access=SecretStr(body["access_token"]), expires_at=connection.now() + lives)

        return BearerAuth(tokens, mint)

    @hookimpl
    def mlc_probe(self, connection: AnyConnection) -> Probe:
        del connection
        return Probe(base_currency="EUR")

    @hookimpl
    def mlc_fetch(
        self, connection: AnyConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode
    ) -> Page:
        since, began, page = (cursor or "||1").split("|")
        query = {"page": page, "per_page": "200"}
        if since and mode is FetchMode.CHANGES:
            query["updated_since"] = since
        body = answered(connection.http.get(f"{API}/{self.side}/{LISTS[object_type]}", params=query))
        rows = tuple(source_record(row) for row in body["data"])
        began = began or body["now"]
        if body["next_page"] is not None:
            return Page(rows, next_cursor=f"{since}|{began}|{body['next_page']}", total=body["total"])
        return Page(rows, watermark=f"{began}||1", total=body["total"])

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: dict[str, Any]) -> Record:
        del connection
        return self.maps[object_type](payload)


def answered(response: Response) -> Any:
    if not response.is_success:
        raise TransientError(f"The local API answered {response.status_code}.")
    return decode(response)


def source_record(row: dict[str, Any]) -> SourceRecord:
    return SourceRecord(str(row["id"]), str(row.get("version") or row.get("updated_at") or "1"), row)


# ------------------------------------------------------------------ the source


def vendor_shown(row: dict[str, Any]) -> Vendor:
    source = SourceMeta(system="bench", source_id=row["id"])
    return Vendor(source=source, name=row["name"], tax_number=row["tax_id"])


def bill_shown(row: dict[str, Any]) -> Bill:
    lines = tuple(
        Line(
            line_id=line["id"], description=line["description"], quantity=Decimal(line["quantity"]),
            unit_price=Decimal(line["unit_price"]), line_net_amount=Decimal(line["amount"]),
            tax=LineTax(name=line["tax_code"], percent=Decimal(20)),
            account=Ref(record_type=ObjectType.ACCOUNT, code=line["account_code"]),
        )
        for line in row["lines"]
    )  # fmt: skip
    return Bill(
        source=SourceMeta(system="bench-source", source_id=row["id"], source_version=row["updated_at"]),
        bill_number=row["number"], status=STATUS[row["status"]], approval_status=ApprovalStatus.APPROVED,
        payment_status=PaymentStatus.UNPAID, currency=row["currency"], issue_date=row["issue_date"],
        due_date=row["due_date"], memo=row["memo"], payment_terms=row["payment_terms"], lines=lines,
        vendor=Ref(record_type=ObjectType.VENDOR, source_id=row["vendor"]["id"], name=row["vendor"]["name"]),
        subtotal=Decimal(row["subtotal"]), tax_total=Decimal(row["tax_total"]), total=Decimal(row["total"]),
    )  # fmt: skip


class BenchSource(Ledger):
    name = "bench-source"
    side = "source"
    can = {ObjectType.VENDOR: (Capability.READ,), ObjectType.BILL: (Capability.READ,)}
    maps = {ObjectType.VENDOR: vendor_shown, ObjectType.BILL: bill_shown}


# ------------------------------------------------------------------ the target


def account_kept(row: dict[str, Any]) -> Account:
    return Account(source=SourceMeta(system="bench-books", source_id=row["id"]), code=row["code"], name=row["name"])


def tax_kept(row: dict[str, Any]) -> TaxRate:
    source = SourceMeta(system="bench-books", source_id=row["id"])
    return TaxRate(source=source, code=row["code"], name=row["name"], rate=Decimal(row["percent"]))


def euros(cents: int) -> Decimal:
    return CENT * cents


def cents(amount: Decimal | None) -> int:
    return int((amount or Decimal(0)) / CENT)


def bill_kept(row: dict[str, Any]) -> Bill:
    lines = tuple(
        Line(
            line_id=str(line["line_no"]), description=line["text"], quantity=Decimal(line["quantity"]),
            unit_price=euros(line["unit_minor"]), line_net_amount=euros(line["amount_minor"]),
            tax=LineTax(name=line["tax_code"], percent=Decimal(20)),
            account=Ref(record_type=ObjectType.ACCOUNT, source_id=f"A{line['account']}", code=line["account"]),
        )
        for line in row["line_items"]
    )  # fmt: skip
    return Bill(
        source=SourceMeta(system="bench-books", source_id=row["id"], source_version=str(row["version"])),
        bill_number=row["doc_number"], status=STATUS[row["status"].lower()], currency=row["currency_code"],
        payment_status=PaymentStatus.UNPAID, issue_date=row["txn_date"], due_date=row["due_date"], memo=row["memo"],
        payment_terms=f"net_{row['terms_days']}", lines=lines,
        vendor=Ref(record_type=ObjectType.VENDOR, source_id=row["vendor_ref"], name=row["vendor_name"]),
        subtotal=euros(row["subtotal_minor"]), tax_total=euros(row["tax_minor"]), total=euros(row["total_minor"]),
    )  # fmt: skip


class BenchBooks(Ledger):
    name = "bench-books"
    side = "dest"
    can = dict.fromkeys((ObjectType.VENDOR, ObjectType.ACCOUNT, ObjectType.TAX_RATE), (Capability.READ,)) | {
        ObjectType.BILL: (Capability.READ, Capability.FIND, Capability.CREATE, Capability.UPDATE)
    }
    maps = {
        ObjectType.VENDOR: vendor_shown, ObjectType.ACCOUNT: account_kept, ObjectType.TAX_RATE: tax_kept,
        ObjectType.BILL: bill_kept,
    }  # fmt: skip

    @hookimpl
    def mlc_find(
        self, connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]
    ) -> list[list[SourceRecord]]:
        del object_type
        found = []
        for key in keys:
            query = {"doc_number": key.number or "", "vendor_ref": key.party_id or ""}
            body = answered(connection.http.get(f"{API}/dest/bills", params=query))
            found.append([source_record(row) for row in body["data"]])
        return found

    @hookimpl
    def mlc_render(
        self, connection: AnyConnection, record: Bill, binding: Binding | None, context: RenderContext
    ) -> Rendered:
        del connection
        assert record.vendor is not None
        lines = [
            {"line_no": number, "text": line.description, "quantity": str(line.quantity),
             "unit_minor": cents(line.unit_price), "amount_minor": cents(line.line_net_amount),
             "account": line.account.code if line.account else None, "tax_code": line.tax.name if line.tax else None}
            for number, line in enumerate(record.lines, 1)
        ]  # fmt: skip
        body = {
            "external_id": record.source.source_id, "doc_number": record.bill_number, "status": "OPEN",
            "vendor_ref": record.vendor.source_id, "vendor_name": record.vendor.name, "currency_code": record.currency,
            "txn_date": record.issue_date, "due_date": record.due_date, "subtotal_minor": cents(record.subtotal),
            "tax_minor": cents(record.tax_total), "total_minor": cents(record.total), "memo": record.memo,
            "terms_days": int((record.payment_terms or "net_0").removeprefix("net_")),
            "source_updated_at": record.source.source_version, "line_items": lines,
        }  # fmt: skip
        keys = tuple(line.key or str(number) for number, line in enumerate(record.lines, 1))
        operation = Operation.CREATE if binding is None else context.operation
        return Rendered((RenderedPart("main", operation, json.dumps(body, default=str).encode(), line_keys=keys),))

    @hookimpl
    def mlc_push(self, connection: AnyConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
        del object_type
        write = writes[0]
        where = f"{API}/dest/bills"
        if write.external_id is None:
            response = connection.http.post(where, content=write.payload, headers=JSON)
        else:
            response = connection.http.put(f"{where}/{write.external_id}", content=write.payload, headers=JSON)
        if response.status_code in (400, 404):
            return [Rejected(write.key, f"The books answered {response.status_code}.")]
        row = answered(response)
        outcome = Created if write.external_id is None else Updated
        return [outcome(write.key, row["id"], str(row["version"]), bill_kept(row))]


# ------------------------------------------------------------------ the pairing

PAIRING = "bills"
OWNED = ("number", "vendor", "currency", "issue_date", "due_date", "amount", "coding", "lines_text", "memo")


def plugins() -> Plugins:
    return Plugins([Found("bench-source", BenchSource()), Found("bench-books", BenchBooks())])


def config(work: Path, url: str, *, database: str = "") -> Config:
    flows = (
        Flow(name="accounts", object=ObjectType.ACCOUNT, source=Side.LEFT, mode=FlowMode.MATCH),
        Flow(name="vendors", object=ObjectType.VENDOR, source=Side.LEFT, mode=FlowMode.HOLD),
        Flow(
            name="bills", object=ObjectType.BILL, source=Side.LEFT, after=("accounts", "vendors"),
            owners=dict.fromkeys(OWNED, Owner.LEFT), request_deadline_s=5.0,
        ),
    )  # fmt: skip
    policy = Policy(purchase_tax=PurchaseTax.CODE, maps=Maps(taxes=(TaxRule(name="VAT20", to="VAT20"),)))
    pairing = Pairing(name=PAIRING, recipe="bench", left="source", right="books", policy=policy, flows=flows)
    connections = {
        name: ConnectionConfig(name=name, system=f"bench-{name}", settings={"endpoint": url})
        for name in ("source", "books")
    }
    return Config(
        path=work / "mlc.toml", home=work, database=database or str(work / "mlc.db"), connections=connections,
        pairings={PAIRING: pairing},
    )  # fmt: skip
