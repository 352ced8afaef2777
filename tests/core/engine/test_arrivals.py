"""Documents that became new to a side are counted by the day, and only such as tell of another program (R27)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from mlc.clock import stamp
from mlc.engine.arrivals import Arrivals, count_arrivals, forget_arrivals, lately
from mlc.engine.elsewhere import tell_arrivals
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.audit import AuditGroup
from mlc.store.database import Database, open_database
from mlc.store.instance import RECOVERED
from mlc.store.schema import acceptances, alerts
from sqlalchemy import insert, select

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
Row = dict[str, Any]
BILLS, ORDERS, VENDORS = (
    Flow.model_validate({"name": name, "object": kind, "from": Side.LEFT})
    for name, kind in (
        ("bills", ObjectType.BILL),
        ("orders", ObjectType.PURCHASE_ORDER),
        ("vendors", ObjectType.VENDOR),
    )
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Database]:
    where = str(tmp_path / "mlc.db") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_database(where)
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Any:
    """A pairing whose bills and vendors were accepted when ten records were known."""
    with database.write() as tx:
        for flow in (BILLS, VENDORS):
            tx.execute(
                insert(acceptances).values(pairing="demo", flow=flow.name, by="somebody", at=stamp(NOW), seen=10)
            )
    pairing = SimpleNamespace(name="demo", flows=[VENDORS, ORDERS, BILLS], connection=lambda side: f"the {side} side")
    return SimpleNamespace(
        pairing=pairing,
        database=database,
        clock=SimpleNamespace(now=lambda: NOW),
        audit=AuditGroup,
        progress=lambda *_told, **_facts: None,
    )


@pytest.fixture
def bind(database: Database, session: Any) -> Callable[..., None]:
    def binding(*rows: Row, found: tuple[int, ...] = (), at: datetime = NOW) -> None:
        with database.write() as tx:
            count_arrivals(tx, session, rows, found=found, now=stamp(at))

    return binding


def row(record_id: int, **changes: Any) -> Row:
    return {"record_id": record_id, "side": "right", "object_type": "bill", "part": "main"} | changes


def test_today_and_yesterday_are_added_up(database: Database, session: Any, bind: Callable[..., None]) -> None:
    bind(row(11), row(12, adopted=1), row(13), found=(12,))
    bind(row(14), row(15), found=(14, 15), at=NOW - timedelta(days=1))
    bind(row(16), at=NOW - timedelta(days=2))
    with database.read() as connection:
        assert lately(connection, session, BILLS, NOW) == Arrivals("2026-11-19", made=2, found=3)
        assert lately(connection, session, ORDERS, NOW) == Arrivals("2026-11-19", made=0, found=0)
    with database.write() as tx:
        forget_arrivals(tx, session, BILLS)
    with database.read() as connection:
        assert lately(connection, session, BILLS, NOW) == Arrivals("2026-11-19", made=0, found=0)


@pytest.mark.parametrize(
    "other",
    [
        row(10),  # a person has seen it
        row(11, adopted=1),  # bound by a person, or by our own key
        row(11, part="image"),
        row(11, side="left"),
        row(11, object_type="vendor"),
        row(11, object_type="purchase_order"),  # only planned: its plan tells
    ],
)
def test_what_says_nothing_of_another_program_is_not_counted(
    database: Database, session: Any, bind: Callable[..., None], other: Row
) -> None:
    bind(other)
    with database.read() as connection:
        assert [lately(connection, session, flow, NOW) for flow in (BILLS, ORDERS, VENDORS)] == [
            Arrivals("2026-11-19", made=0, found=0)
        ] * 3


@pytest.mark.parametrize(
    ("made", "found", "told"), [(0, 4, False), (0, 5, True), (5, 5, True), (6, 5, False), (0, 50, True)]
)
def test_five_are_told_when_they_are_half_of_all(
    database: Database, session: Any, bind: Callable[..., None], made: int, found: int, told: bool
) -> None:
    twins = tuple(range(100, 100 + found))
    bind(*(row(one) for one in (*twins, *range(200, 200 + made))), found=twins)
    tell_arrivals(session)
    tell_arrivals(session)
    assert open_alerts(database) == (["carried_elsewhere"] if told else [])


def test_what_a_lost_database_may_have_written_is_not_another_programs(
    database: Database, session: Any, bind: Callable[..., None]
) -> None:
    group = AuditGroup()
    group.add(RECOVERED, by="somebody")
    with database.write() as tx:
        group.write(tx, NOW - timedelta(hours=20))
    twins = tuple(range(100, 106))
    bind(*(row(one) for one in twins), found=twins)
    tell_arrivals(session)
    assert open_alerts(database) == []
    session.clock = SimpleNamespace(now=lambda: NOW + timedelta(days=2))
    bind(*(row(one + 100) for one in twins), found=tuple(one + 100 for one in twins), at=NOW + timedelta(days=2))
    tell_arrivals(session)
    assert open_alerts(database) == ["carried_elsewhere"]


def open_alerts(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(alerts.c.code).where(alerts.c.cleared_at.is_(None))).scalars())
