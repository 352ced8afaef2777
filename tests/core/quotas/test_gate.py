"""The gate in front of every call: windows, slots, reserves, refusals before anything is sent (R34)."""

import threading

import pytest
from httpx import ReadTimeout
from hypothesis import given
from hypothesis import strategies as st
from mlc.errors import RateLimitedError, TransientError
from mlc.http import CallKind, HeldBackError, MockTransport, Purpose, QuotaGate, Response, VendorClient, Verdict
from mlc.http.windows import MemoryWindow, Slots
from mlc.system import QuotaWindow

MINUTE, SECOND = QuotaWindow.MINUTE, QuotaWindow.SECOND
URL = "https://api.vendor.example/x"


def gate_of(hands, *limits, **options):
    windows = [
        MemoryWindow(name, limit, scope="acme", counts=counts, clock=hands.boottime) for name, limit, counts in limits
    ]
    return QuotaGate(windows, clock=hands.boottime, sleep=hands.sleep, connection="acme", **options)


def client_of(gate, handler=lambda _: Response(200, json={})):
    return VendorClient("acme", "vendor", hosts=["api.vendor.example"], quota=gate, transport=MockTransport(handler))


def spend(gate, count, kind=CallKind.READ):
    """How many of ``count`` calls pass before the gate says no."""
    for passed in range(count):
        try:
            gate.reserve(kind).spend()
        except RateLimitedError:
            return passed
    return count


def test_a_full_window_refuses_with_how_long_to_wait_and_which_it_is(hands):
    gate = gate_of(hands, (MINUTE, 100, "all"))
    assert spend(gate, 200) == 95, "five in a hundred are kept for settling"
    with pytest.raises(RateLimitedError) as caught:
        gate.reserve(CallKind.READ)
    assert caught.value.window == "minute"
    assert caught.value.retry_after_s == pytest.approx(60.5)
    hands.at += 60.6
    assert spend(gate, 200) == 95


def test_settling_may_use_the_reserve(hands):
    gate = gate_of(hands, (MINUTE, 100, "all"))
    spend(gate, 200)
    with gate.purpose(Purpose.SETTLE):
        assert spend(gate, 200) == 5
    assert spend(gate, 1) == 0


def test_a_short_wait_is_waited_out(hands):
    gate = gate_of(hands, (SECOND, 1, "all"))
    gate.reserve(CallKind.READ)
    hands.at += 0.5
    gate.reserve(CallKind.READ)
    assert sum(hands.slept) == pytest.approx(0.55)


def test_nothing_is_sent_when_the_gate_refuses(hands):
    client = client_of(gate_of(hands, (MINUTE, 1, "all")), lambda _: pytest.fail("sent"))
    client.quota.reserve(CallKind.READ)
    with pytest.raises(RateLimitedError):
        client.get(URL)
    with pytest.raises(RateLimitedError), client.permit("w1") as permit:
        client.post(URL, content=b"{}")
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert client.calls.total == 0


def test_windows_count_only_what_they_are_for(hands):
    gate = gate_of(hands, (MINUTE, 20, "write"), (MINUTE, 40, "read"))
    assert spend(gate, 100, CallKind.WRITE) == 19
    assert spend(gate, 100, CallKind.READ) == 38


def test_a_refusal_by_one_window_costs_the_others_nothing(hands):
    gate = gate_of(hands, (QuotaWindow.HOUR, 1000, "all"), (MINUTE, 1, "all"))
    assert spend(gate, 50) == 1
    assert [line.used for line in gate.budget()] == [1, 1]


def test_a_window_closed_by_the_vendor_stays_shut_for_that_long_and_others_open(hands):
    gate = gate_of(hands, (MINUTE, 100, "write"), (QuotaWindow.HOUR, 100, "read"))
    gate.close("minute", 30)
    with pytest.raises(RateLimitedError) as caught:
        gate.reserve(CallKind.WRITE)
    assert caught.value.retry_after_s == pytest.approx(30)
    gate.reserve(CallKind.READ)
    hands.at += 30.1
    gate.reserve(CallKind.WRITE)


