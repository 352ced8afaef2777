"""Days and months in the database, leased in blocks by each process (R34)."""

import threading
from datetime import UTC, datetime

import pytest
from mlc.errors import RateLimitedError
from mlc.http import CallKind, Purpose
from mlc.records import ObjectType
from mlc.store.database import open_database
from mlc.store.quotas import Ledger
from mlc.store.schema import quotas
from mlc.store.storedwindow import StoredWindow
from mlc.system import Capability, ObjectSupport, Quota, QuotaScope, QuotaWindow, Secrets, Settings, System
from sqlalchemy import select

DAY = QuotaWindow.DAY


def system_of(*declared, webhooks=False):
    can = frozenset({Capability.READ} | ({Capability.WEBHOOKS} if webhooks else set()))
    return System(
        name="vendor",
        title="Vendor",
        version="1",
        settings=Settings,
        secrets=Secrets,
        grants=(),
        objects=(ObjectSupport(ObjectType.BILL, can),),
        hosts=lambda _: (),
        quotas=declared,
    )


@pytest.fixture
def process(database, hands):
    """Each call is another process on the same database."""
    return lambda: Ledger(database, now=hands.now, clock=hands.boottime)


def spend(gate, most=100_000, purpose=Purpose.ORDINARY):
    passed = 0
    with gate.purpose(purpose):
        while passed < most:
            try:
                gate.reserve(CallKind.READ).spend()
            except RateLimitedError:
                break
            passed += 1
    return passed


def test_a_day_is_shared_by_processes_and_survives_them(process):
    system = system_of(Quota(DAY, 1000))
    assert spend(process().gate("acme", system), 300) == 300
    rest = spend(process().gate("acme", system))
    assert 640 <= rest <= 650, "of 950, 300 and at most one block of the first process are gone"


def test_unspent_calls_are_handed_back_when_a_process_ends(process):
    system = system_of(Quota(DAY, 1000))
    ledger = process()
    assert spend(ledger.gate("acme", system), 301) == 301
    ledger.release()
    assert spend(process().gate("acme", system)) == 649


