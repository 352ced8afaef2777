"""The audit trail: whole, in order, and impossible to rewrite unseen."""

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from mlc.store.audit import AuditGroup, chain_head, read_events, verify_chain
from mlc.store.database import Database
from mlc.store.schema import audit, audit_groups, chains, runs
from sqlalchemy import delete, insert, select, text, update

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def _say(database: Database, *events: str, at: datetime = AT, **context: object) -> None:
    with database.write() as tx:
        group = AuditGroup(run_id=7, pairing="main")
        for number, event in enumerate(events):
            group.add(event, record_id=number, object_type="bill", side="right", external_id=f"B-{number}", **context)
        group.write(tx, at)


def _anchor(database: Database) -> None:
    with database.write() as tx:
        head, count = chain_head(tx)
        tx.execute(insert(runs).values(pairing="main", started_at="x", chain_head=head, chain_count=count))


@pytest.fixture
def trail(database: Database) -> Database:
    for number in range(5):
        _say(database, "read", "decided", "sent", number=number)
    return database


def test_an_untouched_trail_is_whole(trail: Database) -> None:
    report = verify_chain(trail)
    assert (report.ok, report.groups, report.events, report.problem) == (True, 5, 15, None)


def test_an_empty_trail_is_whole(database: Database) -> None:
    assert verify_chain(database).ok


def test_a_group_without_events_writes_nothing(database: Database) -> None:
    _say(database)
    assert verify_chain(database).groups == 0


@pytest.mark.parametrize(
    ("tampering", "problem"),
    [
        ("UPDATE audit SET detail = '{}' WHERE id = 5", "Group 2 of the audit trail was changed"),
        ("UPDATE audit SET at = '2020' WHERE id = 5", "Group 2 of the audit trail was changed"),
        ("DELETE FROM audit WHERE id = 5", "Group 2 of the audit trail was changed"),
        ("DELETE FROM audit WHERE group_no = 3", "Group 3 of the audit trail is missing"),
        ("DELETE FROM audit_groups WHERE group_no = 3", "Group 3 of the audit trail is missing"),
        ("UPDATE audit SET group_no = 4 WHERE group_no = 3", "Group 3 of the audit trail is missing"),
        ("DELETE FROM audit WHERE group_no = 5", "ends at group 4"),
        ("UPDATE chains SET head = 'x'", "ends at group 5"),
    ],
)
def test_tampering_is_found_and_named(trail: Database, tampering: str, problem: str) -> None:
    with trail.write() as tx:
        tx.execute(text(tampering))
    report = verify_chain(trail)
    assert not report.ok
    assert problem in str(report.problem)


def test_a_cut_tail_shows_in_the_run_summaries(trail: Database) -> None:
    _anchor(trail)
    with trail.write() as tx:
        tx.execute(delete(audit).where(audit.c.group_no == 5))
        tx.execute(delete(audit_groups).where(audit_groups.c.group_no == 5))
        digest = tx.execute(select(audit_groups.c.digest).where(audit_groups.c.group_no == 4)).scalar_one()
        tx.execute(update(chains).values(head=digest, count=4, events=12))
    assert "knows 5 groups, the audit trail has 4" in str(verify_chain(trail).problem)


def test_a_trail_that_was_rewritten_from_the_start_shows_in_the_run_summaries(trail: Database) -> None:
    _anchor(trail)
    with trail.write() as tx:
        for table in (audit, audit_groups, chains):
            tx.execute(delete(table))
    for number in range(5):
        _say(trail, "read", "decided", "forged", number=number)
    assert "the trail was rewritten" in str(verify_chain(trail).problem)


def test_writers_at_once_make_one_chain(database: Database) -> None:
    threads = [threading.Thread(target=lambda: [_say(database, "read", "sent") for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify_chain(database)
    assert (report.ok, report.groups, report.events) == (True, 80, 160)


def test_events_are_found_by_record_run_pairing_id_and_time(trail: Database) -> None:
    _say(trail, "later", at=AT + timedelta(hours=1))
    assert len(list(read_events(trail, record_id=1))) == 5
    assert len(list(read_events(trail, external_id="B-2"))) == 5
    assert len(list(read_events(trail, run_id=8))) == 0
    assert len(list(read_events(trail, pairing="main"))) == 16
    assert [event.event for event in read_events(trail, since=AT + timedelta(minutes=1))] == ["later"]
    assert len(list(read_events(trail, until=AT + timedelta(minutes=1)))) == 15


def test_more_events_than_a_page_are_all_read_and_verified(database: Database) -> None:
    for _ in range(3):
        _say(database, *["read"] * 1_500)
    assert len(list(read_events(database))) == 4_500
    assert verify_chain(database).events == 4_500


def test_amounts_dates_and_sets_are_kept_as_text(database: Database) -> None:
    _say(database, "sent", total=Decimal("10.00"), on=date(2026, 11, 1), at_=AT, fields=frozenset({"memo", "lines"}))
    (event,) = read_events(database)
    assert event.detail["total"] == "10.00"
    assert event.detail["on"] == "2026-11-01"
    assert event.detail["fields"] == ["lines", "memo"]


def test_an_object_that_is_no_plain_data_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match="no place in an audit event"):
        _say(database, "sent", payload=object())
