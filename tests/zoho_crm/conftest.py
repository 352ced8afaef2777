"""A Zoho CRM connection on a transport that answers from a script, in the documented shapes, with invented values."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlc import BoundPart, Connection, Operation, Probe, RenderContext, Token
from mlc.http import MockTransport, Request, Response, VendorClient
from mlc_zoho.crm import plugin
from mlc_zoho.crm.mapping import MapContext
from mlc_zoho.crm.settings import CrmSettings
from mlc_zoho.settings import ZohoSecrets, hosts
from pydantic import SecretStr

NOW = datetime(2026, 2, 12, 9, 0, tzinfo=UTC)
DATE = "Thu, 12 Feb 2026 09:00:00 GMT"
BASE = "/crm/v8"
ADDRESS = [f"{kind}_{part}" for kind in ("Billing", "Shipping") for part in ("Street", "City", "State", "Code",
           "Country")]  # fmt: skip
FIELDS: dict[str, tuple[str, ...]] = {
    "Accounts": ("Account_Name", "Account_Type", "Website", "Owner", *ADDRESS, "Legal_Name", "Tax_Registration",
                 "Payment_Terms", "Credit_Limit"),
    "Contacts": ("Last_Name", "First_Name", "Full_Name", "Email", "Phone", "Mobile", "Title", "Account_Name"),
    "Deals": ("Deal_Name", "Stage", "Account_Name", "Contact_Name", "Amount"),
    "Notes": ("Note_Title", "Note_Content", "Parent_Id"),
    "Products": ("Product_Name", "Product_Code", "Unit_Price"),
    "Invoices": ("Subject", "Account_Name", "Contact_Name", "Deal_Name", "Invoice_Date", "Due_Date", "Status",
                 "Invoiced_Items", "Books_Total", "Books_Balance", "Books_Status", "Books_URL", "Books_Paid",
                 "Books_Credits", "Books_Written_Off", "Books_Currency", "Books_Last_Payment"),
}  # fmt: skip
STATUSES = ("Created", "Sent", "Overdue", "Part paid", "Paid", "Void", "Written off")

Handler = Callable[[Request], Response]
CrmConnection = Connection[CrmSettings, ZohoSecrets]


@dataclass
class MemoryTokens:
    """Keeps one token; obtains a fresh one when it is stale or about to end."""

    token: Token | None
    minted: int = 0

    def current(self) -> Token | None:
        return self.token

    def obtain(
        self, mint: Callable[[Token | None], Token], *, margin_s: float, stale: SecretStr | None = None
    ) -> Token:
        if self.token is None or self.token.access == stale:
            self.minted += 1
            self.token = mint(self.token)
        return self.token


@dataclass
class Desk:
    """Answers by method and path below ``/crm/v8``, and remembers what was asked."""

    answers: dict[str, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    tokens: MemoryTokens = field(
        default_factory=lambda: MemoryTokens(
            Token(SecretStr("1000.live"), NOW + timedelta(hours=1), refresh=SecretStr("1000.refresh"))
        )
    )

    def __call__(self, request: Request) -> Response:
        request.read()
        self.requests.append(request)
        key = f"{request.method} {request.url.path.removeprefix(BASE)}"
        if key not in self.answers:
            return refusal("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", 404)
        return self.answers[key](request)

    def on(self, key: str, *answers: Any, status: int = 200) -> None:
        """Answer with these in turn, the last one for ever."""
        left = list(answers)

        def answer(request: Request) -> Response:
            found = left.pop(0) if len(left) > 1 else left[0]
            return found if isinstance(found, Response) else reply(found, status=status)

        self.answers[key] = answer

    def asked(self, key: str) -> list[Request]:
        return [one for one in self.requests if f"{one.method} {one.url.path.removeprefix(BASE)}" == key]

    def sent(self, key: str) -> Any:
        return json.loads(self.asked(key)[-1].content, parse_float=Decimal)


def reply(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    told = {"Content-Type": "application/json", "Date": DATE, **(headers or {})}
    return Response(status, text=json.dumps(body, default=str), headers=told)


def nothing(status: int = 204) -> Response:
    return Response(status, headers={"Date": DATE})


def refusal(code: str, message: str, status: int = 400, **details: Any) -> Response:
    return reply({"code": code, "details": details, "message": message, "status": "error"}, status=status)


def listed(*rows: Mapping[str, Any], more: bool = False, token: str | None = None, page: int = 1) -> dict[str, Any]:
    info = {"per_page": 200, "count": len(rows), "page": page, "more_records": more, "next_page_token": token}
    return {"data": list(rows), "info": info}


def done(record_id: str, action: str = "insert") -> dict[str, Any]:
    """A row of a write's answer that says yes."""
    details = {"id": record_id, "Modified_Time": "2026-02-12T10:00:00+01:00"}
    return {"code": "SUCCESS", "status": "success", "message": "record added", "action": action, "details": details}


