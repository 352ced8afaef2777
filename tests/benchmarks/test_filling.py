"""A store that a benchmark fills has what the engine would have written, row by row and field by field."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlc.engine.run import run_pairing
from mlc.runner.embedded import Engine, open_engine
from mlc.store.audit import verify_chain
from mlc.store.schema import bindings, registers
from sqlalchemy import delete, update

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from filling import Pattern, forms_of, source_id
from peers.ledgers import PAIRING, config, plugins
from peers.measuring import Api, served

SERVER = Path(__file__).parents[2] / "benchmarks" / "peers" / "server.py"
SIZE = 6
FURTHER = [source_id(number) for number in range(SIZE, 2 * SIZE)]


@pytest.fixture(scope="module")
def apis() -> Iterator[tuple[Api, Api]]:
    """One with so many bills, one with twice as many."""
    command = [sys.executable, str(SERVER), "--records"]
    with served([*command, str(SIZE)]) as few, served([*command, str(2 * SIZE)]) as more:
        yield few, more


@pytest.fixture(scope="module")
def engine_made(apis: tuple[Api, Api], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    yield from _carried(tmp_path_factory.mktemp("made"), apis[1].url)


@pytest.fixture(scope="module")
def filled(apis: tuple[Api, Api], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    for engine in _carried(tmp_path_factory.mktemp("filled"), apis[0].url):
        Pattern(engine.database, PAIRING, size=SIZE).write(range(1, 3))
        yield engine


def _carried(folder: Path, url: str) -> Iterator[Engine]:
    with open_engine(config(folder, url), plugins=plugins()) as engine:
        with engine.session_alone(PAIRING) as session:
            run_pairing(session, accept=True)
        yield engine


def test_copies_have_the_rows_and_fields_that_the_engine_writes(engine_made: Engine, filled: Engine) -> None:
    made = forms_of(engine_made.database, FURTHER)
    assert {name: len(rows) >= SIZE for name, rows in made.items()} == dict.fromkeys(made, True)
    assert forms_of(filled.database, FURTHER) == made


def test_a_filled_audit_is_whole_and_an_unchanged_run_writes_nothing(filled: Engine) -> None:
    assert verify_chain(filled.database).problem is None
    with filled.session_alone(PAIRING) as session:
        report = run_pairing(session)
    assert report.flows["bills"]["unchanged"] == 3 * SIZE
    assert report.calls["right"]["write"] == 0
    assert verify_chain(filled.database).problem is None


def test_a_row_or_a_field_less_shows(engine_made: Engine) -> None:
    before = forms_of(engine_made.database, FURTHER)
    with engine_made.database.write() as tx:
        tx.execute(update(bindings).where(bindings.c.external_id == FURTHER[0]).values(base=None))
        tx.execute(delete(registers).where(registers.c.side == "right", registers.c.object_type == "bill"))
    after = forms_of(engine_made.database, FURTHER)
    assert {name for name, rows in before.items() if rows != after[name]} == {"bindings", "registers"}
