"""R2: the note that a write was sent is lost with the power, and no second effect follows."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import pytest
from mlc.engine.followup import follow_up
from mlc.engine.lookahead import plan_pairing
from mlc.engine.run import run_pairing
from mlc.engine.session import Session
from mlc.engine.stages import StageKind
from mlc.errors import RateLimitedError, TransientError
from mlc.plugins import Plugins
from rulebench.bench import FAR_S, Bench, open_bench
from rulebench.people import People, fresh_number

from .test_restored_databases import a_slice

SEARCH = {"unique_field": False, "bill_number_unique": "no"}
#: Operation → the request that carries it out.
REQUESTS = {
    "create": "POST /bills$",
    "update": r"PUT /bills/\d+$",
    "void": r"POST /bills/\d+/status/void$",
    "payment": "POST /vendorpayments$",
    "image": r"POST /bills/\d+/attachment$",
}
OPEN = ("planned", "sending", "accepted", "uncertain")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """A ledger without a unique field: nothing of its own helps."""
    with open_bench(tmp_path_factory.mktemp("search"), plugins, switches=SEARCH) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    yield People(bench)
    bench.target._ask("DELETE", "faults")


@contextmanager
def forgotten(bench: Bench) -> Iterator[None]:
    """What the database and the counter learn inside the block is lost with the power; the vendors keep it."""
    names = ("mlc.db", "mlc.db-wal", "mlc.db-shm", "instance")
    bench.leave()
    disk = bench.folder / "disk"
    disk.mkdir(exist_ok=True)
    bench.copy_database(disk)
    shutil.copy(bench.folder / "instance", disk / "instance")
    yield
    bench.leave()
    for name in names:
        (bench.folder / name).unlink(missing_ok=True)
        if (disk / name).exists():
            shutil.copy(disk / name, bench.folder / name)
    bench.clock.boots += 1


def make(people: People, operation: str) -> str:
    """One bill about which exactly one such write is due."""
    if operation == "create":
        return people.bill()
    if operation == "image":
        return with_image(people)
    uuid = people.posted_bill(amount="71.00")
    if operation == "update":
        people.reprice(uuid, "72.00")
    elif operation == "void":
        people.deny(uuid)
    else:
        people.pay(uuid)
    return uuid


def with_image(people: People) -> str:
    uuid = people.bill(status=0)
    people.press(uuid, "attach", content_base64="JVBERi0xLjQKJcOkCg==", name="invoice.pdf")
    people.press(uuid, "approve")
    return uuid


def put_off(bench: Bench, operation: str) -> None:
    """A run in which that write surely does not leave, and stays planned."""
    bench.fault(REQUESTS[operation], "rate_limit")
    with suppress(RateLimitedError):
        bench.run()
    bench.target._ask("DELETE", "faults")
    (waiting,) = bench.intents("planned")
    assert (waiting["sent_at"], waiting["part"] == "image") == (None, operation == "image")


def carried_out(bench: Bench) -> int:
    """How many calls changed something in the ledger, ever."""
    return len({one["cause"]["request"] for one in bench.target.get("log?cause=request")})


def settle(bench: Bench) -> None:
    bench.settle()
    assert bench.intents(*OPEN) == []


@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_a_write_that_was_put_off_and_left_before_the_power_went_has_no_second_effect(
    bench: Bench, people: People, operation: str
) -> None:
    uuid = make(people, operation)
    put_off(bench, operation)
    before = carried_out(bench)
    with forgotten(bench):
        settle(bench)
        sent = carried_out(bench)
        assert sent == before + 1
    settle(bench)
    assert carried_out(bench) == sent
    bench.run()
    assert bench.wrote_nothing()
    assert bench.state(uuid) in ("in_step", "not_carried")
    (document,) = people.documents(uuid)
    assert len(document["documents"]) == int(operation == "image")
    assert len(people.payments(uuid)) == int(operation == "payment")


@pytest.mark.parametrize("operation", ["create", "image"])
def test_a_write_that_was_put_off_and_never_left_is_sent_after_the_power_came_back(
    bench: Bench, people: People, operation: str
) -> None:
    make(people, operation)
    put_off(bench, operation)
    before = carried_out(bench)
    with forgotten(bench):
        pass
    settle(bench)
    assert carried_out(bench) == before + 1
    bench.run()
    assert bench.wrote_nothing()


def test_a_create_that_waited_for_its_first_turn_is_decided_again_and_found(bench: Bench, people: People) -> None:
    """What was never sent, as far as is known, costs no look: the list that every run reads first shows it."""
    uuid = people.bill()
    put_off(bench, "create")
    bench.leave()
    with sqlite3.connect(bench.folder / "mlc.db") as connection:
        connection.execute("UPDATE intents SET attempt = 0 WHERE state = 'planned'")
    connection.close()
    with forgotten(bench):
        settle(bench)
    before = carried_out(bench)
    bench.run()
    assert carried_out(bench) == before
    assert bench.state(uuid) == "in_step"
    assert len(people.documents(uuid)) == 1
    assert [one["attempt"] for one in bench.intents("superseded", source_id=uuid)] == [0]


def test_two_creates_of_one_number_that_wait_both_go_once(bench: Bench, people: People) -> None:
    number = fresh_number()
    first = people.bill(number=number, amount="33.30")
    put_off(bench, "create")
    bench.leave()
    second = people.bill(number=number, amount="33.30")
    with suppress(RateLimitedError):
        bench.run()
    if bench.state(second) == "held":
        bench.decide("post", bench.record(second)["id"])
    bench.leave()
    with sqlite3.connect(bench.folder / "mlc.db") as connection:
        connection.execute("UPDATE intents SET attempt = 1 WHERE state = 'planned'")
    connection.close()
    with forgotten(bench):
        pass
    bench.settle()
    for uuid in (first, second):
        if bench.state(uuid) == "held":
            bench.decide("post", bench.record(uuid)["id"])
    settle(bench)
    assert len(people.numbered(number)) == 2


def test_within_one_start_of_the_machine_what_was_put_off_is_sent_without_a_look(bench: Bench, people: People) -> None:
    uuid = with_image(people)
    put_off(bench, "image")
    bench.leave()
    bench.pass_time(FAR_S)
    bench.run()
    assert "uncertain" not in bench.events(uuid)
    assert len(people.document(uuid)["documents"]) == 1


def test_a_run_that_was_cut_is_begun_anew_after_the_power_came_back(bench: Bench, people: People) -> None:
    """It had read its lists already: what it created, and forgot, is in none of them."""
    uuid = people.bill()
    a_slice(bench, until=StageKind.DELIVER)
    with forgotten(bench):
        a_slice(bench)
        assert len(people.documents(uuid)) == 1
    a_slice(bench)
    assert len(people.documents(uuid)) == 1
    assert bench.state(uuid) == "in_step"


@contextmanager
def started_again(bench: Bench) -> Iterator[None]:
    """What is learned inside the block is lost; the machine is back within the same second."""
    with forgotten(bench):
        yield
    bench.clock.start_anew()


@pytest.fixture
def up_for_days(bench: Bench) -> Iterator[None]:
    yield
    bench.clock.started = None


def arrives_late(bench: Bench, people: People) -> str:
    """A bill whose create left before the power went, and takes effect a minute after it. No note of it is left."""
    uuid = people.bill()
    bench.run(accept=False, stop=lambda: True)  # read at most
    with started_again(bench):
        bench.fault(REQUESTS["create"], "commit_late", seconds=60.0)
        bench.run()
        assert (people.documents(uuid), bench.events(uuid)[-1]) == ([], "uncertain")
    assert bench.intents(*OPEN) == []
    return uuid


@pytest.mark.usefixtures("up_for_days")
def test_what_left_before_the_power_went_and_arrives_late_is_not_made_twice(bench: Bench, people: People) -> None:
    """When the machine is back, no list shows it yet: nobody reads, or sends, until it is there."""
    uuid = arrives_late(bench, people)
    with pytest.raises(TransientError, match=r"was started at \d\d:\d\d:\d\d UTC; .* demo goes on at \d\d:"):
        bench.run(stop=lambda: True)
    with bench.session(stop=lambda: True) as session, pytest.raises(TransientError, match="was started at"):
        plan_pairing(session)
    with pytest.raises(TransientError, match="was started at"):
        a_slice(bench)
    bench.pass_time(FAR_S)
    settle(bench)
    assert len(people.documents(uuid)) == 1
    assert (bench.state(uuid), bench.codes(uuid)) == ("in_step", [])


@pytest.mark.usefixtures("up_for_days")
def test_a_command_waits_by_itself_on_a_machine_that_was_just_started(
    bench: Bench, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = arrives_late(bench, people)
    told: list[str] = []

    def wait_until(_session: Session, moment: datetime) -> bool:
        bench.pass_time((moment - bench.clock.now()).total_seconds())
        return True

    with bench.session(progress=lambda event, **facts: told.append(facts.get("sentence", event))) as session:
        monkeypatch.setattr(Session, "wait_until", wait_until)
        run_pairing(session, accept=True, by="tests")
    assert "was started at" in told[0]
    assert (bench.state(uuid), len(people.documents(uuid))) == ("in_step", 1)


@pytest.mark.usefixtures("up_for_days")
def test_a_notice_does_not_send_what_was_forgotten_before_a_run_has_looked(bench: Bench, people: People) -> None:
    uuid = people.bill()
    put_off(bench, "create")
    with started_again(bench):
        bench.pass_time(60.0)
        bench.run()
        assert len(people.documents(uuid)) == 1
    bench.pass_time(60.0)
    with bench.session() as session:
        done = follow_up(session)
    assert len(people.documents(uuid)) == 1
    assert done.run_first
    bench.pass_time(FAR_S)
    settle(bench)
    with bench.session() as session:
        assert not follow_up(session).run_first
    assert len(people.documents(uuid)) == 1