def refused(code: str, message: str = "invalid data", **details: Any) -> dict[str, Any]:
    """A row of a write's answer that says no."""
    return {"code": code, "status": "error", "message": message, "details": details}


def contact(record_id: str = "7001", *, at: str = "2026-02-11T10:00:00+01:00", **more: Any) -> dict[str, Any]:
    row = {"id": record_id, "Last_Name": "Moe", "First_Name": "Ida", "Full_Name": "Ida Moe", "Email": "ida@n.example",
           "Phone": "+47 1", "Mobile": None, "Title": "Buyer", "Account_Name": {"name": "Nordic AS", "id": "5001"},
           "Modified_Time": at, "Books_Id": None}  # fmt: skip
    return {**row, **more}


def account(record_id: str = "5001", *, at: str = "2026-02-11T10:00:00+01:00", **more: Any) -> dict[str, Any]:
    row = {"id": record_id, "Account_Name": "Nordic AS", "Account_Type": "Customer", "Website": "https://n.example",
           "Owner": {"name": "Ada", "id": "1"}, "Tax_Registration": "NO987", "Payment_Terms": 30, "Modified_Time": at,
           "Billing_Street": "4 Quay\nHall B", "Billing_City": "Oslo", "Billing_State": None, "Billing_Code": "0150",
           "Billing_Country": "Norway", "Books_Id": "zoho-books:customer:4600"}  # fmt: skip
    return {**row, **more}


@pytest.fixture
def desk() -> Desk:
    """With the metadata of an organisation that is set up as the README says."""
    made = Desk()

    def fields(request: Request) -> Response:
        module = request.url.params["module"]
        if module not in FIELDS:
            return refusal("INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0)
        rows = [{"api_name": name, "field_label": name, "data_type": "text"} for name in FIELDS[module]]
        for row in rows:
            if row["api_name"] == "Status":
                row["pick_list_values"] = [{"actual_value": word} for word in STATUSES]  # type: ignore[assignment]
        unique = {"api_name": "Books_Id", "data_type": "text", "custom_field": True, "unique": {"casesensitive": "f"}}
        return reply({"fields": [*rows, unique]})

    made.answers["GET /settings/fields"] = fields
    made.on("POST /oauth/v2/token", {"access_token": "1000.fresh", "expires_in": 3600})
    return made


@pytest.fixture
def connect(desk: Desk) -> Iterator[Callable[..., CrmConnection]]:
    """Open a connection on the desk; keywords are settings."""
    opened: list[VendorClient] = []

    def make(*, secrets: Mapping[str, str] | None = None, **given: Any) -> CrmConnection:
        settings = CrmSettings(**given)
        held = ZohoSecrets.model_validate({"client_id": "1000.CLIENT", "client_secret": "s3cret", **(secrets or {})})
        http = VendorClient(
            "desk", "zoho-crm", hosts=hosts(settings), transport=MockTransport(desk), sleep=lambda seconds: None
        )
        opened.append(http)
        connection = Connection(
            name="desk", system="zoho-crm", settings=settings, secrets=held, http=http, tokens=desk.tokens,
            now=lambda: NOW,
        )  # fmt: skip
        http.use(plugin.mlc_auth(connection=connection, tokens=desk.tokens))
        return connection

    yield make
    for http in opened:
        http.close()


@pytest.fixture
def connection(connect: Callable[..., CrmConnection]) -> CrmConnection:
    return connect()


@pytest.fixture
def context() -> MapContext:
    return MapContext("zoho-crm", "desk", CrmSettings())


def render_context(**more: Any) -> RenderContext:
    """For a create in an organisation that is set up as the README says."""
    extra = {f"fields:{module}": ",".join((*names, "Books_Id")) for module, names in FIELDS.items()}
    extra |= {"values:Status": "\n".join(STATUSES), "product": "9001"}
    given = {"operation": Operation.CREATE, "record_key": "zoho-books:customer:4600", "use_unique_field": True, **more}
    extra |= given.pop("extra", {})
    return RenderContext(probe=Probe(base_currency="USD", extra=extra), **given)


def bound(record_id: str, version: str = "20260211T090000Z") -> BoundPart:
    return BoundPart("main", record_id, version)