def test_only_what_the_vendor_refused_shuts_a_window(hands):
    gate = gate_of(hands, (MINUTE, 100, "all"))
    spend(gate, 95)
    with pytest.raises(HeldBackError) as caught:
        gate.reserve(CallKind.READ)
    gate.heed(caught.value)
    with gate.purpose(Purpose.SETTLE):
        gate.reserve(CallKind.READ)
    gate.heed(RateLimitedError("The vendor said no.", retry_after_s=30, window="minute"))
    with gate.purpose(Purpose.SETTLE), pytest.raises(HeldBackError):
        gate.reserve(CallKind.READ)


def test_a_window_nobody_declared_can_be_closed_too(hands):
    gate = gate_of(hands)
    gate.close("day", 100)
    with pytest.raises(RateLimitedError, match="day"):
        gate.reserve(CallKind.READ)
    assert [(line.window, line.closed_for_s) for line in gate.budget()] == [("day", 100)]
    hands.at += 101
    gate.reserve(CallKind.READ)


def test_what_the_vendor_says_is_left_overwrites_our_count(hands):
    gate = gate_of(hands, (MINUTE, 100, "all"))
    gate.observe("minute", remaining=10)
    assert gate.budget()[0].remaining == 10
    assert spend(gate, 100) == 5
    gate.observe("minute", remaining=60)
    assert gate.budget()[0].remaining == 60


def test_a_reserved_write_that_is_not_made_is_given_back(hands):
    gate = gate_of(hands, (MINUTE, 100, "all"))
    client = client_of(gate)
    with client.permit("w1", reservation=client.reserve_write()):
        pass
    assert gate.budget()[0].used == 0
    with client.permit("w2", reservation=client.reserve_write()):
        client.post(URL, content=b"{}")
    assert gate.budget()[0].used == 1


def test_calls_in_flight_are_bounded_and_a_third_one_is_refused():
    inside, release = threading.Semaphore(0), threading.Event()

    def slow(_):
        inside.release()
        release.wait(10)
        return Response(200, json={})

    client = client_of(QuotaGate(slots=Slots(2)), slow)
    threads = [threading.Thread(target=client.get, args=(URL,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=5)
    with pytest.raises(RateLimitedError) as caught:
        client.get(URL)
    assert caught.value.window == "concurrency"
    release.set()
    for thread in threads:
        thread.join(5)
    assert client.get(URL).status_code == 200


def test_a_slot_that_was_never_given_back_expires(hands):
    slots = Slots(1, expires_s=90, clock=hands.boottime)
    assert slots.take(wait_s=0) is not None
    assert slots.take(wait_s=0) is None
    hands.at += 91
    assert slots.take(wait_s=0) is not None


def test_three_timeouts_in_a_row_close_the_connection_for_a_while(hands):
    def silent(_):
        raise ReadTimeout("nothing came")

    gate = QuotaGate(clock=hands.boottime, sleep=hands.sleep)
    client = client_of(gate, silent)
    for _ in range(3):
        with pytest.raises(TransientError), client.permit("w"):
            client.post(URL, content=b"{}")
    with pytest.raises(RateLimitedError, match="timeouts"):
        client.get(URL)
    hands.at += 31
    gate.reserve(CallKind.READ)


def test_a_gate_without_windows_lets_everything_pass():
    assert spend(QuotaGate(), 1000) == 1000


@given(limit=st.integers(1, 30), steps=st.lists(st.floats(0, 20), max_size=120))
def test_no_stretch_of_a_minute_ever_holds_more_calls_than_the_limit(limit, steps):
    at = [0.0]
    window = MemoryWindow(MINUTE, limit, scope="x", clock=lambda: at[0])
    passed = []
    for step in steps:
        at[0] += step
        if window.take(1.0) == 0:
            passed.append(at[0])
    for moment in passed:
        assert sum(1 for other in passed if moment <= other < moment + 60) <= limit
