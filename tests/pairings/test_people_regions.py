"""Books and CRM in different data centres, and a channel that lapses: people get where they belong."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import mlc.connections
import pytest
from mlc.config import load_config
from mlc.connections import store_secrets
from mlc.engine.run import run_pairing
from mlc.http.transport import SocketTransport
from mlc.operating import ServeConfig
from mlc.plugins import load_plugins
from mlc.runner.embedded import Engine, open_engine
from mlc.runner.subscribers import Subscribers
from mlc.store.credentials import Credentials
from mlc_sandbox.company import Relations, make_selling_company
from mlc_sandbox.scenarios import zoho_books_zoho_crm as scenario
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.torture.bench import AheadClock
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

#: System → the data centre it lives in, its API host and its accounts server there.
REGIONS = {
    "zoho-books": ("eu", "www.zohoapis.eu", "accounts.zoho.eu"),
    "zoho-crm": ("us", "www.zohoapis.com", "accounts.zoho.com"),
}
TWO_HOURS_S = 7_200.0


class Wire(SocketTransport):
    """Leads Zoho's own host names to stand-ins on this machine, and writes down what was asked of whom."""

    def __init__(self, hosts: dict[str, str], asked: list[tuple[str, str]]) -> None:
        super().__init__()
        self._hosts, self._asked = hosts, asked

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._asked.append((request.url.host, request.url.path))
        local = self._hosts[request.url.host] + request.url.raw_path.decode()
        led = httpx.Request(
            request.method, local, headers=request.headers, content=request.read(), extensions=request.extensions
        )
        return super().handle_request(led)


@dataclass
class World:
    known: Relations
    books: ZohoBooksStandIn
    crm: ZohoCrmStandIn
    engine: Engine
    clock: AheadClock
    asked: list[tuple[str, str]]

    def run(self) -> None:
        with self.engine.session("people") as session:
            run_pairing(session, accept=True, by="tests")

    def go_ahead(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for standin in (self.books, self.crm):
            standin.clock.advance(seconds)

    def person_in_books(self, email: str) -> list[dict[str, Any]]:
        contacts = self.books.store.all("contacts")
        return [one for contact in contacts for one in contact["contact_persons"] if one["email"] == email]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Books in Europe, CRM in the United States, in step after a first run."""
    company = make_selling_company(3, 1)
    assert company.relations is not None
    hosts: dict[str, str] = {}
    asked: list[tuple[str, str]] = []
    books, crm = ZohoBooksStandIn(company=company), ZohoCrmStandIn(company=company)
    clock, plugins = AheadClock(), load_plugins()
    settings = scenario.connections(company)
    lines = ['home = "."', "[pairings.people]", 'recipe = "zoho-books+zoho-crm"', f"since = {company.since}"]
    lines += ['left = "zoho-books"', 'right = "zoho-crm"']
    for system, (centre, _api, _accounts) in REGIONS.items():
        lines += [f"[connections.{system}]", f'system = "{system}"', f'data_centre = "{centre}"']
        lines += [f'{key} = "{value}"' for key, value in settings[system].items()]
    path = tmp_path_factory.mktemp("regions") / "mlc.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlc.connections, "open_transport", lambda *_given, **_named: Wire(hosts, asked))
        for system, standin in (("zoho-books", books), ("zoho-crm", crm)):
            standin.limits_enabled = False
            url = stack.enter_context(Server(standin)).url
            hosts |= dict.fromkeys(REGIONS[system][1:], url)
        config = load_config(path, plugins=plugins)
        config = config.model_copy(update={"serve": ServeConfig(url="https://hooks.example")})
        engine = stack.enter_context(open_engine(config, plugins=plugins, clock=clock, limits=False))
        credentials = Credentials(engine.database, engine.keys, now=clock.now)
        for system, given in scenario.secrets(company).items():
            store_secrets(credentials, system, plugins.system(system).secrets.model_validate(given))
        made = World(company.relations, books, crm, engine, clock, asked)
        made.run()
        yield made


def test_every_call_goes_to_the_data_centre_of_its_own_system(world: World) -> None:
    asked = set(world.asked)
    (_, books_api, books_accounts), (_, crm_api, crm_accounts) = REGIONS["zoho-books"], REGIONS["zoho-crm"]
    assert {host for host, _path in asked} == {books_api, books_accounts, crm_api, crm_accounts}
    assert {path.split("/")[1] for host, path in asked if host == books_api} == {"books"}
    assert {path.split("/")[1] for host, path in asked if host == crm_api} == {"crm"}
    assert {path for host, path in asked if host in (books_accounts, crm_accounts)} == {"/oauth/v2/token"}
    here, there = world.known.person("person:books-only"), world.known.person("person:desk-only")
    assert len(world.person_in_books(there.email)) == 1
    assert [row["Email"] for row in world.crm.store.all("Contacts")].count(here.email) == 1


def test_what_was_changed_while_no_channel_lived_arrives_on_the_first_run_after_two_hours(world: World) -> None:
    subscribers = Subscribers(world.engine)
    subscribers.look()
    (channel,) = world.crm.store.all("channels")
    world.go_ahead(channel["until"] - world.crm.clock.now().timestamp() + TWO_HOURS_S / 2)
    edited, customer = world.known.person("person:02-3"), world.known.customer("customer:04")
    added = {"Last_Name": "Gap", "Email": "gap@customer04.example", "Account_Name": {"id": customer.desk_id}}
    world.crm.ui_change("Contacts", {"id": edited.desk_id, "Phone": "+44 20 7946 0777"})
    world.crm.ui_change("Contacts", added)
    world.go_ahead(TWO_HOURS_S / 2)
    subscribers.look()
    assert [one["until"] > world.crm.clock.now().timestamp() for one in world.crm.store.all("channels")].count(
        True
    ) == 1
    assert world.person_in_books("gap@customer04.example") == []
    world.run()
    assert [one["phone"] for one in world.person_in_books(edited.email)] == ["+44 20 7946 0777"]
    assert len(world.person_in_books("gap@customer04.example")) == 1
