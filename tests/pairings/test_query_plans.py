"""What a run asks of the database for each record, slice or page is answered by an index, however much is stored."""

import pytest
from mlc.store.database import open_database

from benchmarks.plans import goes_through_all, listening, plans_of, slow_ones
from tests.pairings.conftest import World


def test_no_statement_of_a_run_goes_through_a_table_that_grows(world: World) -> None:
    with listening() as asked:
        world.say("run", "--once", "--accept")
        world.say("run", "--once")
    database = open_database(world.config.parent / "mlc.db")
    try:
        plans = plans_of(database, asked)
    finally:
        database.close()
    assert len(plans) > 50
    slow = slow_ones(plans)
    assert not slow, "\n".join(slow)
    assert slow_ones(plans, known=()), "what goes through all of a pairing on purpose is not seen either"


@pytest.mark.parametrize(
    ("step", "through_all"),
    [
        ("SCAN records", True),
        ("SCAN runs", False),
        ("SEARCH records USING INDEX uq_records_origin (pairing=? AND side=?)", True),
        (
            "SEARCH records USING INDEX uq_records_origin (pairing=? AND side=? AND read_type=? AND external_id=?)",
            False,
        ),
        ("SEARCH records USING INTEGER PRIMARY KEY (rowid>?)", False),
        ("SEARCH intents ((pairing = 'p'::text))", True),
        ("SEARCH intents ()", True),
        ("SCAN intents USING INDEX uq_intents_open", False),
        ("SCAN intents USING INDEX ix_intents_record", True),
        ("SEARCH intents ((pairing = 'p'::text) AND (state = ANY ('{sending,uncertain}'::text[])))", False),
    ],
)
def test_an_index_that_leads_to_everything_counts_as_none(step: str, through_all: bool) -> None:
    assert goes_through_all(step) is through_all
