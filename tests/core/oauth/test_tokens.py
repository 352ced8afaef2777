"""One refresh at a time, stored before it is used, never silent when it fails (R35)."""

import threading
from datetime import timedelta

import pytest
from mlc.clock import stamp
from mlc.connection import Token
from mlc.errors import AccessSuspendedError, AuthError, RateLimitedError, TransientError
from mlc.http import Verdict
from mlc.oauth import BearerAuth
from mlc.oauth.replies import REPLY
from mlc.store.refreshes import ConnectionState, standing
from mlc.store.schema import leases, refreshes
from pydantic import SecretStr
from sqlalchemy import select, update

URL = "https://api.vendor.example"


def attempts(database):
    with database.read() as transaction:
        return [row.outcome for row in transaction.execute(select(refreshes).order_by(refreshes.c.id))]


def state(database):
    with database.read() as transaction:
        return standing(transaction, "acme").state


def together(count, work):
    found, failed = [], []

    def run(number):
        try:
            found.append(work(number))
        except (AuthError, TransientError) as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found, failed


def test_a_token_that_lives_is_used_without_any_call(custody, vendor, database):
    assert custody.obtain() == "access-1"
    assert [custody.obtain() for _ in range(5)] == ["access-1"] * 5
    assert vendor.mints == 1
    assert attempts(database) == ["stored"]


def test_sixteen_threads_refresh_once(custody, vendor):
    vendor.delay_s = 0.1
    found, failed = together(16, lambda _: custody.obtain())
    assert (found, failed) == (["access-1"] * 16, [])
    assert vendor.mints == 1


def test_sixteen_threads_of_four_processes_refresh_once(custody, process, vendor, database):
    vendor.delay_s = 0.1
    processes = [custody, process(), process(), process()]
    found, failed = together(16, lambda number: processes[number % 4].obtain())
    assert (found, failed) == (["access-1"] * 16, [])
    assert vendor.mints == 1
    assert attempts(database) == ["stored"]


def test_a_token_that_came_before_our_turn_costs_no_attempt(custody, process, database, monkeypatch):
    """Attempts are counted against what the vendor allows, and shown to people as tokens of the day."""
    other, begin = process(), custody.tokens._begin

    def late():
        other.obtain()
        return begin()

    monkeypatch.setattr(custody.tokens, "_begin", late)
    assert custody.obtain() == "access-1"
    assert attempts(database) == ["stored"]


def test_the_rotated_refresh_token_is_stored_before_the_access_token_is_used(custody, process):
    custody.obtain()
    stored = process().tokens.current()
    assert stored.refresh == SecretStr("refresh-1")
    assert stored.access == SecretStr("access-1")


def test_a_token_is_replaced_ahead_of_its_end(custody, clock, vendor):
    custody.obtain()
    clock.ahead += timedelta(seconds=3600 - 299)
    assert custody.obtain() == "access-2"


def test_a_token_with_a_short_life_is_not_minted_at_every_call(custody, clock, vendor):
    custody.tokens.store(Token(SecretStr("short"), clock.now() + timedelta(seconds=200), SecretStr("r")))
    assert custody.obtain() == "short"
    assert vendor.mints == 0


def test_a_stale_token_is_replaced_though_it_has_not_expired(custody, vendor):
    custody.obtain()
    assert custody.obtain(stale=SecretStr("access-1")) == "access-2"
    assert custody.obtain(stale=SecretStr("access-1")) == "access-2"
    assert vendor.mints == 2


def test_a_refused_grant_pauses_the_connection_once_and_calls_no_more(custody, process, vendor, database, alerts):
    vendor.dead = True
    found, failed = together(8, lambda _: custody.obtain())
    assert found == []
    assert {type(error) for error in failed} == {AuthError}
    with pytest.raises(AuthError, match="mlc connect acme"):
        process().obtain()
    assert vendor.mints == 1
    assert state(database) is ConnectionState.PAUSED
    assert attempts(database) == ["refused"]
    (alert,) = alerts
    assert alert.startswith("acme is paused. ")
    assert alert.endswith(" To go on: mlc connect acme")


def test_a_new_consent_makes_the_connection_ready_again(custody, vendor, database, clock):
    vendor.dead = True
    with pytest.raises(AuthError):
        custody.obtain()
    vendor.dead = False
    custody.tokens.store(Token(SecretStr("x"), clock.now() - timedelta(1), SecretStr(vendor.refresh)))
    assert custody.obtain() == "access-2"
    assert state(database) is ConnectionState.READY


def test_a_suspended_integration_is_remembered_as_such(custody, database):
    def suspended(_):
        raise AccessSuspendedError("Shut out.")

    with pytest.raises(AccessSuspendedError):
        custody.tokens.obtain(suspended, margin_s=0)
    assert state(database) is ConnectionState.SUSPENDED


def test_an_outage_of_the_token_server_pauses_nothing(custody, vendor, database):
    vendor.mode = "down"
    with pytest.raises(TransientError):
        custody.obtain()
    assert attempts(database) == ["unknown"]
    vendor.mode = "ok"
    assert custody.obtain() == "access-2"


def test_a_page_instead_of_a_token_is_not_kept_for_the_next_attempt(custody, vendor):
    vendor.mode = "html"
    with pytest.raises(TransientError):
        custody.obtain()
    assert custody.credentials.get("acme", REPLY) is None
    vendor.mode = "ok"
    assert custody.obtain() == "access-2"


