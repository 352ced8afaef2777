"""One document per department, where a ledger keeps one per document: each posted once, all of them in step."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from mlc.engine import delivery, dispatch
from mlc.engine.reconcile import reconcile
from mlc.plugins import Plugins
from mlc.records import DimensionKind, ObjectType
from mlc.system import System
from rulebench.bench import Bench, open_bench
from rulebench.people import People


class Interrupted(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """Books that keep one tag per document: the demo's departments are tags there."""
    support_of = System.support

    def support(self: System, object_type: ObjectType) -> Any:
        found = support_of(self, object_type)
        one_each = self.name == "zoho-books" and object_type in (ObjectType.BILL, ObjectType.VENDOR_CREDIT)
        return replace(found, header_dimensions=frozenset({DimensionKind.TAG})) if found and one_each else found

    with pytest.MonkeyPatch.context() as patch, open_bench(tmp_path_factory.mktemp("split"), plugins) as bench:
        patch.setattr(System, "support", support)
        bench.configure(department_split="split")
        bench.run()
        yield bench


@pytest.fixture
def people(split: Bench) -> Iterator[People]:
    yield People(split)
    split.heal()


def a_bill(people: People, *amounts: str, accounts: tuple[str, ...] = ("6100", "6100")) -> str:
    """A bill with a line per department."""
    where = [one.id for one in people.bench.company.departments if one.ledger_tag_option][: len(amounts)]
    lines = [
        {
            "description": "Spare parts",
            "quantity": "1",
            "unit_cost": amount,
            "account_code": account,
            "department": department,
        }
        for amount, department, account in zip(amounts, where, accounts, strict=False)
    ]
    return people.bill(items=lines)


def posted(people: People, uuid: str) -> dict[str, tuple[Decimal, str]]:
    number = people.source_bill(uuid)["invoice_number"]
    return {
        str(one["bill_number"]).removeprefix(number): (Decimal(str(one["total"])), one["status"])
        for one in people.bench.target.get("objects/bills")
        if str(one["bill_number"]).startswith(number)
    }


def balanced(bench: Bench) -> Any:
    with bench.session() as session:
        return [one for one in reconcile(session).totals if one.unexplained or one.loose]


def test_a_bill_of_two_departments_becomes_two_and_stays_two(people: People) -> None:
    bench = people.bench
    uuid = a_bill(people, "60.00", "40.00")
    bench.run()
    assert posted(people, uuid) == {"/1": (Decimal("60.00"), "open"), "/2": (Decimal("40.00"), "open")}
    assert balanced(bench) == []
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert bench.codes(uuid) == []


def test_a_bill_of_one_department_stays_one(people: People) -> None:
    uuid = a_bill(people, "75.00")
    people.bench.run()
    assert posted(people, uuid) == {"": (Decimal("75.00"), "open")}


def test_what_changes_at_the_source_changes_its_part_alone(people: People) -> None:
    bench = people.bench
    uuid = a_bill(people, "61.00", "41.00")
    bench.run()
    first, second = people.source_bill(uuid)["items"]
    lines = [
        {"id": first["id"], "quantity": "1", "unit_cost": "61.00"},
        {"id": second["id"], "quantity": "1", "unit_cost": "51.00"},
    ]
    people.change(uuid, items=lines)
    bench.run()
    assert posted(people, uuid) == {"/1": (Decimal("61.00"), "open"), "/2": (Decimal("51.00"), "open")}
    assert balanced(bench) == []
    bench.run(sweep=True)
    assert bench.wrote_nothing()


def test_a_department_without_lines_is_void_and_its_amount_is_the_others(people: People) -> None:
    bench = people.bench
    uuid = a_bill(people, "62.00", "42.00")
    bench.run()
    first = people.source_bill(uuid)["items"][0]
    people.change(uuid, items=[{"id": first["id"], "quantity": "1", "unit_cost": "104.00"}])
    bench.run()
    assert posted(people, uuid) == {"/1": (Decimal("104.00"), "open"), "/2": (Decimal("42.00"), "void")}
    bench.run(sweep=True)
    assert bench.wrote_nothing()


def test_a_bill_that_is_denied_is_void_in_all_its_parts(people: People) -> None:
    uuid = a_bill(people, "63.00", "43.00")
    people.bench.run()
    people.deny(uuid)
    people.bench.run()
    assert {status for _total, status in posted(people, uuid).values()} == {"void"}


def test_while_one_part_cannot_be_posted_none_is(people: People) -> None:
    bench = people.bench
    unusable = next(one.code for one in bench.company.accounts if not one.ledger_code)
    uuid = a_bill(people, "64.00", "44.00", accounts=("6100", unusable))
    bench.run()
    assert bench.codes(uuid) == ["account_not_postable"]
    assert posted(people, uuid) == {}


@pytest.mark.parametrize("at", ["stored", "sent"])
def test_a_process_that_ends_between_the_parts_doubles_none(
    people: People, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    bench = people.bench
    uuid = a_bill(people, "65.00", "45.00")
    where = delivery.write_parts if at == "stored" else dispatch.Dispatcher.write
    owner = delivery if at == "stored" else dispatch.Dispatcher

    def ends(*arguments: Any, **more: Any) -> Any:
        where(*arguments, **more)
        if at == "stored" and arguments[1].beside is None:
            return None
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(owner, where.__name__, ends)
        with pytest.raises(Interrupted):
            bench.run()
    bench.leave()
    bench.settle()
    assert posted(people, uuid) == {"/1": (Decimal("65.00"), "open"), "/2": (Decimal("45.00"), "open")}
