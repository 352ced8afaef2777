"""Two invented systems: a desk that hands invoices over and wants to be told, and the books they are posted in."""

import json
from collections.abc import Generator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from mlc import (
    Accepted,
    Binding,
    Capability,
    Connection,
    Created,
    FetchMode,
    FindKey,
    GrantKind,
    ObjectSupport,
    Outcome,
    Page,
    Probe,
    RejectCause,
    Rejected,
    RenderContext,
    Rendered,
    RenderedPart,
    Secrets,
    Settings,
    SourceRecord,
    Strategy,
    System,
    Task,
    TokenStore,
    Unknown,
    Write,
    hookimpl,
)
from mlc.errors import TransientError
from mlc.http import Auth, Request, Response, decode
from mlc.records import (
    ApprovalStatus,
    Bill,
    Deletion,
    DeletionKind,
    DocumentReport,
    DocumentStatus,
    ExportStatus,
    Line,
    MoneyMovement,
    ObjectType,
    PartyStatus,
    Payment,
    PaymentAllocation,
    Record,
    Ref,
    ReportKind,
    SourceMeta,
    Vendor,
)
from mlc_sandbox.toolkit import http
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.standin import StandIn

API = "https://api.handover.example"
AnyConnection = Connection[Settings, Secrets]
STATUSES = {one.value: one for one in ExportStatus}


