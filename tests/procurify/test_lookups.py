"""Looking vendors up, saying who we are, probing the tenant."""

from mlc import (
    FindKey,
    Probe,
)
from mlc.http import Request, Response
from mlc.records import (
    ObjectType,
    SourceMeta,
)
from mlc_procurify.auth import ProcurifyConnection

from mlc_procurify import plugin

from .conftest import Tenant, answer, listing, load

BILL = "5d1c9a40e3b74f0fa1c2b4d6e8f00112"
PROBE = Probe(extra={"currency:CAD": "3"})
SOURCE = SourceMeta(system="books", source_id="900")


def test_finding_by_name_survives_an_ignored_filter(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        vendors = [load("vendor.json") | {"id": n, "name": name, "currency": None} for n, name in
                   enumerate(("Other Ltd", "harbour  paper LTD", "Third"), 1)]  # fmt: skip
        return listing(vendors)

    tenant.handler = handler
    (found,) = plugin.mlc_find(connection, ObjectType.VENDOR, [FindKey("k", name="Harbour Paper Ltd")])
    assert [record.id for record in found] == ["2"]


def test_free_text_is_tried_where_the_name_filter_minds_case(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        asked = dict(request.url.params)
        return listing([load("vendor.json") | {"currency": None}] if "search" in asked else [])

    tenant.handler = handler
    (found,) = plugin.mlc_find(connection, ObjectType.VENDOR, [FindKey("k", name="HARBOUR PAPER LTD")])
    assert [record.id for record in found] == ["12"]


def test_finding_by_code_and_by_id(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/api/v3/vendors/12/":
            return answer({"data": load("vendor.json") | {"currency": None}})
        if request.url.path == "/api/v3/vendors/all/":
            return listing([load("vendor.json") | {"currency": None}])
        return answer({"detail": "Not found."}, 404)

    tenant.handler = handler
    keys = [FindKey("a", external_id="12"), FindKey("b", external_id="404"), FindKey("c", reference="Z-77")]
    assert [[record.id for record in found] for found in plugin.mlc_find(connection, ObjectType.VENDOR, keys)] == [
        ["12"],
        [],
        ["12"],
    ]
    assert plugin.mlc_find(connection, ObjectType.BILL, keys) == [[], [], []]


def test_ping_says_who_we_are_and_how_far_the_clocks_are_apart(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"data": {"id": 2, "email": "svc@northwind.example"}})
    identity = plugin.mlc_ping(connection)
    assert (identity.account, identity.organisation) == ("svc@northwind.example", "northwind.procurify.com")
    assert identity.clock_skew_s == -30


def test_probe_tells_base_currency_zone_and_currency_ids(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/api/v2/currencies/":
            return listing(
                [{"id": 1, "name": "USD", "base": True}, {"id": 3, "name": "CAD"}, {"id": 4, "name": "Beads"}]
            )
        return listing([{"id": 1, "headquarter": True, "locationTimezone": "America/Toronto"}])

    tenant.handler = handler
    probe = plugin.mlc_probe(connection)
    assert (probe.base_currency, probe.time_zone, probe.entity_id) == ("USD", "America/Toronto", "northwind")
    assert probe.extra == {"currency:USD": "1", "currency:CAD": "3"}
