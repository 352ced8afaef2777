"""Calls on the wire: headers, slashes, paging, time-outs, envelopes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from mlc.errors import RateLimitedError, TransientError
from mlc.http import Request, Response, VendorClient
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.client import Client, halved, next_query
from mlc_procurify.pages import crawl
from mlc_procurify.schemas import ListReply, Pagination
from mlc_procurify.sources import ACCOUNT_CODES

from .conftest import HTTP_DATE, Tenant, answer, listing, load

PATH = "/api/v3/ap/bills/"
FIRST = (("page", "1"), ("page_size", "100"))


def test_every_call_names_the_client_and_ends_in_a_slash(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"metadata": {}, "data": load("bill.json")})
    client = Client(connection)
    client.bill("5d1c9a40e3b74f0fa1c2b4d6e8f00112")
    client.purchase_order("118")
    client.vendor("12")
    client.me()
    assert {request.headers["x-procurify-client"] for request in tenant.requests} == {"api"}
    assert [request.url.path for request in tenant.requests] == [
        "/api/v2/ap/bills/5d1c9a40e3b74f0fa1c2b4d6e8f00112/",
        "/api/v2/purchase_orders/118/",
        "/api/v3/vendors/12/",
        "/api/v3/users/me/",
    ]


def test_an_id_cannot_lead_to_another_path(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"data": {}})
    Client(connection).bill("../../v3/users")
    assert tenant.requests[0].url.raw_path == b"/api/v2/ap/bills/..%2F..%2Fv3%2Fusers/"


@pytest.mark.parametrize("place", ["metadata", "top"])
def test_both_places_of_the_pagination_are_understood(
    tenant: Tenant, connection: ProcurifyConnection, place: str
) -> None:
    pagination = {"count": 7, "next": "https://elsewhere.example/x?page=2&page_size=50"}
    head = {"metadata": {"pagination": pagination}} if place == "metadata" else {"pagination": pagination}
    tenant.handler = lambda request: answer({**head, "data": [{"id": 1}]})
    reply = Client(connection).page(PATH, FIRST, what="the list")
    assert reply.pagination.count == 7
    assert next_query(reply) == [("page", "2"), ("page_size", "50")]


def test_amounts_arrive_as_decimals(tenant: Tenant, connection: ProcurifyConnection) -> None:
    text = b'{"data": [{"id": 1, "total_cost_with_tax": 0.1}]}'
    tenant.handler = lambda request: Response(200, content=text, headers={"content-type": "application/json"})
    reply = Client(connection).page(PATH, FIRST, what="the list")
    assert str(reply.rows[0]["total_cost_with_tax"]) == "0.1"
    assert reply.answered_at is None


def test_the_next_page_keeps_our_filter_and_only_the_links_page() -> None:
    asked = [("last_modified_datetime_0", "2026-01-01T00:00:00Z"), *FIRST]
    pagination = Pagination(next="https://evil.example/api/?page=2&page_size=100&last_modified_datetime_0=1970-01-01")
    following = next_query(ListReply(rows=(), pagination=pagination, asked=asked, answered_at=None))
    assert following == [("last_modified_datetime_0", "2026-01-01T00:00:00Z"), ("page", "2"), ("page_size", "100")]


def test_a_link_that_leads_back_stops_the_reading() -> None:
    asked = [("page", "3"), ("page_size", "100")]
    reply = ListReply(rows=(), pagination=Pagination(next="https://x/?page=3"), asked=asked, answered_at=None)
    with pytest.raises(TransientError, match="comes after page 3"):
        next_query(reply)


def test_the_same_page_twice_stops_the_reading(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        page = int(request.url.params["page"])
        return listing([{"id": 1}, {"id": 2}], following=f"https://x/?page={page + 1}")

    tenant.handler = handler
    with pytest.raises(TransientError, match="same page"):
        list(crawl(Client(connection), ACCOUNT_CODES, connection.settings))
    assert len(tenant.requests) == 2


def test_a_page_beyond_the_end_is_an_empty_end(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"detail": "Invalid page."}, 404)
    reply = Client(connection).page(PATH, (("page", "4"), ("page_size", "100")), what="the list")
    assert reply.rows == ()
    assert next_query(reply) is None


def test_halving_keeps_the_first_row() -> None:
    assert halved([("page", "3"), ("page_size", "100")]) == [("page", "5"), ("page_size", "50")]
    assert halved([("page", "2"), ("page_size", "25")]) == [("page", "6"), ("page_size", "5")]
    assert halved([("page", "2"), ("page_size", "1")]) == [("page", "2"), ("page_size", "1")]


class SlowHttp:
    """Answers pages up to a size and times out above it, as core's client does once its own tries are spent."""

    def __init__(self, most_rows: int) -> None:
        self.most_rows = most_rows
        self.sizes: list[int] = []

    def get(self, url: str, *, params: Any = None, headers: Any = None) -> Response:
        size = int(dict(params)["page_size"])
        self.sizes.append(size)
        if size > self.most_rows:
            raise TransientError("northwind.procurify.com did not answer in time.") from httpx.ReadTimeout("slow")
        return listing([{"id": 1}], following=f"https://x/?page=6&page_size={size}")


def slow(connection: ProcurifyConnection, most_rows: int) -> tuple[Client, SlowHttp]:
    http = SlowHttp(most_rows)
    return Client(replace(connection, http=cast(VendorClient, http))), http


def test_a_slow_page_is_asked_for_in_smaller_pieces(connection: ProcurifyConnection) -> None:
    client, _ = slow(connection, 50)
    reply = client.page(PATH, (("page", "3"), ("page_size", "100")), what="the list")
    assert dict(reply.asked) == {"page": "5", "page_size": "50"}
    assert next_query(reply) == [("page", "6"), ("page_size", "50")]


def test_three_time_outs_end_in_a_sentence(connection: ProcurifyConnection) -> None:
    client, http = slow(connection, 10)
    with pytest.raises(TransientError, match="3 times in a row"):
        client.page(PATH, FIRST, what="the list of bills")
    assert http.sizes == [100, 50, 25]


def test_a_tenant_that_cannot_be_reached_is_not_asked_for_less(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        raise httpx.ConnectError("refused", request=request)

    tenant.handler = handler
    with pytest.raises(TransientError, match="cannot be reached"):
        Client(connection).page(PATH, FIRST, what="the list of bills")
    assert {request.url.params["page_size"] for request in tenant.requests} == {"100"}


def test_a_429_is_never_asked_again(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"detail": "Throttled."}, 429, **{"Retry-After": "7"})
    with pytest.raises(RateLimitedError) as caught:
        Client(connection).page(PATH, FIRST, what="the list")
    assert caught.value.retry_after_s == 7
    assert len(tenant.requests) == 1


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b'{"data": [', b"", b'{"data": {}}'])
def test_a_body_that_is_no_list_is_transient(tenant: Tenant, connection: ProcurifyConnection, body: bytes) -> None:
    tenant.handler = lambda request: Response(200, content=body, headers={"Date": HTTP_DATE})
    with pytest.raises(TransientError):
        Client(connection).page(PATH, FIRST, what="the list")


@pytest.fixture(autouse=True)
def _closed(connection: ProcurifyConnection) -> Iterator[None]:
    yield
    connection.http.close()
