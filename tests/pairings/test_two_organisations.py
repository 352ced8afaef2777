"""Two organisations in two data centres, one developer key: nothing crosses over, and the key's logins are shared."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import mlc.connections
import pytest
from mlc.clock import stamp
from mlc.config import load_config
from mlc.connections import store_secrets
from mlc.engine.run import run_pairing
from mlc.errors import RateLimitedError
from mlc.http import CallKind
from mlc.http.transport import SocketTransport
from mlc.plugins import load_plugins
from mlc.runner.embedded import Engine, open_engine
from mlc.store.credentials import Credentials
from mlc.store.schema import acceptances
from mlc_sandbox.bill.app import BillStandIn
from mlc_sandbox.bill.wire import make_id
from mlc_sandbox.company import Company, make_payables_company
from mlc_sandbox.democonfig import toml_value
from mlc_sandbox.scenarios import zoho_books_bill as scenario
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_zoho.books import description

GATEWAY = "gateway.prod.bill.com"
#: Pairing → the data centre, Zoho's API host and accounts server there, and the organisations on both sides.
REGIONS = {
    "us": ("us", "www.zohoapis.com", "accounts.zoho.com", "700001234", make_id("organizations", 1)),
    "eu": ("eu", "www.zohoapis.eu", "accounts.zoho.eu", "700005678", make_id("organizations", 2)),
}


@dataclass
class Net:
    """The vendors' own host names, led to stand-ins on this machine; every request is written down."""

    hosts: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, httpx.Request]] = field(default_factory=list)

    def open(self, proxy: str | None = None) -> httpx.BaseTransport:
        del proxy
        return _Wire(self)


class _Wire(SocketTransport):
    def __init__(self, net: Net) -> None:
        super().__init__()
        self._net = net

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._net.asked.append((request.url.host, request))
        local = self._net.hosts[request.url.host] + request.url.raw_path.decode()
        led = httpx.Request(
            request.method, local, headers=request.headers, content=request.content, extensions=request.extensions
        )
        return super().handle_request(led)


@dataclass
class World:
    net: Net
    companies: Mapping[str, Company]
    books: Mapping[str, ZohoBooksStandIn]
    bill: BillStandIn
    engine: Engine

    def run(self, pairing: str) -> list[tuple[str, httpx.Request]]:
        """Run one pairing; what it asked of whom."""
        self.net.asked.clear()
        with self.engine.session(pairing) as session:
            run_pairing(session, accept=True)
        return list(self.net.asked)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("regions")
    companies = {
        name: replace(make_payables_company(number, 1), ledger_organization_id=region[3])
        for number, (name, region) in enumerate(REGIONS.items(), start=11)
    }
    net, patch = Net(), pytest.MonkeyPatch()
    patch.setattr(mlc.connections, "open_transport", net.open)
    patch.setattr(description, "PER_MINUTE", 100_000)  # nobody waits here for the next minute of Zoho's
    with ExitStack() as stack:
        stack.callback(patch.undo)
        bill = BillStandIn(company=companies["us"])
        books = {name: ZohoBooksStandIn(company=company) for name, company in companies.items()}
        for standin in (bill, *books.values()):
            standin.limits_enabled = False
        net.hosts[GATEWAY] = stack.enter_context(Server(bill)).url
        for name, region in REGIONS.items():
            url = stack.enter_context(Server(books[name])).url
            net.hosts |= {region[1]: url, region[2]: url}
        plugins = load_plugins()
        config = load_config(_written(folder, companies), plugins=plugins)
        engine = stack.enter_context(open_engine(config, plugins=plugins))
        _connected(engine)
        yield World(net, companies, books, bill, engine)


