"""A database that goes away as it commits: what it may have given us is given back, whoever asked for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlc.clock import Clock
from mlc.runner import claims as claims_module
from mlc.runner.claims import Claims
from mlc.runner.work import plan_work
from mlc.store.database import Database, open_database
from mlc.store.schema import work
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "mlc.db")
    plan_work(database, {"p": LONG_AGO}, {"p": FAR})
    yield database
    database.close()


def owner_of(database: Database) -> str | None:
    with database.read() as connection:
        return connection.execute(select(work.c.owner)).scalar()


def gone() -> OperationalError:
    return OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


def unheard(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The database does it, and its answer is lost."""
    asked = getattr(claims_module, name)

    def lost(*arguments: object, **more: object) -> object:
        asked(*arguments, **more)
        raise gone()

    monkeypatch.setattr(claims_module, name, lost)


def undone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The database is not there."""

    def lost(*_arguments: object, **_more: object) -> object:
        raise gone()

    monkeypatch.setattr(claims_module, name, lost)


def test_what_the_database_gave_us_without_our_hearing_is_given_back(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = Claims(store, "me", Clock())
    with monkeypatch.context() as patch:
        unheard(patch, "claim_pairing")
        with pytest.raises(OperationalError):
            claims.take("p")
        assert owner_of(store) == "me"
        undone(patch, "let_go")
        claims.catch_up()
        assert owner_of(store) == "me"
    claims.catch_up()
    assert owner_of(store) is None
    assert Claims(store, "another", Clock()).take("p") is not None


@pytest.mark.parametrize("lose", [unheard, undone])
def test_what_could_not_be_given_back_is_when_the_database_answers(
    store: Database, monkeypatch: pytest.MonkeyPatch, lose: Callable[[pytest.MonkeyPatch, str], None]
) -> None:
    claims = Claims(store, "me", Clock())
    claim = claims.take("p")
    assert claim is not None
    with monkeypatch.context() as patch:
        lose(patch, "give_back")
        claims.give_back(claim, due_at=LONG_AGO, failures=0)
        claims.catch_up()
    claims.catch_up()
    assert owner_of(store) is None


def test_what_another_thread_works_on_is_not_given_back(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = Claims(store, "me", Clock())
    with monkeypatch.context() as patch:
        undone(patch, "claim_pairing")
        with pytest.raises(OperationalError):
            claims.take("p")
    claim = claims.take("p")
    assert claim is not None
    claims.catch_up()
    assert owner_of(store) == "me"
    claims.give_back(claim, due_at=LONG_AGO, failures=0)
    claims.catch_up()
    assert owner_of(store) is None