class NoAuth(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request


class HandoverStandIn(StandIn):
    """Both systems behind one address. What the desk was told of an invoice stands on it."""

    name = "handover"
    title = "Handover"
    SWITCHES = {"later": False, "refuse_later": "", "drafts": False, "slow": False, "faster": False}

    def __init__(self) -> None:
        super().__init__()
        self.router.collect(HandoverStandIn)
        self.told: list[dict[str, Any]] = []
        self.tasks: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []

    # ------------------------------------------------------------ the desk

    @route("GET", "/desk/invoices")
    def invoices(self, request: http.Request) -> http.Response:
        return http.json_response(200, {"rows": self.store.all("invoices")})

    @route("GET", "/desk/invoices/{id}")
    def invoice(self, request: http.Request, id: str) -> http.Response:
        found = self.store.get("invoices", id)
        return http.json_response(404, {}) if found is None else http.json_response(200, found)

    @route("POST", "/desk/invoices/{id}/take")
    def take(self, request: http.Request, id: str) -> http.Response:
        self.order.append(f"take {id}")
        if self.switches["faster"]:
            self.person("invoices", id, status="taken")
        if self.store.edit("invoices", id)["status"] != "offered":
            return http.json_response(405, {"error": "it was taken already"})
        return self._answer(id, {"kind": "taken", "code": None}, request)

    @route("POST", "/desk/invoices/{id}/reports")
    def report(self, request: http.Request, id: str) -> http.Response:
        body = request.json()
        self.order.append(f"{body['kind']} {id}")
        if any(one["code"] == body["code"] for one in self.store.edit("invoices", id)["reports"]):
            return http.json_response(409, {"error": "that code is known"})
        return self._answer(id, body, request)

    def _answer(self, id: str, body: dict[str, Any], request: http.Request) -> http.Response:
        self.told.append(body | {"invoice": id})
        if not self.switches["later"]:
            self._apply(id, body, request.cause())
            return http.json_response(200, {"id": body["code"]})
        task = f"T{len(self.tasks) + 1}"
        refusal = self.switches["refuse_later"] if body["kind"] != "taken" else ""
        self.tasks[task] = {"word": "slow" if self.switches["slow"] else "done", "code": body["code"]}
        if refusal:
            self.tasks[task] |= {"word": "refused", "message": refusal}
        else:
            self._apply(id, body, request.cause())
        return http.json_response(200, {"task": task})

    def _apply(self, id: str, body: dict[str, Any], cause: dict[str, Any]) -> None:
        row = self.store.edit("invoices", id)
        if body["kind"] == "taken":
            row["status"] = "taken"
        else:
            row["reports"] = [*row["reports"], body]
            row["status"] = {"posted": "posted", "refused": "refused"}.get(body["kind"], row["status"])
        self._put("invoices", row, cause)

    @route("GET", "/desk/tasks/{id}")
    def task(self, request: http.Request, id: str) -> http.Response:
        return http.json_response(200, self.tasks[id])

    @route("GET", "/desk/vendors")
    def desk_vendors(self, request: http.Request) -> http.Response:
        return http.json_response(200, {"rows": self.store.all("suppliers")})

    # ------------------------------------------------------------ the books

    @route("GET", "/books/{kind}")
    def books(self, request: http.Request, kind: str) -> http.Response:
        return http.json_response(200, {"rows": self.store.all(kind)})

    @route("POST", "/ledger/bills")
    def post(self, request: http.Request) -> http.Response:
        body = request.json()
        self.order.append(f"post {body['number']}")
        if any(one["number"] == body["number"] for one in self.store.all("bills")):
            return http.json_response(400, {"error": "that number is taken"})
        id = f"B{self.next_number()}"
        row = body | {"id": id, "status": "draft" if self.switches["drafts"] else "open", "balance": body["total"]}
        return http.json_response(201, self._put("bills", row, request.cause()))

    def _put(self, kind: str, row: dict[str, Any], cause: dict[str, Any]) -> dict[str, Any]:
        row = row | {"version": str(int(row.get("version", 0)) + 1)}
        return self.store.put(kind, row["id"], row, cause)

    def person(self, kind: str, id: str, **values: Any) -> None:
        """Somebody makes or changes a record on a screen."""
        before = self.store.get(kind, id) or {"id": id, "reports": []}
        self._put(kind, before | values, {"cause": "ui"})

    def erase(self, kind: str, id: str) -> None:
        self.store.remove(kind, id, {"cause": "ui"})


# -------------------------------------------------------------------- plugins


class _Plugin:
    name = ""
    objects: tuple[ObjectSupport, ...] = ()

    @hookimpl
    def mlc_describe(self) -> System:
        return System(
            name=self.name,
            title=self.name.capitalize(),
            version="1",
            settings=Settings,
            secrets=Secrets,
            grants=(GrantKind.API_TOKEN,),
            objects=self.objects,
            hosts=lambda settings: ("api.handover.example",),
        )

    @hookimpl
    def mlc_auth(self, connection: AnyConnection, tokens: TokenStore) -> Auth:
        return NoAuth()

    @hookimpl
    def mlc_probe(self, connection: AnyConnection) -> Probe:
        return Probe(base_currency="EUR")

    def rows(self, connection: AnyConnection, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _answered(connection.http.get(f"{API}/{path}"))["rows"]
        return found


class Desk(_Plugin):
    name = "desk"

    def __init__(self, *, later: bool = False) -> None:
        self.objects = (
            ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ}), natural_key=("name",)),
            ObjectSupport(ObjectType.BILL, frozenset({Capability.READ}), natural_key=("bill_number",)),
            ObjectSupport(
                ObjectType.DOCUMENT_REPORT,
                frozenset({Capability.CREATE, Capability.FIND}),
                strategy=Strategy.CALLER_KEY,
                answers_later=later,
            ),
        )
        self.later = later

    @hookimpl
    def mlc_fetch(self, connection: AnyConnection, object_type: ObjectType, cursor: str, mode: FetchMode) -> Page:
        if object_type is ObjectType.VENDOR:
            return Page(tuple(_row(one) for one in self.rows(connection, "desk/vendors")), watermark="now")
        rows = self.rows(connection, "desk/invoices")
        if mode is FetchMode.SWEEP or cursor is None:  # a queue: what is answered is not in it
            rows = [one for one in rows if one["status"] in ("offered", "taken")]
        return Page(tuple(_row(one) for one in rows), watermark="now")

    @hookimpl
    def mlc_read(self, connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        return [_row(_answered(connection.http.get(f"{API}/desk/invoices/{id}"))) for id in ids]

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        if object_type is ObjectType.VENDOR:
            return _vendor("desk", payload)
        if object_type is ObjectType.DOCUMENT_REPORT:
            return DocumentReport(
                source=_meta("desk", payload),
                report_code=payload["code"] or "",
                kind=ReportKind(payload["kind"]),
                document=Ref(record_type=ObjectType.BILL, source_id=payload["invoice"]),
                message=payload.get("message", ""),
            )
        return Bill(
            source=_meta("desk", payload),
            entity=Ref(record_type=ObjectType.DIMENSION, code=payload.get("company", "FI10")),
            bill_number=payload["number"],
            vendor=Ref(record_type=ObjectType.VENDOR, source_id=payload["vendor"], name=payload["vendor"]),
            issue_date=date.fromisoformat(payload.get("date", "2026-03-02")),
            currency="EUR",
            lines=(Line(line_id="1", description="Paper", line_net_amount=Decimal(payload["rows"])),),
            total=Decimal(payload["total"]),
            status=DocumentStatus.OPEN,
            approval_status=ApprovalStatus.APPROVED,
            payment_blocked=payload.get("blocked", False),
            export_status=STATUSES[payload["status"]],
        )

    @hookimpl
    def mlc_render(
        self, connection: AnyConnection, record: Record, binding: Binding | None, context: RenderContext
    ) -> Rendered:
        assert isinstance(record, DocumentReport)
        body = {
            "kind": record.kind.value,
            "code": context.record_key,
            "message": record.message,
            "voucher": record.voucher_number,
            "on": record.on and record.on.isoformat(),
            "paid": None if record.paid_total is None else f"{record.paid_total:f}",
            "number": record.payment_number,
            "method": record.payment_method,
            "reversal": record.reversal_reference,
            "blocked": record.payment_blocked,
        }
        taken = record.kind is ReportKind.TAKEN
        payload = b"" if taken else json.dumps(body).encode()
        return Rendered((RenderedPart("main", context.operation, payload, action="take" if taken else "reports"),))

    @hookimpl
    def mlc_push(
        self, connection: AnyConnection, object_type: ObjectType, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        (write,) = writes
        url = f"{API}/desk/invoices/{write.parent_id}/{write.action}"
        headers = {"Content-Type": "application/json"} if write.payload else {}
        response = connection.http.post(url, content=write.payload or None, headers=headers)
        if response.status_code in (405, 409):
            return [Rejected(write.key, decode(response)["error"], cause=RejectCause.DUPLICATE)]
        answer = _answered(response)
        if "task" in answer:
            return [Accepted(write.key, answer["task"])]
        return [Created(write.key, write.record_key)]

    @hookimpl
    def mlc_find(
        self, connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]
    ) -> list[list[SourceRecord]]:
        return [self._find(connection, key) for key in keys]

    def _find(self, connection: AnyConnection, key: FindKey) -> list[SourceRecord]:
        row = _answered(connection.http.get(f"{API}/desk/invoices/{key.external_id}"))
        known = [one for one in row["reports"] if one["code"] == key.record_key]
        if key.reference == "taken" and row["status"] == "taken":
            known = [{"kind": "taken", "code": None}]
        return [
            SourceRecord(key.record_key, "1", one | {"id": key.record_key, "invoice": row["id"], "version": "1"})
            for one in known
        ]

    @hookimpl
    def mlc_settle(self, connection: AnyConnection, tasks: Sequence[Task]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for task in tasks:
            answer = _answered(connection.http.get(f"{API}/desk/tasks/{task.task}"))
            if answer["word"] == "refused":
                outcomes.append(Rejected(task.key, answer["message"]))
            elif answer["word"] == "done":
                outcomes.append(Created(task.key, task.record_key))
            else:
                outcomes.append(Unknown(task.key)) if answer["word"] == "lost" else None
        return outcomes


class Books(_Plugin):
    name = "books"
    objects = (
        ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ}), natural_key=("name",)),
        ObjectSupport(
            ObjectType.BILL,
            frozenset({Capability.READ, Capability.CREATE, Capability.FIND}),
            natural_key=("vendor", "bill_number"),
            line_accounts=False,
        ),
        ObjectSupport(ObjectType.PAYMENT, frozenset({Capability.READ}), natural_key=("payment_number",)),
    )

    @hookimpl
    def mlc_fetch(self, connection: AnyConnection, object_type: ObjectType, cursor: str, mode: FetchMode) -> Page:
        rows = self.rows(connection, f"books/{object_type.value}s")
        return Page(tuple(_row(one) for one in rows), watermark="now", total=None)

    @hookimpl
    def mlc_read(self, connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        rows = {one["id"]: one for one in self.rows(connection, f"books/{object_type.value}s")}
        gone = Deletion(kind=DeletionKind.HARD_DELETED, evidence="http_404")
        return [_row(rows[id]) if id in rows else SourceRecord(id, "gone", {}, deleted=gone) for id in ids]

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        if object_type is ObjectType.VENDOR:
            return _vendor("books", payload)
        if object_type is ObjectType.PAYMENT:
            parts = tuple(
                PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=id), amount=Decimal(amount))
                for id, amount in payload["bills"].items()
            )
            return Payment(
                source=_meta("books", payload),
                payment_number=payload["number"],
                payment_date=date.fromisoformat(payload["date"]),
                method=payload["method"],
                amount=sum((one.amount or Decimal(0) for one in parts), Decimal(0)),
                currency="EUR",
                allocations=parts,
                movement=MoneyMovement(payload.get("movement", "moved")),
            )
        total, balance = Decimal(payload["total"]), Decimal(payload["balance"])
        return Bill(
            source=_meta("books", payload),
            bill_number=payload["number"],
            vendor=Ref(record_type=ObjectType.VENDOR, source_id=payload["vendor"]),
            issue_date=date.fromisoformat(payload["date"]),
            currency="EUR",
            lines=(Line(line_id="1", description="Paper", line_net_amount=total),),
            total=total,
            balance=balance,
            credit_applied=Decimal(payload.get("credits", "0")),
            status=DocumentStatus(payload["status"]),
            external_key=payload["key"],
        )

    @hookimpl
    def mlc_render(
        self, connection: AnyConnection, record: Record, binding: Binding | None, context: RenderContext
    ) -> Rendered:
        assert isinstance(record, Bill)
        assert record.vendor is not None
        body = {
            "number": record.bill_number,
            "vendor": record.vendor.source_id,
            "date": str(record.issue_date),
            "total": f"{record.total:f}",
            "key": context.record_key,
        }
        return Rendered((RenderedPart("main", context.operation, json.dumps(body).encode()),))

    @hookimpl
    def mlc_push(
        self, connection: AnyConnection, object_type: ObjectType, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        (write,) = writes
        headers = {"Content-Type": "application/json"}
        response = connection.http.post(f"{API}/ledger/bills", content=write.payload, headers=headers)
        if response.status_code == 400:
            return [Rejected(write.key, decode(response)["error"], cause=RejectCause.DUPLICATE)]
        row = _answered(response)
        seen = self.mlc_map(connection, ObjectType.BILL, row)
        return [Created(write.key, row["id"], row["version"], seen)]

    @hookimpl
    def mlc_find(
        self, connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]
    ) -> list[list[SourceRecord]]:
        rows = self.rows(connection, "books/bills")
        return [[_row(one) for one in rows if one["number"] == key.number] for key in keys]


def _row(row: Mapping[str, Any]) -> SourceRecord:
    return SourceRecord(row["id"], row["version"], dict(row))


def _meta(system: str, row: Mapping[str, Any]) -> SourceMeta:
    return SourceMeta(system=system, source_id=row["id"], source_version=row["version"])


def _vendor(system: str, row: Mapping[str, Any]) -> Vendor:
    return Vendor(source=_meta(system, row), name=row["name"], status=PartyStatus.ACTIVE)


def _answered(response: Response) -> Any:
    if not response.is_success:
        raise TransientError(f"Handover answered {response.status_code}.", system="handover")
    return decode(response)