def test_an_answer_received_before_a_crash_is_used_by_the_next_process(custody, process, vendor, database):
    class Crash(BaseException):
        pass

    def crash(stored):
        custody.mint(stored)
        raise Crash

    with pytest.raises(Crash):
        custody.tokens.obtain(crash, margin_s=0)
    assert vendor.refresh == "refresh-1", "the vendor has rotated; only the stored answer knows the new token"
    after = process()
    assert after.obtain() == "access-1"
    assert vendor.mints == 1
    assert after.tokens.current().refresh == SecretStr("refresh-1")
    assert after.credentials.get("acme", REPLY) is None


def test_an_answer_that_breaks_the_plugin_twice_is_not_read_a_third_time(custody, vendor):
    def broken(stored):
        custody.mint(stored)
        raise KeyError("acces_token")

    for _ in range(2):
        with pytest.raises(KeyError):
            custody.tokens.obtain(broken, margin_s=0)
    assert vendor.mints == 1
    assert custody.credentials.get("acme", REPLY) is None


def test_the_kept_answer_is_encrypted(custody, database):
    def crash(stored):
        custody.mint(stored)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        custody.tokens.obtain(crash, margin_s=0)
    assert custody.credentials.get("acme", REPLY) is not None
    assert b"refresh-1" not in database.path.read_bytes()


def test_the_attempt_is_counted_before_the_call(custody, database, clock):
    seen = []

    def look(stored):
        seen.append(attempts(database))
        return custody.mint(stored)

    custody.tokens.obtain(look, margin_s=0)
    assert seen == [[None]]
    assert custody.tokens.mints(since=clock.now() - timedelta(minutes=1)) == 1


def test_tokens_are_not_minted_faster_than_the_strictest_vendor_allows(custody, vendor):
    stale = SecretStr("access-0")
    for number in range(1, 10):
        assert custody.obtain(stale=stale) == f"access-{number}"
        stale = SecretStr(f"access-{number}")
    with pytest.raises(RateLimitedError):
        custody.obtain(stale=stale)
    assert vendor.mints == 9


def test_a_lease_of_a_dead_process_is_taken_over_when_it_has_run_out(custody, database, clock, vendor):
    with database.write() as transaction:
        transaction.execute(
            leases.insert().values(
                name="refresh:acme", owner="dead", fence=7, expires_at=stamp(clock.now() - timedelta(seconds=1))
            )
        )
    assert custody.obtain() == "access-1"


def test_a_token_call_that_was_overtaken_is_not_made(custody, process, vendor, database):
    """The holder freezes; another process takes the lapsed lease; the first one wakes up."""
    other = process()

    def freeze(stored):
        with database.write() as transaction:
            transaction.execute(update(leases).values(owner="", expires_at=stamp(custody.clock.now())))
        assert other.obtain() == "access-1"
        return custody.mint(stored)

    with pytest.raises(TransientError, match="overtaken"):
        custody.tokens.obtain(freeze, margin_s=0)
    assert vendor.mints == 1
    assert not vendor.dead
    assert custody.obtain() == "access-1"


def signed(custody, **options):
    custody.client.use(BearerAuth(custody.tokens, custody.mint, **options))
    return custody.client


def test_bearer_puts_the_token_on_and_renews_it_after_a_401(custody, vendor):
    client = signed(custody)
    assert client.get(f"{URL}/bills").status_code == 200
    vendor.good.clear()
    assert client.get(f"{URL}/bills").status_code == 200
    assert vendor.calls == ["Bearer access-1", "Bearer access-1", "Bearer access-2"]


def test_bearer_repeats_a_write_within_its_permit_after_a_401(custody, vendor):
    client = signed(custody)
    client.get(f"{URL}/bills")
    vendor.good.clear()
    with client.permit("w1") as permit:
        assert client.post(f"{URL}/bills", content=b"{}").status_code == 200
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert permit.sent == 2


def test_bearer_gives_up_after_the_second_401(custody, vendor):
    client = signed(custody)
    custody.obtain()

    def useless(stored):
        token = custody.mint(stored)
        vendor.good.clear()
        return token

    vendor.good.clear()
    client.use(BearerAuth(custody.tokens, useless))
    assert client.get(f"{URL}/bills").status_code == 401
    assert len(vendor.calls) == 2


def test_bearer_does_not_repeat_a_write_that_a_200_calls_unauthorised(custody, vendor):
    client = signed(custody, is_dead=lambda response: True)
    with client.permit("w1") as permit:
        client.post(f"{URL}/bills", content=b"{}")
    assert permit.sent == 1
    assert len(vendor.calls) == 1


def test_bearer_names_the_scheme_the_vendor_wants(custody, vendor):
    signed(custody, scheme="Acme-oauthtoken").get(f"{URL}/bills")
    assert vendor.calls[0] == "Acme-oauthtoken access-1"


def test_reserving_a_write_fetches_the_token_beforehand(custody, vendor):
    client = signed(custody)
    reservation = client.reserve_write()
    assert vendor.mints == 1
    with client.permit("w1", reservation=reservation):
        client.post(f"{URL}/bills", content=b"{}")
    assert reservation.spent


def test_no_repr_or_error_shows_a_token(custody, vendor):
    client = signed(custody)
    client.get(f"{URL}/bills")
    shown = repr([custody.tokens, custody.tokens.current(), client, vars(custody.tokens)])
    assert "access-1" not in shown
    assert "refresh-1" not in shown
    assert client.redact("it said access-1, refresh-1") == "it said ***, ***"
