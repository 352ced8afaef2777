"""A plan that is accepted says what will happen: the run then does it, record by record."""

from typing import Any

from mlc.store.database import open_database
from mlc.store.schema import records
from sqlalchemy import select

from .conftest import World

PAIRING = "demo"


def _stands(world: World) -> dict[int, tuple[str, str]]:
    """Record → its state and why, after the run."""
    database = open_database(str(world.config.parent / "mlc.db"))
    with database.read() as connection:
        rows = connection.execute(select(records.c.id, records.c.state, records.c.reason)).all()
    database.close()
    return {row.id: (row.state, row.reason or "") for row in rows}


def _outcome(line: dict[str, Any]) -> set[str]:
    """The states that a line of the plan promises."""
    if line["action"] == "settle":
        return {"not_carried", "before_go_live", "unmatched", "skipped"}
    return {"held"} if line["action"] == "hold" else {"in_step"}


def test_every_record_ends_as_the_accepted_plan_says_unless_the_target_refuses_it(world: World) -> None:
    _, plan = world.say("plan", PAIRING)
    world.say("run", PAIRING, "--once", "--accept")
    lines = {line["record"]: line for flow in plan["flows"].values() for line in flow["items"]}
    stands = _stands(world)
    wrong = {
        line["what"]: (line["action"], line["why"], stands[record])
        for record, line in lines.items()
        if stands[record][0] not in _outcome(line) and "was refused" not in stands[record][1]
    }
    assert len(lines) > 100
    assert wrong == {}


def test_the_plan_of_a_first_run_has_the_same_figures_as_mlc_plan(world: World) -> None:
    _, (first,) = world.say("run", PAIRING, "--once")
    _, plan = world.say("plan", PAIRING)
    assert first["planned_only"]["bills"]["counts"]["adopt"] > 5, "bills from before go-live that payments settle"
    for flow, told in plan["flows"].items():
        assert first["planned_only"][flow]["counts"] == told["counts"], flow


def test_what_needs_a_person_comes_first_in_a_plan(world: World) -> None:
    _, plan = world.say("plan", PAIRING)
    _, text = world.tell("plan", PAIRING)
    shown = text[text.index("\nbills:\n") :].splitlines()[3:]
    held = [line["what"] for line in plan["flows"]["bills"]["items"] if line["action"] == "hold"]
    assert len(held) > 3
    for what, line in zip(held, shown, strict=False):
        assert what in line


def test_a_run_that_only_plans_prints_no_table_of_zeros(world: World) -> None:
    _, text = world.tell("run", PAIRING, "--once")
    assert "BEFORE GO LIVE" in text
    assert "LOST FIELDS" not in text
    _, text = world.tell("run", PAIRING, "--once", "--accept")
    assert "LOST FIELDS" in text
