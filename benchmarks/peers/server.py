"""A local source API and a local destination API, as fast as plain Python can answer, and strict book-keeping of both.

    python server.py --records 20000        prints {"url": "http://127.0.0.1:…"} once it listens

    POST /oauth/token                                   a bearer token, needed for everything below
    GET  /source/{vendors,bills}?page=&per_page=&updated_since=
    GET  /dest/{vendors,accounts,taxes,bills}?page=&per_page=&updated_since=, /dest/bills?doc_number=&vendor_ref=
    POST /dest/bills, PUT /dest/bills/ID                answers with the bill as stored

Lists go from the oldest change to the newest; ``updated_since`` means changed after that moment. As most vendors do,
the destination takes a second bill with the same ``external_id``; it only counts it. What the books of this server say
is the truth that contenders are judged by (``/_bench/stats``); ``/_bench/reset`` begins anew.
"""

import argparse
import asyncio
import json
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "bench-token-5f2c1a7be0d9"
VENDORS = 200
ACCOUNTS = 100
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NEEDED = ("doc_number", "vendor_name", "txn_date", "due_date", "tax_minor", "subtotal_minor", "line_items")
REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def vendor_of(number: int) -> dict[str, Any]:
    vendor = (number + number // VENDORS) % VENDORS
    return {"id": f"V{vendor:05d}", "name": f"Vendor {vendor:05d} GmbH & Co. KG", "tax_id": f"DE{100_000_000 + vendor}",
            "email": f"ap{vendor}@vendor.example"}  # fmt: skip


def cents_of(number: int) -> list[tuple[int, int]]:
    """Quantity and unit price of three lines, in steps of 5 cents: 20 % of a line is whole cents."""
    prices = 1_000 + number * 7_919 % 90_000, 500 + number * 104_729 % 40_000, 250 + number * 1_299_709 % 9_000
    return [(count, price // 5 * 5) for count, price in enumerate(prices, 1)]


def total_of(number: int) -> int:
    net = sum(count * price for count, price in cents_of(number))
    return net + net // 5


def source_bill(number: int) -> dict[str, Any]:
    """About a kilobyte."""
    issued = date(2026, 1, 1) + timedelta(days=(number * 31 + number // VENDORS * 7) % 300)
    net = sum(count * price for count, price in cents_of(number))
    return {
        "id": f"B{number:07d}", "object": "bill", "number": f"INV-{number * 7_919 % 1_000_003:06d}-{number:06d}",
        "status": "open", "currency": "EUR", "issue_date": issued.isoformat(),
        "due_date": (issued + timedelta(days=30)).isoformat(), "created_at": wire(BEGAN),
        "updated_at": wire(BEGAN + timedelta(seconds=number)), "vendor": vendor_of(number), "subtotal": money(net),
        "tax_total": money(net // 5), "total": money(net + net // 5), "payment_terms": "net_30",
        "memo": f"Monthly services, period {number % 12 + 1}, purchase order PO-{number:06d}",
        "lines": [
            {"id": f"L{number:07d}-{line}", "description": ("Consulting hours", "Licences", "Travel")[line - 1],
             "quantity": str(count), "unit_price": money(price), "amount": money(count * price),
             "account_code": f"6{(number + line) % ACCOUNTS:03d}", "tax_code": "VAT20"}
            for line, (count, price) in enumerate(cents_of(number), 1)
        ],
        "attachments": [], "archived": False,
    }  # fmt: skip


class Shelf:
    """Rows as bytes, the oldest change first."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = [json.dumps(row, separators=(",", ":")).encode() for row in rows]
        self.changed = [row.get("updated_at", "") for row in rows]

    def page(self, query: dict[str, str]) -> bytes:
        page, size = int(query.get("page", 1)), int(query.get("per_page", 200))
        first = bisect_right(self.changed, since) if (since := query.get("updated_since")) else 0
        start = first + (page - 1) * size
        more = start + size < len(self.rows)
        tail = {"page": page, "pages": -(-(len(self.rows) - first) // size), "total": len(self.rows) - first,
                "next_page": page + 1 if more else None, "has_more": more, "now": wire(datetime.now(UTC))}  # fmt: skip
        data = b",".join(self.rows[start : start + size])
        return b'{"data":[' + data + b"]," + json.dumps(tail).encode()[1:]


class Books:
    """Both APIs and what was done to them."""

    def __init__(self, records: int) -> None:
        vendors = [vendor_of(number) | {"updated_at": wire(BEGAN)} for number in range(VENDORS)]
        accounts = [{"id": f"A6{n:03d}", "code": f"6{n:03d}", "name": f"Expense {n:03d}"} for n in range(ACCOUNTS)]
        taxes = [{"id": "T20", "code": "VAT20", "name": "VAT 20 %", "percent": "20"}]
        self.source = {"vendors": Shelf(vendors), "bills": Shelf([source_bill(n) for n in range(records)])}
        self.fixed = {"vendors": Shelf(vendors), "accounts": Shelf(accounts), "taxes": Shelf(taxes)}
        self.records = records
        self.reset({})

    def reset(self, query: dict[str, str]) -> None:
        self.latency_s = float(query.get("latency_ms", 0)) / 1_000
        self.stalls = {int(count) for count in query.get("stalls", "").split(",") if count}
        self.calls = dict.fromkeys(("token", "read", "write"), 0)
        self.posts = self.wrong = self.stalled = 0
        self.kept = Shelf([])
        self.places: dict[str, int] = {}
        self.by_key: dict[tuple[str, str], list[int]] = {}
        self.copies: dict[str, int] = {}

    def stats(self) -> dict[str, Any]:
        doubled = sum(count - 1 for count in self.copies.values())
        return self.calls | {
            "calls": sum(self.calls.values()), "posts": self.posts, "distinct": len(self.copies), "doubled": doubled,
            "lost": self.records - len(self.copies), "wrong": self.wrong, "stalled": self.stalled,
        }  # fmt: skip

    def post(self, body: bytes) -> tuple[bytes, bool]:
        """The bill as stored, and whether its answer shall not come for a while."""
        bill = self._checked(body)
        self.posts += 1
        key = str(bill.get("external_id"))
        self.copies[key] = self.copies.get(key, 0) + 1
        place = len(self.kept.rows)
        shown = self._show(body, f"D{place:08d}", 1)
        self.kept.rows.append(shown)
        self.kept.changed.append(self._stamp)
        self.places[f"D{place:08d}"] = place
        self.by_key.setdefault((str(bill.get("doc_number")), str(bill.get("vendor_ref"))), []).append(place)
        stall = self.posts in self.stalls
        self.stalled += stall
        return shown, stall

    def put(self, name: str, body: bytes) -> bytes | None:
        """A changed bill keeps its place in the list: nobody here changes bills and lists them by that."""
        place = self.places.get(name)
        if place is None:
            return None
        self._checked(body)
        self.kept.rows[place] = self._show(body, name, 2)
        return self.kept.rows[place]

    def found(self, query: dict[str, str]) -> bytes:
        places = self.by_key.get((query.get("doc_number", ""), query.get("vendor_ref", "")), [])
        return b'{"data":[' + b",".join(self.kept.rows[place] for place in places) + b'],"next_page":null}'

    def _show(self, body: bytes, name: str, version: int) -> bytes:
        self._stamp = wire(datetime.now(UTC))
        head = f'{{"id":"{name}","version":{version},"updated_at":"{self._stamp}",'
        return head.encode() + body.lstrip()[1:]

    def _checked(self, body: bytes) -> dict[str, Any]:
        """Counts a bill that is not the source's: another total or vendor, a field or a line missing."""
        bill: dict[str, Any] = json.loads(body)
        number = int(str(bill.get("external_id", "B-1"))[1:])
        right = (
            0 <= number < self.records
            and bill.get("total_minor") == total_of(number)
            and bill.get("vendor_ref") == vendor_of(number)["id"]
            and all(name in bill for name in NEEDED)
            and [line.get("amount_minor") for line in bill["line_items"]] == [n * p for n, p in cents_of(number)]
        )
        self.wrong += not right
        return bill

    def answer(self, method: str, target: str, signed: bool, body: bytes) -> tuple[int, bytes, float]:
        """Status, body, and seconds to wait before it is sent."""
        path, _, text = target.partition("?")
        query = dict(parse_qsl(text))
        if path == "/_bench/stats":
            return 200, json.dumps(self.stats()).encode(), 0.0
        if path == "/_bench/reset":
            self.reset(query)
            return 200, b"{}", 0.0
        if path == "/oauth/token":
            self.calls["token"] += 1
            reply = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3_600}
            return 200, json.dumps(reply).encode(), self.latency_s
        self.calls["read" if method == "GET" else "write"] += 1
        if not signed:
            return 401, b'{"error":"no token"}', self.latency_s
        _, side, name, *rest = [*path.split("/"), "", ""][:5]
        if method == "POST" and path == "/dest/bills":
            shown, stall = self.post(body)
            return 201, shown, 5.0 if stall else self.latency_s
        if method == "PUT" and (side, name) == ("dest", "bills"):
            changed = self.put(rest[0], body)
            return (404, b"{}", self.latency_s) if changed is None else (200, changed, self.latency_s)
        shelves = self.source if side == "source" else self.fixed | {"bills": self.kept} if side == "dest" else {}
        if method != "GET" or name not in shelves:
            return 404, b'{"error":"not found"}', self.latency_s
        if "doc_number" in query:
            return 200, self.found(query), self.latency_s
        return 200, shelves[name].page(query), self.latency_s


class Answers(asyncio.Protocol):
    """One connection: requests come one after the other."""

    def __init__(self, books: Books, later: Callable[..., object]) -> None:
        self.books, self.later, self.held = books, later, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            head = self.held[:end].lower()
            length = 0
            if (at := head.find(b"\r\ncontent-length:")) >= 0:
                length = int(head[at + 17 :].split(b"\r\n", 1)[0])
            if len(self.held) < end + 4 + length:
                return
            method, target, _ = self.held[: self.held.find(b"\r\n")].decode().split(" ", 2)
            body, self.held = self.held[end + 4 : end + 4 + length], self.held[end + 4 + length :]
            signed = b"\r\nauthorization: bearer " + TOKEN.encode() in head
            status, text, wait_s = self.books.answer(method, target, signed, body)
            reply = (f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(text)}\r\n\r\n").encode() + text  # fmt: skip
            if wait_s:
                self.later(wait_s, self.transport.write, reply)
            else:
                self.transport.write(reply)


async def serve(records: int, port: int) -> None:
    loop, books = asyncio.get_running_loop(), Books(records)
    server = await loop.create_server(lambda: Answers(books, loop.call_later), "127.0.0.1", port)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    options = parser.parse_args()
    asyncio.run(serve(options.records, options.port))
