"""How the tiny service answers: tokens, collections, control calls, and what goes wrong on request."""

import json
import secrets as randomness
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from mlc.testing.servicerows import Refusal, Row

if TYPE_CHECKING:
    from mlc.testing.service import Service

VERSION = "v1"
ME = {"account": "demo", "organisation": "Demo Ltd", "currency": "EUR", "time_zone": "UTC"}


@dataclass(slots=True)
class Strike:
    """One fault; see ``Service.fault``."""

    match: str
    kind: str
    times: int | None
    after: int
    status: int
    body: Any
    headers: dict[str, str]
    retry_after_s: int

    def hits(self, method: str, path: str) -> bool:
        """Whether it is this request's turn; counts."""
        verb, _, place = self.match.rpartition(" ")
        if (verb and verb != method) or (place != "*" and not path.startswith(place)):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            if self.times == 0:
                return False
            self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Answers(BaseHTTPRequestHandler):
    """One request after the other on a kept connection."""

    service: "Service"
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.service.shelf.now(), usegmt=True)

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        strike = None
        with self.service.shelf.lock:
            if not parts.path.startswith("/_sandbox/"):
                self.service.calls.append((self.command, parts.path))
                strike = next((one for one in self.service.strikes if one.hits(self.command, parts.path)), None)
            if strike is not None and strike.kind in _INSTEAD:
                answer: Answer | None = _INSTEAD[strike.kind](self.service, strike)
            else:
                answer = self._answered(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), body)
        if strike is not None and strike.kind == "commit_then_500":
            answer = _told(500, {"error": {"code": "internal", "message": "Something went wrong."}})
        if answer is None or (strike is not None and strike.kind == "commit_then_drop"):
            self.close_connection = True
            self.connection.close()
            return
        self._send(answer, cut=strike is not None and strike.kind == "truncate")

    def _send(self, answer: Answer, *, cut: bool) -> None:
        content = answer.body[: len(answer.body) // 2] if cut else answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answered(self, path: str, query: dict[str, str], body: bytes) -> Answer:
        try:
            steps = [step for step in path.split("/") if step]
            if steps[:1] == ["_sandbox"]:
                return self._control(steps[1:], body)
            if steps == ["oauth", "token"]:
                return self._token(body)
            self._signed()
            if steps[:1] != [VERSION] or len(steps) not in (2, 3):
                raise Refusal(404, "not_found", "There is nothing here.")
            if steps[1] == "me":
                return _told(200, ME)
            return self._row(steps[1], steps[2], body) if len(steps) == 3 else self._collection(steps[1], query, body)
        except Refusal as refusal:
            return _told(refusal.status, {"error": refusal.error})

    def _signed(self) -> None:
        from mlc.testing.service import API_TOKEN

        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or (token != API_TOKEN and token not in self.service.tokens):
            raise Refusal(401, "unauthorised", "That token is not accepted.")

    def _token(self, body: bytes) -> Answer:
        from mlc.testing.service import CLIENT_ID, CLIENT_SECRET

        given = _read(body) if body.lstrip()[:1] == b"{" else dict(parse_qsl(body.decode()))
        known = (given.get("client_id"), given.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        spent = given.get("refresh_token") or None
        stale = spent is not None and spent not in self.service.refreshes
        if not known or stale:
            raise Refusal(401, "invalid_client" if not known else "invalid_grant", "Those credentials are not known.")
        access = randomness.token_urlsafe(16)
        self.service.minted += 1
        self.service.tokens.add(access)
        self.service.refreshes.discard(spent or "")
        fresh = randomness.token_urlsafe(16)
        self.service.refreshes.add(fresh)
        return _told(200, {"access_token": access, "refresh_token": fresh, "expires_in": 3600})

    def _collection(self, name: str, query: dict[str, str], body: bytes) -> Answer:
        shelf = self.service.shelf
        if self.command == "POST":
            return _told(201, {"data": shelf.create(name, _read(body), key=self.headers.get("idempotency-key"))})
        if self.command != "GET":
            raise Refusal(405, "not_allowed", "A collection is listed or added to.")
        size = min(int(query.get("per_page") or self.service.page_size), self.service.page_size)
        page = int(query.get("page") or 1)
        found = shelf.listed(name, query)
        following = None
        if page * size < len(found):
            following = f"https://api.example.com/{VERSION}/{name}?{urlencode({**query, 'page': page + 1})}"
        rows = found[(page - 1) * size : page * size]
        return _told(200, {"data": rows, "page": page, "next": following, "total": len(found)})

    def _row(self, name: str, row_id: str, body: bytes) -> Answer:
        shelf = self.service.shelf
        if self.command == "GET":
            return _told(200, {"data": shelf.one(name, row_id)})
        if self.command == "PUT":
            return _told(200, {"data": shelf.change(name, row_id, _read(body), version=self.headers.get("if-match"))})
        if self.command == "DELETE":
            shelf.remove(name, row_id)
            return Answer(204, b"")
        raise Refusal(405, "not_allowed", "A row is read, replaced or deleted.")

    def _control(self, steps: list[str], body: bytes) -> Answer:
        service, given = self.service, _read(body) if body else {}
        match steps:
            case ["log"]:
                return _told(200, service.shelf.log)
            case ["clock"]:
                service.shelf.advance(float(given.get("advance_s", 0)))
                return _told(200, {"now": service.shelf.now().isoformat()})
            case ["objects"]:
                return _told(200, {name: len(service.shelf.rows(name)) for name in service.shelf.names()})
            case ["objects", name]:
                return _told(200, self._by_a_person(name, given) if self.command == "POST" else service.rows(name))
            case ["faults"] if self.command == "POST":
                service.fault(given.pop("match"), given.pop("kind"), **given)
            case ["faults"] if self.command == "DELETE":
                service.heal()
        return _told(200, {"faults": len(service.strikes)})

    def _by_a_person(self, name: str, given: Row) -> Row:
        """What somebody does on the screens: no ``id`` creates, ``action`` delete deletes."""
        shelf, row_id = self.service.shelf, str(given.pop("id", ""))
        if given.pop("action", None) == "delete":
            shelf.remove(name, row_id)
            return {"id": row_id}
        return shelf.change(name, row_id, given) if row_id else shelf.create(name, given)


def _html(_service: "Service", _strike: Strike) -> Answer:
    return Answer(200, b"<html><body>Down for maintenance</body></html>", {"X-Kind": "page"})


def _status(_service: "Service", strike: Strike) -> Answer:
    return Answer(strike.status, _written({} if strike.body is None else strike.body), strike.headers)


def _rate_limit(_service: "Service", strike: Strike) -> Answer:
    answer = _told(429, {"error": {"code": "rate_limited", "message": "Too many calls."}})
    return Answer(answer.status, answer.body, {"Retry-After": str(strike.retry_after_s)})


def _token_revoked(service: "Service", _strike: Strike) -> Answer:
    service.tokens.clear()
    return _told(401, {"error": {"code": "unauthorised", "message": "That token is not accepted."}})


def _drop(_service: "Service", _strike: Strike) -> None:
    return None


_INSTEAD = {
    "status": _status,
    "html": _html,
    "rate_limit": _rate_limit,
    "token_revoked": _token_revoked,
    "drop": _drop,
}


def _read(body: bytes) -> Row:
    try:
        found = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Refusal(400, "invalid", "The body is no JSON.") from None
    if not isinstance(found, dict):
        raise Refusal(400, "invalid", "The body is no JSON object.")
    return found


def _told(status: int, body: Any) -> Answer:
    return Answer(status, _written(body))


def _written(body: Any) -> bytes:
    """JSON with every Decimal as a number of exactly its digits."""
    marks: dict[str, str] = {}

    def mark(value: object) -> str:
        if not isinstance(value, Decimal):
            return str(value)
        name = f"\x00{len(marks)}\x00"
        marks[json.dumps(name)] = format(value, "f")
        return name

    text = json.dumps(body, default=mark)
    for name, digits in marks.items():
        text = text.replace(name, digits)
    return text.encode()
