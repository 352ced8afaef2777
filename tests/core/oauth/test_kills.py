"""Killed at every step of a refresh, at a vendor without any grace for the old token: one reconnect at most, and one
alert for it (R35). One process that is started again on SQLite; two processes on PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from mlc.clock import Clock
from mlc.connection import Token
from mlc.http import VendorClient
from mlc.oauth.tokens import StoredTokens
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import Database, open_database
from mlc.store.refreshes import ConnectionState, standing
from mlc.store.schema import alert_events, alerts
from mlc.testing.steps import REFRESH_STEPS
from pydantic import SecretStr
from sqlalchemy import func, select

from .conftest import HOST, TokenServer

KEEPER = Path(__file__).with_name("keeper.py")
CRASHED = 137
#: Killed there, the vendor has used the old token up and nobody knows the new one.
LOST = {"refresh.answered"}


class Keeper:
    """A worker process that asks for a token when it is told to."""

    def __init__(self, url: str, vendor: TokenServer, *, step: str = "") -> None:
        environ = {**os.environ, **({"MLC_TEST_STEP": step} if step else {})}
        command = [sys.executable, str(KEEPER), url, vendor.endpoint]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ, bufsize=1
        )
        assert self.said() == "ready"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self) -> str:
        self.go()
        return self.said()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


class Custodian:
    """The database that all share, seen from outside."""

    def __init__(self, url: str, vendor: TokenServer) -> None:
        self.url = url
        self.vendor = vendor
        self.database: Database = open_database(url)
        clock = Clock()
        self.client = VendorClient("acme", "vendor", hosts=(HOST,), endpoint=vendor.endpoint)
        credentials = Credentials(self.database, Keys(b"k" * 32), now=clock.now)
        self.tokens = StoredTokens("acme", "vendor", credentials=credentials, client=self.client, clock=clock)
        self.connect()

    def connect(self) -> None:
        """A person's consent: a token that has just expired."""
        self.vendor.dead = False
        expired = Clock().now() - timedelta(seconds=1)
        self.tokens.store(Token(SecretStr("access-0"), expired, SecretStr(self.vendor.refresh)))

    def told(self) -> int:
        """Alerts that were ever raised."""
        with self.database.read() as connection:
            raised = connection.execute(select(func.count()).select_from(alert_events)).scalar_one()
            assert raised == connection.execute(select(func.count()).select_from(alerts)).scalar_one()
            return int(raised)

    def paused(self) -> bool:
        with self.database.read() as connection:
            found = standing(connection, "acme")
        return found is not None and found.state is ConnectionState.PAUSED


@pytest.fixture(params=["sqlite", "postgresql"])
def custodian(request: pytest.FixtureRequest, tmp_path: Path, vendor: TokenServer) -> Iterator[Custodian]:
    at_file = request.param == "sqlite"
    url = str(tmp_path / "mlc.db") if at_file else request.getfixturevalue("postgres_url")
    made = Custodian(url, vendor)
    yield made
    made.client.close()
    made.database.close()


@pytest.fixture
def keeper(custodian: Custodian) -> Iterator[Callable[..., Keeper]]:
    started: list[Keeper] = []

    def start(**options: str) -> Keeper:
        started.append(Keeper(custodian.url, custodian.vendor, **options))
        return started[-1]

    yield start
    for each in started:
        each.end()


def one_and_another(
    custodian: Custodian, keeper: Callable[..., Keeper], step: str
) -> tuple[Keeper, Callable[[], Keeper]]:
    """A process that ends at a step; and the next one: it ran beside it, or is started in its place."""
    one = keeper(step=step)
    beside = None if custodian.database.engine.dialect.name == "sqlite" else keeper()
    return one, lambda: beside or keeper()


@pytest.mark.parametrize("step", REFRESH_STEPS)
def test_a_kill_at_any_step_costs_one_reconnect_at_most_and_is_never_silent(
    custodian: Custodian, keeper: Callable[..., Keeper], step: str
) -> None:
    vendor = custodian.vendor
    vendor.dead = step == "refresh.refused"
    one, another = one_and_another(custodian, keeper, f"{step}:crash")
    one.go()
    assert one.process.wait(60) == CRASHED
    left = another()
    answer = left.ask()
    if step in LOST or step == "refresh.refused":
        assert answer.startswith("refused: "), answer
        assert "mlc connect acme" in answer or step in LOST
        assert custodian.paused()
        assert custodian.told() == 1
        asked = vendor.mints
        assert asked == (2 if step in LOST else 1), "one try with the old token, and no further"
        assert left.ask().startswith("refused: ")
        assert (vendor.mints, custodian.told()) == (asked, 1)
        custodian.connect()
        assert keeper().ask() == f"access-{asked + 1}"
    else:
        assert answer == "access-1"
        assert vendor.mints == 1
        assert not vendor.dead
        assert custodian.told() == 0
        assert not custodian.paused()


@pytest.mark.parametrize("custodian", ["postgresql"], indirect=True)
@pytest.mark.parametrize("step", ["refresh.begun", "refresh.sending", "refresh.answered", "refresh.minted"])
def test_who_wakes_after_another_has_taken_over_harms_nobody_silently(
    custodian: Custodian, keeper: Callable[..., Keeper], step: str
) -> None:
    """A frozen process outlives its lease. Woken before its call it makes none; woken later the grant may be gone."""
    vendor = custodian.vendor
    one = keeper(step=f"{step}:freeze")
    one.go()
    _until_stopped(one.process.pid)
    another = keeper()
    first = another.ask()
    one.process.send_signal(signal.SIGCONT)
    second = one.said()
    assert not vendor.dead or (custodian.paused() and custodian.told() == 1)
    if step == "refresh.begun":
        assert (first, vendor.mints) == ("access-1", 1), second
        assert keeper().ask() == "access-1"
    if not vendor.dead:
        assert custodian.told() == 0
    else:
        custodian.connect()
        assert keeper().ask().startswith("access-")
        assert custodian.told() == 1


def _until_stopped(pid: int) -> None:
    give_up = time.monotonic() + 60
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < give_up, "it did not reach its step"
        time.sleep(0.05)