def test_many_threads_of_two_processes_never_pass_the_limit(process):
    system = system_of(Quota(DAY, 400))
    gates = [process().gate("acme", system) for _ in range(2)]
    passed = []
    threads = [threading.Thread(target=lambda gate=gates[n % 2]: passed.append(spend(gate))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(passed) == 380


def test_a_new_day_starts_afresh(process, hands):
    gate = process().gate("acme", system_of(Quota(DAY, 100)))
    assert spend(gate) == 95
    with pytest.raises(RateLimitedError) as caught:
        gate.reserve(CallKind.READ)
    assert caught.value.retry_after_s == pytest.approx(12 * 3600)
    hands.at += 12 * 3600
    assert spend(gate) == 95


def test_settling_webhooks_and_backfills_have_their_shares(process):
    gate = process().gate("acme", system_of(Quota(DAY, 1000), webhooks=True))
    assert spend(gate, purpose=Purpose.BACKFILL) == 350, "seven tenths, and it is noon"
    assert spend(gate) == 350
    assert spend(gate, purpose=Purpose.WEBHOOK) == 250
    assert spend(gate, purpose=Purpose.SETTLE) == 50


def test_a_backfill_goes_on_as_the_day_does(process, hands):
    gate = process().gate("acme", system_of(Quota(DAY, 1000)))
    assert spend(gate, purpose=Purpose.BACKFILL) == 350
    hands.at += 3 * 3600
    assert spend(gate, purpose=Purpose.BACKFILL) == 87


def test_a_closed_day_is_closed_for_all_processes_and_after_a_restart(process, hands):
    system = system_of(Quota(DAY, 1000))
    process().gate("acme", system).close("day", 7200)
    other = process().gate("acme", system)
    with pytest.raises(RateLimitedError) as caught:
        other.reserve(CallKind.READ)
    assert caught.value.retry_after_s == pytest.approx(7200)
    hands.at += 7201
    other.reserve(CallKind.READ)


def test_what_the_vendor_says_is_left_wins_over_our_count(process):
    system = system_of(Quota(DAY, 1000))
    gate = process().gate("acme", system)
    spend(gate, 10)
    gate.observe("day", remaining=200)
    assert gate.budget()[0].remaining == 200
    assert 140 <= spend(process().gate("acme", system)) <= 150


def test_small_differences_are_not_written_at_every_answer(process, database):
    gate = process().gate("acme", system_of(Quota(DAY, 10_000)))
    spend(gate, 10)
    with database.counters.read() as transaction:
        before = transaction.execute(select(quotas.c.used)).scalar_one()
    gate.observe("day", remaining=9_985)
    with database.counters.read() as transaction:
        assert transaction.execute(select(quotas.c.used)).scalar_one() == before


def test_the_plan_of_the_tenant_sets_the_limit(process):
    gate = process().gate("acme", system_of(Quota(DAY, 1000)))
    gate.resize("day", 100)
    assert spend(gate) == 95


def test_connections_share_what_their_scope_says(process):
    ledger = process()
    system = system_of(Quota(DAY, 100, scope=QuotaScope.APP))
    assert spend(ledger.gate("acme", system), 50) == 50
    assert spend(ledger.gate("beta", system)) == 45
    own = system_of(Quota(DAY, 100, scope=QuotaScope.TENANT))
    assert spend(ledger.gate("acme", own), 50) == 50
    assert spend(ledger.gate("beta", own)) == 95
    assert spend(ledger.gate("gamma", own, tenant="acme")) == 45


def test_a_month_ends_with_its_last_day(database):
    window = StoredWindow(
        QuotaWindow.MONTH,
        10,
        scope="x",
        database=database,
        now=lambda: datetime(2026, 12, 31, 23, 59, 0, tzinfo=UTC),
    )
    assert [window.take(1.0) for _ in range(11)][-1] == pytest.approx(60)


def test_the_budget_names_every_window(process):
    gate = process().gate("acme", system_of(Quota(DAY, 1000), Quota(QuotaWindow.MINUTE, 100)))
    spend(gate, 7)
    lines = {line.window: (line.used, line.limit) for line in gate.budget()}
    assert lines == {"day": (7, 1000), "minute": (7, 100), "concurrency": (0, 4)}


def test_an_hour_begins_with_the_clock_and_is_shared_by_processes(process, hands):
    hands.at += 50 * 60  # 12:50
    system = system_of(Quota(QuotaWindow.HOUR, 200))
    assert spend(process().gate("acme", system)) == 190
    assert spend(process().gate("acme", system)) == 0
    hands.at += 9 * 60
    assert spend(process().gate("acme", system)) == 0, "still the same hour"
    hands.at += 60
    assert spend(process().gate("acme", system)) == 190, "13:00"


def test_logins_have_a_limit_of_their_own_that_other_calls_do_not_touch(process):
    system = system_of(
        Quota(QuotaWindow.HOUR, 3, QuotaScope.APP, counts="mint"), Quota(QuotaWindow.HOUR, 1000, QuotaScope.APP)
    )
    gates = [process().gate(name, system) for name in ("acme", "beta")]
    for gate in (gates[0], gates[1], gates[0]):
        gate.reserve(CallKind.MINT).spend()
    with pytest.raises(RateLimitedError) as refused:
        gates[1].reserve(CallKind.MINT)
    assert refused.value.retry_after_s <= 3600
    gates[1].reserve(CallKind.READ).spend()


def test_apps_of_other_names_count_apart(process):
    system = system_of(Quota(QuotaWindow.HOUR, 100, QuotaScope.APP))
    assert spend(process().gate("acme", system, app="one")) == 95
    assert spend(process().gate("beta", system, app="one")) == 0
    assert spend(process().gate("gamma", system, app="two")) == 95


def test_a_part_of_an_api_has_its_own_window(process, hands):
    system = system_of(Quota(QuotaWindow.MINUTE, 2, under="/v3/spend"), Quota(DAY, 1000))
    gate = process().gate("acme", system)
    for _ in range(20):
        gate.reserve(CallKind.READ, path="/v3/bills").spend()
    gate.reserve(CallKind.READ, path="/v3/spend/users").spend()
    with pytest.raises(RateLimitedError) as refused:
        gate.reserve(CallKind.READ, path="/v3/spend/users")
    assert refused.value.window == "minute"
    gate.reserve(CallKind.READ, path="/v3/bills").spend()


def test_connections_of_one_tenant_share_its_places_in_flight(database, hands):
    ledger = Ledger(database, now=hands.now)
    system = system_of(Quota(QuotaWindow.CONCURRENCY, 1, QuotaScope.TENANT))
    one, two, other = (ledger.gate(name, system, tenant=of) for name, of in (("a", "x"), ("b", "x"), ("c", "y")))
    with one.slot():
        with other.slot():
            pass
        with pytest.raises(RateLimitedError), two.slot():
            pass


def test_counting_does_not_wait_for_the_engines_writer(process, database):
    gate = process().gate("acme", system_of(Quota(DAY, 1000)))
    with database.write():
        counted = threading.Thread(target=lambda: spend(gate, 300))
        counted.start()
        counted.join(5.0)
        assert not counted.is_alive()
    assert gate.budget()[0].used == 300


def test_lost_counters_begin_anew_and_the_vendors_count_puts_them_right(process, database):
    system = system_of(Quota(DAY, 1000))
    assert spend(process().gate("acme", system), 300) == 300
    database.close()
    for name in ("mlc.db.counters", "mlc.db.counters-wal", "mlc.db.counters-shm"):
        database.path.with_name(name).unlink(missing_ok=True)
    opened = open_database(database.path)
    gate = Ledger(opened, now=lambda: datetime(2026, 5, 4, 12, 0, tzinfo=UTC)).gate("acme", system)
    gate.reserve(CallKind.READ).spend()
    gate.observe("day", remaining=650)
    assert gate.budget()[0].remaining == 650
    opened.close()
