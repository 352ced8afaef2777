"""QuickBooks' rotation without any grace, and a process that is killed at every step of a refresh: one reconnect at
most, and never in silence (R35)."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from mlc.clock import Clock
from mlc.connection import Token
from mlc.http import VendorClient
from mlc.oauth.tokens import StoredTokens
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import open_database
from mlc.store.refreshes import ConnectionState, standing
from mlc.store.schema import alert_events
from mlc.testing.steps import REFRESH_STEPS
from mlc_sandbox.quickbooks.app import QuickBooksStandIn
from mlc_sandbox.quickbooks.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from mlc_sandbox.toolkit.server import Server
from pydantic import SecretStr
from sqlalchemy import func, select

from tests.forking import Running
from tests.quickbooks_connector import keeper

CRASHED = 137
#: Killed there, the old token is used up at Intuit, and nobody knows the new one.
LOST = {"refresh.answered"}


class Company:
    """A stand-in that rotates at each refresh, the stored tokens of one connection, and processes that need one."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.standin: QuickBooksStandIn = server.standin
        self.url, self.folder, self.asked = server.url, folder, 0
        self.database = open_database(str(folder / "mlc.db"))
        self.client = VendorClient("acme", "quickbooks", hosts=("quickbooks.api.intuit.com",), endpoint=server.url)
        credentials = Credentials(self.database, Keys(b"k" * 32), now=Clock().now)
        self.tokens = StoredTokens("acme", "quickbooks", credentials=credentials, client=self.client, clock=Clock())
        self.connect(REFRESH_TOKEN)

    def connect(self, value: str) -> None:
        """A person's consent; the access token that came with it is over."""
        if value not in self.standin.tokens.chains:
            self.standin.tokens.enter(value, self.standin.realm_id)
        expired = Clock().now() - timedelta(seconds=1)
        self.tokens.store(Token(SecretStr("old"), expired, SecretStr(value), extra={"realm_id": keeper.REALM}))

    def worker(self, step: str = "") -> Running:
        self.asked += 1
        environ = {**os.environ, **({"MLC_TEST_STEP": f"{step}:crash"} if step else {})}
        given = (str(self.folder / "mlc.db"), self.url, CLIENT_ID, CLIENT_SECRET)
        return Running(keeper.once, *given, environ=environ, files=self.folder / f"worker-{self.asked}")

    def ask(self) -> str:
        return self.worker().end(60)[1].strip()

    def is_good(self, access: str) -> bool:
        """Whether Intuit takes this access token."""
        return self.standin.tokens.good(access) is not None

    @property
    def refreshed(self) -> int:
        """Access tokens that Intuit has handed out."""
        return sum(len(chain.access) for chain in self.standin.tokens.all())

    @property
    def told(self) -> int:
        """Alerts that were ever raised."""
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(alert_events)).scalar_one())

    @property
    def paused(self) -> bool:
        with self.database.read() as connection:
            found = standing(connection, "acme")
        return found is not None and found.state is ConnectionState.PAUSED


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    standin = QuickBooksStandIn()
    standin.limits_enabled = False
    standin.switches["every_refresh_rotates"] = True
    with Server(standin) as server:
        made = Company(server, tmp_path)
        yield made
        made.client.close()
        made.database.close()


@pytest.mark.parametrize("step", REFRESH_STEPS)
def test_a_kill_at_any_step_costs_one_reconnect_at_most_and_is_never_silent(company: Company, step: str) -> None:
    if step == "refresh.refused":
        company.standin.tokens.kill(company.standin.tokens.all()[0])
    assert company.worker(step).end(60)[0] == CRASHED
    answer = company.ask()
    if step in LOST or step == "refresh.refused":
        assert answer.startswith("refused: "), answer
        assert company.paused
        assert company.told == 1
        company.connect("RT1-consented-again")
        assert company.is_good(company.ask())
        assert not company.paused
    else:
        assert company.is_good(answer), answer
        assert company.refreshed == 1, "nobody asked twice"
        assert (company.told, company.paused) == (0, False)


def test_two_processes_at_once_ask_once(company: Company) -> None:
    both = [company.worker(), company.worker()]
    first, second = (one.end(60)[1].strip() for one in both)
    assert first == second
    assert company.is_good(first), first
    assert company.refreshed == 1
    assert not company.standin.tokens.all()[0].dead
