"""The recipes that are installed: readable, whole, and as described."""

import re
import tomllib
from importlib.metadata import EntryPoint, entry_points

import pytest
from mlc.errors import PluginError
from mlc.pairings import parse_recipe
from mlc.recipes import FlowMode, Owner, Recipe, Side
from mlc.records import ObjectType

RECIPES = sorted(entry_points(group="mlc.pairings"), key=lambda entry: entry.name)


def _text(entry: EntryPoint) -> str:
    text: str = entry.load()()
    return text


@pytest.fixture
def books() -> Recipe:
    (entry,) = (entry for entry in RECIPES if entry.name == "procurify+zoho-books")
    return parse_recipe(_text(entry), entry.name)


@pytest.mark.parametrize("entry", RECIPES, ids=lambda entry: entry.name)
def test_a_recipe_is_valid_and_named_like_its_entry_point(entry: EntryPoint) -> None:
    assert parse_recipe(_text(entry), entry.name).name == entry.name


@pytest.mark.parametrize("entry", RECIPES, ids=lambda entry: entry.name)
def test_every_line_of_a_recipe_is_explained(entry: EntryPoint) -> None:
    bare = [line for line in _text(entry).splitlines() if re.match(r"\s*[\w\"]", line) and "#" not in line]
    assert [line for line in bare if not line.endswith("[")] == []


def test_its_flows_run_in_the_order_of_their_dependencies(books: Recipe) -> None:
    assert [(flow.name, flow.object, flow.source, flow.mode) for flow in books.flows] == [
        ("currencies", ObjectType.CURRENCY, Side.LEFT, FlowMode.MATCH),
        ("accounts", ObjectType.ACCOUNT, Side.LEFT, FlowMode.MATCH),
        ("dimensions", ObjectType.DIMENSION, Side.LEFT, FlowMode.MATCH),
        ("vendors", ObjectType.VENDOR, Side.LEFT, FlowMode.HOLD),
        ("vendors-back", ObjectType.VENDOR, Side.RIGHT, FlowMode.WRITE),
        ("purchase-orders", ObjectType.PURCHASE_ORDER, Side.LEFT, FlowMode.WRITE),
        ("bills", ObjectType.BILL, Side.LEFT, FlowMode.WRITE),
        ("credits", ObjectType.VENDOR_CREDIT, Side.LEFT, FlowMode.WRITE),
        ("payments", ObjectType.PAYMENT, Side.LEFT, FlowMode.WRITE),
        ("payments-back", ObjectType.PAYMENT, Side.RIGHT, FlowMode.OFF),
    ]


def test_it_holds_what_a_person_should_decide(books: Recipe) -> None:
    assert books.requires == ("since", "money_accounts", "freight_account")
    assert books.policy.payment_authority is Side.LEFT
    assert books.policy.missing_vendor is FlowMode.HOLD
    assert books.policy.remit_changes == "hold"
    assert books.policy.closed_period == "hold"
    assert books.flow("vendors").owners["addresses"] is Owner.REMIT
    assert books.flow("vendors").owners["name"] is Owner.ONCE
    assert not books.flow("vendors-back").creates


def test_credits_are_read_as_bills_and_bills_bring_their_image(books: Recipe) -> None:
    assert books.flow("credits").reads is ObjectType.BILL
    assert books.flow("bills").with_image
    assert books.flow("bills").categories == ("order",)


def test_a_flow_may_only_come_after_one_above_it() -> None:
    (entry,) = (entry for entry in RECIPES if entry.name == "procurify+zoho-books")
    data = tomllib.loads(_text(entry))
    assert data["flows"][6]["name"] == "bills"
    text = _text(entry).replace('after = ["currencies"]', 'after = ["payments"]')
    with pytest.raises(PluginError, match="comes after 'payments', which is not above it"):
        parse_recipe(text, "The recipe")