def _written(folder: Path, companies: Mapping[str, Company]) -> Path:
    lines = ['home = "."']
    for name, region in REGIONS.items():
        lines += [f"[connections.books-{name}]", 'system = "zoho-books"', f'data_centre = "{region[0]}"']
        lines += [f'organization_id = "{region[3]}"']
        lines += [f"[connections.bill-{name}]", 'system = "bill"', f'organization_id = "{region[4]}"']
        told = {key: value for key, value in scenario.pairing(companies[name]).items() if key != "flows"}
        lines += [
            f"[pairings.{name}]",
            'recipe = "zoho-books+bill"',
            f'left = "books-{name}"',
            f'right = "bill-{name}"',
        ]
        lines += [f"{key} = {toml_value(value)}" for key, value in told.items()]
    path = folder / "mlc.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _connected(engine: Engine) -> None:
    credentials = Credentials(engine.database, engine.keys, now=engine.clock.now)
    given = scenario.secrets(make_payables_company(1, 1))
    for name in REGIONS:
        for system, connection in (("zoho-books", f"books-{name}"), ("bill", f"bill-{name}")):
            model = engine.plugins.system(system).secrets
            own = {key: value for key, value in given[system].items() if key != "api_token" or name == "us"}
            store_secrets(credentials, connection, model.model_validate(own))
    now = stamp(engine.clock.now())
    with engine.database.write() as tx:
        for pairing in engine.config.pairings.values():
            rows = [{"pairing": pairing.name, "flow": flow.name, "by": "test", "at": now} for flow in pairing.flows]
            tx.execute(acceptances.insert(), rows)


def _organisation_of(request: httpx.Request, bill: BillStandIn) -> str:
    """The organisation that a call to BILL's gateway speaks for."""
    if request.url.path.endswith("/login"):
        return str(json.loads(request.content)["organizationId"])
    if "apiToken" in request.headers:
        return bill.logins.spend_tokens[request.headers["apiToken"]][0]
    return bill.logins.sessions[request.headers["sessionId"]].organization_id


def _bills_of(world: World, name: str) -> set[tuple[str, str]]:
    """Numbers, as far as BILL keeps them, and totals of the bills in one organisation's books."""
    return {(row["bill_number"][-16:], f"{row['total']:.2f}") for row in world.books[name].store.all("bills")}


def _made_in(world: World, organisation: str) -> set[tuple[str, str]]:
    made: set[tuple[str, str]] = set()
    for entry in world.bill.log.entries(type="bills"):
        after: dict[str, Any] = entry.after or {}
        if entry.op == "create" and entry.cause.get("kind") == "request" and after["organizationId"] == organisation:
            made.add((after["invoice"]["invoiceNumber"].partition("~")[0][-16:], f"{after['amount']:.2f}"))
    return made


@pytest.fixture(scope="module")
def calls(world: World) -> dict[str, list[tuple[str, httpx.Request]]]:
    return {name: world.run(name) for name in REGIONS}


@pytest.mark.parametrize("name", list(REGIONS))
def test_every_call_of_a_pairing_goes_to_its_own_region_and_organisation(
    world: World, calls: dict[str, list[tuple[str, httpx.Request]]], name: str
) -> None:
    _, api, accounts, books, organisation = REGIONS[name]
    assert {host for host, _ in calls[name]} == {api, accounts, GATEWAY}
    asked = [request for host, request in calls[name] if host == api]
    assert {request.url.params.get("organization_id", "-") for request in asked} <= {books, "-"}
    without = {request.url.path for request in asked if "organization_id" not in request.url.params}
    assert without <= {"/books/v3/organizations", f"/books/v3/organizations/{books}"}
    spoken_for = {_organisation_of(request, world.bill) for host, request in calls[name] if host == GATEWAY}
    assert spoken_for == {organisation}


def test_each_organisation_gets_the_bills_of_its_own_books(
    world: World, calls: dict[str, list[tuple[str, httpx.Request]]]
) -> None:
    del calls
    us, eu = (_made_in(world, REGIONS[name][4]) for name in ("us", "eu"))
    assert us <= _bills_of(world, "us")
    assert eu <= _bills_of(world, "eu")
    assert len(us - _bills_of(world, "eu")) > 20, "the two companies are too much alike for this to tell"
    assert len(eu - _bills_of(world, "us")) > 20


def test_the_logins_of_one_developer_key_are_counted_together(
    world: World, calls: dict[str, list[tuple[str, httpx.Request]]]
) -> None:
    logins = [request for asked in calls.values() for host, request in asked if request.url.path.endswith("/login")]
    assert len(logins) == 2
    system = world.engine.plugins.system("bill")

    def left(key: str) -> int:
        gate = world.engine.ledger.gate("bill-third", system, app=f"production:{key}")
        for taken in range(1_000):
            try:
                gate.reserve(CallKind.MINT).spend()
            except RateLimitedError:
                return taken
        raise AssertionError("no end of logins")

    assert left("default") == left("another") - len(logins)
