"""A pairing sees the companies that its scope names: other documents are as if they were not there (pairings 0.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[..., Any]


def test_each_pairing_takes_the_documents_of_its_own_companies_and_knows_of_no_other(make: Make) -> None:
    world = make(pairings={"main": 'scope = { right = ["FI10"] }', "other": 'scope = { right = ["FI20"] }'})
    world.invoice("1", company="FI10")
    world.invoice("2", "250.00", company="FI20")
    world.invoice("3", company="FI30")
    world.run("main")
    assert (world.posted(), world.status("2"), world.status("3")) == (["HP-1"], "offered", "offered")
    world.run("other")
    world.run("main", sweep=True)
    assert world.posted() == ["HP-1", "HP-2"]
    assert (world.status("3"), world.kinds("3")) == ("offered", [])
    known = world.rows("SELECT pairing, external_id FROM records WHERE object_type = 'bill' ORDER BY external_id")
    assert [(row["pairing"], row["external_id"]) for row in known] == [("main", "1"), ("other", "2")]
    assert not world.rows("SELECT * FROM registers WHERE side = 'right' AND object_type = 'bill'")
