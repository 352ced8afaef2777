"""Lists that a flow writes: found or created once, kept in step, made inactive and never deleted."""

import json
from collections.abc import Callable

import pytest
from chests import ACCOUNT, DIMENSION, ORDER, RATE, TAX, TERM, VENDOR
from counters import RECIPE, Counter
from mlc.contract import Strategy
from mlc.engine.decisions import Verb, decide_hold
from mlc.engine.reconcile import reconcile
from mlc.errors import PluginError
from mlc.pairings import parse_recipe

Open = Callable[..., Counter]


def account(here: Counter, key: str, name: str, code: str | None = None, **values: object) -> str:
    told = {"classification": "expense", "account_type": "expense", "code": code, **values}
    return here.source.put(ACCOUNT, key, name=name, **told)


def say(here: Counter, external_id: str, verb: Verb, other: str | None = None) -> None:
    with here.engine.database.write() as tx:
        decide_hold(tx, here.hold(external_id), verb, other=other, by="tests", now=here.clock.now())


def with_order(here: Counter) -> None:
    """An order of a vendor's, coded to account 1 and a department."""
    here.source.put(DIMENSION, "p", kind="department", name="Plant")
    here.source.put(VENDOR, "v", name="Acme", status="active")
    line = {
        "line_id": "1", "description": "Rent", "quantity": "1", "unit_price": "10.00", "line_net_amount": "10.00",
        "account": {"record_type": "account", "source_id": "1"},
        "dimensions": [{"kind": "department", "source_id": "p", "name": "Plant"}],
    }  # fmt: skip
    here.source.put(
        ORDER, "o", po_number="PO-1", vendor={"record_type": "vendor", "source_id": "v"}, currency="EUR",
        issue_date="2026-02-01", status="issued", total="10.00", lines=[line],
    )  # fmt: skip


# ---------------------------------------------------------------- created, found, kept in step


def test_wanted_accounts_are_created_once_with_a_code_and_the_others_are_left_alone(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    account(here, "2", "Tools")
    account(here, "3", "Machines", "1500", classification="asset", account_type="fixed_asset")
    account(here, "4", "Sales", "4000", classification="income", account_type="income")
    account(here, "5", "Bank", "1000", money=True, postable=False)
    account(here, "6", "Old", "6900", active=False)
    here.run()
    assert here.target.shown(ACCOUNT, "code") == ["6100", "A2", "1500"]
    assert here.states() == {
        **dict.fromkeys("123", "in_step"),
        **dict.fromkeys("456", "not_carried"),
    }
    assert here.quiet()


def test_an_account_that_is_there_is_found_by_its_code_or_by_its_name_and_stays_as_it_is(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    account(here, "2", "Tools")
    here.target.put(ACCOUNT, "t-x", name="Rent and rates", code="6100")
    here.target.put(ACCOUNT, "t-y", name="tools", code=None)
    here.run()
    assert here.target.written == []
    assert here.states() == {"1": "in_step", "2": "in_step"}
    assert here.quiet()


@pytest.mark.parametrize(
    ("there", "code"),
    [
        ([{"name": "Rent", "code": "6200"}], "ambiguous"),
        ([{"name": "Rent", "code": "6100"}, {"name": "Other", "code": "6100"}], "ambiguous"),
        ([{"name": "Rent", "code": "6100", "active": False}], "name_taken"),
    ],
)
def test_what_cannot_be_told_is_held_and_wakes_when_the_list_changes(
    counter: Open, there: list[dict[str, object]], code: str
) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    for number, row in enumerate(there):
        here.target.put(ACCOUNT, f"t{number}", **row)
    here.run()
    assert (here.holds(), here.target.written) == ({"1": code}, [])
    here.target.rows[ACCOUNT].clear()
    here.target.put(ACCOUNT, "t9", name="Rent", code="6100")
    with here.engine.database.write() as tx:  # what is gone is only told by a sweep, of what is bound
        tx.exec_driver_sql("DELETE FROM registers WHERE side = 'right' AND external_id <> 't9'")
    here.run()
    assert (here.holds(), here.states()) == ({}, {"1": "in_step"})
    assert here.target.written == []


def test_two_that_would_get_one_code_wait_until_one_is_changed(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    account(here, "2", "Rents", "6100")
    here.run()
    assert (here.holds(), here.target.written) == ({"1": "ambiguous", "2": "ambiguous"}, [])
    account(here, "2", "Rents", "6101")
    here.run()
    assert here.holds() == {}
    assert here.target.shown(ACCOUNT, "code") == ["6100", "6101"]


def test_a_person_links_or_says_that_it_is_another_one(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    account(here, "2", "Fuel", "6300")
    here.target.put(ACCOUNT, "t-r", name="Rent", code="6200")
    here.target.put(ACCOUNT, "t-f", name="Fuel", code="6400")
    here.run()
    assert [one["id"] for one in json.loads(here.hold("1")["detail"])["candidates"]] == ["t-r"]
    say(here, "1", Verb.LINK, "t-r")
    say(here, "2", Verb.POST)
    here.run()
    assert here.holds() == {}
    assert [told[1:3] for told in here.target.written] == [(ACCOUNT, "t-2")]


def test_a_code_once_given_never_changes_and_a_new_name_is_carried(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    here.run()
    account(here, "1", "Rent and rates", "6150")
    here.run()
    assert here.target.shown(ACCOUNT, "code", "name") == [("6100", "Rent and rates")]
    assert here.target.written[-1][3] == {"name": "Rent and rates"}
    assert here.quiet()


@pytest.mark.parametrize("how", ["inactive", "gone", "unwanted"])
def test_what_is_not_wanted_any_more_is_made_inactive_and_comes_back_with_its_code(counter: Open, how: str) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    account(here, "2", "Fuel", "6200")
    here.run()
    match how:
        case "inactive":
            account(here, "1", "Rent", "6100", active=False)
        case "unwanted":
            account(here, "1", "Rent", "6100", classification="income", account_type="income")
        case _:
            here.source.remove(ACCOUNT, "1")
    here.pass_time(5)
    here.run(sweep=True)
    assert here.target.shown(ACCOUNT, "code", "active") == [("6100", False), ("6200", True)]
    assert here.quiet()
    account(here, "1", "Rent", "6100", active=True)
    here.run()
    assert here.target.shown(ACCOUNT, "code", "active") == [("6100", True), ("6200", True)]
    assert here.quiet()


def test_what_a_person_changed_there_is_held_and_what_a_person_removed_is_not_made_again(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    account(here, "2", "Fuel", "6200")
    here.run()
    here.target.put(ACCOUNT, "t-1", name="Rental")
    here.target.remove(ACCOUNT, "t-2")
    here.pass_time(5)
    here.run(sweep=True)
    assert here.holds() == {"1": "drift", "2": "gone_in_target"}
    say(here, "1", Verb.REPAIR)
    say(here, "2", Verb.REPAIR)
    here.run()
    assert here.holds() == {}
    assert here.target.shown(ACCOUNT, "code", "name") == [("6100", "Rent"), ("6200", "Fuel")]
    assert here.quiet()


def test_a_child_goes_after_its_parent_in_the_same_run(counter: Open) -> None:
    here = counter()
    above = {"record_type": "account", "source_id": "2"}
    account(here, "1", "Rent", "6110", parent=above)
    account(here, "2", "Occupancy", "6100")
    account(here, "3", "Power", "6120", parent={"record_type": "account", "source_id": "9"})
    account(here, "9", "Bank", "1000", money=True)
    here.run()
    assert here.holds() == {}
    parents = [row.get("parent") for _, row in sorted(here.target.rows[ACCOUNT].items())]
    assert [one and one["source_id"] for one in parents] == ["t-2", None, None]
    assert here.quiet()


def test_where_no_owner_is_named_for_the_parent_nothing_waits_for_it(counter: Open) -> None:
    here = counter(later=True)
    here.source.put(DIMENSION, "1", kind="class", name="South", parent={"record_type": "dimension", "source_id": "2"})
    here.source.put(DIMENSION, "2", kind="class", name="World")
    report = here.run()
    assert (report.accepted, here.holds()) == (0, {})
    assert here.target.shown(DIMENSION, "parent") == [None, None]


def test_an_entry_that_was_written_has_no_other_list_read_again(counter: Open) -> None:
    here = counter()
    here.run()
    account(here, "1", "Rent", "6100")
    before = dict(here.target.fetched)
    here.run()
    assert {kind: here.target.fetched[kind] - times for kind, times in before.items()} == dict.fromkeys(before, 1)


def test_a_target_that_cannot_change_entries_only_gets_new_ones(counter: Open) -> None:
    here = counter(updates=False)
    account(here, "1", "Rent", "6100")
    here.run()
    account(here, "1", "Rents", "6100", active=False)
    account(here, "2", "Fuel", "6200")
    here.run()
    assert [told[0] for told in here.target.written] == ["create", "create"]
    assert here.quiet()


# ---------------------------------------------------------------- maps, owners, modes


def test_the_tables_win_and_the_place_of_a_dimension_is_what_they_say(counter: Open) -> None:
    toml = """accounts = { "6100" = "Somewhere else" }
dimensions = { "tag:Plant/*" = "cost_center:*", "tag:North" = "cost_center:N-1", "tag:Ours/*" = "" }"""
    here = counter(toml=toml)
    account(here, "1", "Rent", "6100")
    for key, set_name, name in (("1", "Plant", "South"), ("2", "Plant", "North"), ("3", "Ours", "X")):
        here.source.put(DIMENSION, key, kind="tag", set_id=f"S{set_name}", set_name=set_name, name=name)
    here.source.put(DIMENSION, "4", kind="class", name="Retail")
    here.run()
    assert here.states() == {"1": "not_carried"}
    assert here.target.shown(DIMENSION, "kind", "code", "name") == [
        ("cost_center", "1", "South"),
        ("cost_center", "N-1", "North"),
        ("class", "C4", "Retail"),
    ]
    assert here.quiet()


def test_a_table_that_is_taken_away_lets_its_entries_go_and_one_that_comes_undoes_nothing(counter: Open) -> None:
    here = counter(toml='accounts = { "6100" = "Somewhere else" }')
    account(here, "1", "Rent", "6100")
    here.run()
    assert here.states() == {"1": "not_carried"}
    here = counter(before=here)
    here.run()
    assert here.target.shown(ACCOUNT, "code", "active") == [("6100", True)]
    here = counter(before=here, toml='accounts = { "6100" = "Somewhere else" }')
    account(here, "1", "Rents", "6100")
    here.run()
    assert here.target.shown(ACCOUNT, "code", "active") == [("6100", True)]


def test_a_list_that_somebody_else_owns_is_matched_and_told_and_never_written(counter: Open) -> None:
    here = counter(owned={ACCOUNT: "Target's own sync keeps its accounts."})
    account(here, "1", "Rent", "6100")
    report = here.run()
    assert here.target.written == []
    assert here.states() == {}
    assert report.off == {"accounts": "Target's own sync keeps its accounts."}
    (alert,) = here.rows("SELECT sentence FROM alerts WHERE code = 'flow_off'")
    assert "Target's own sync" in alert["sentence"]
    here.target.owned.clear()
    here.source.put(ACCOUNT, "1", name="Rent")
    here.run()
    assert here.target.shown(ACCOUNT, "code") == ["6100"]
    assert here.rows("SELECT * FROM alerts WHERE code = 'flow_off' AND cleared_at IS NULL") == []


def test_a_list_that_is_only_matched_makes_no_records(counter: Open) -> None:
    here = counter(toml='flows = { accounts = { mode = "match" } }')
    account(here, "1", "Rent", "6100")
    here.run()
    assert (here.states(), here.target.written) == ({}, [])


def test_what_is_only_ever_matched_is_refused_with_a_sentence() -> None:
    with pytest.raises(PluginError, match="only found on the other side, never written"):
        parse_recipe(RECIPE.replace('object = "account"', 'object = "currency"'), "this recipe")


# ---------------------------------------------------------------- terms, taxes, rates


def test_a_payment_term_goes_once_an_active_vendor_has_it_and_before_that_vendor(counter: Open) -> None:
    here = counter()
    here.source.put(TERM, "1", name="Net 30", days=30)
    here.source.put(TERM, "2", name="Net 60", days=60)
    here.source.put(
        VENDOR, "v", name="Acme", status="active", payment_terms={"record_type": "payment_term", "name": "Net 30"}
    )
    here.run()
    assert here.target.shown(TERM, "code") == ["NET30"]
    assert here.states("payment_term") == {"1": "in_step", "2": "unmatched"}
    assert here.target.rows[VENDOR]["t-v"]["payment_terms"]["code"] == "NET30"
    here.source.put(
        VENDOR, "w", name="Bolt", status="active", payment_terms={"record_type": "payment_term", "name": "Net 60"}
    )
    here.run()
    assert here.target.shown(TERM, "code") == ["NET30", "NET60"]
    assert here.quiet()


def test_a_rate_of_a_new_day_is_a_new_entry_and_old_ones_stay_behind(counter: Open) -> None:
    here = counter(code_max=25)

    def rate(key: str, day: str, value: str, of: str = "USD", to: str = "EUR") -> None:
        here.source.put(RATE, key, from_currency=of, to_currency=to, rate=value, valid_from=day)

    rate("1", "2025-06-01", "0.91")
    rate("2", "2025-12-01", "0.92")
    rate("3", "2026-02-01", "0.93")
    rate("4", "2026-02-01", "1", of="EUR")
    rate("5", "2026-02-01", "1.07", of="EUR", to="USD")
    here.run()
    assert here.target.shown(RATE, "from_currency", "to_currency", "valid_from", "rate") == [
        ("USD", "EUR", "2025-12-01", "0.92"),
        ("USD", "EUR", "2026-02-01", "0.93"),
    ]
    rate("6", "2026-03-01", "0.95")
    rate("3", "2026-02-01", "0.94")
    here.run()
    assert here.target.shown(RATE, "rate") == ["0.92", "0.94", "0.95"]
    assert [told[0] for told in here.target.written] == ["create", "create", "update", "create"]
    assert here.quiet()


def test_a_tax_gets_its_name_as_a_code_that_fits_and_another_rate_is_another_tax(counter: Open) -> None:
    here = counter(code_max=10)
    here.source.put(TAX, "1", name="Standard rate", rate="20")
    here.source.put(TAX, "2", name="Low", rate="5")
    here.target.put(TAX, "t-l", name="Low", code="Low", rate="6")
    here.run()
    assert here.holds() == {"2": "ambiguous"}
    (made,) = here.target.written
    assert made[3]["code"].startswith("Stand~")
    assert len(made[3]["code"]) == 10


# ---------------------------------------------------------------- lost answers, batches, documents


def test_a_lost_answer_leaves_one_account_whichever_way_it_is_looked_up(counter: Open) -> None:
    here = counter(strategy=Strategy.SEARCH)
    here.target.lost = 1
    account(here, "1", "Rent", "6100")
    here.run()
    assert [row["event"] for row in here.rows("SELECT event FROM audit WHERE event IN ('uncertain', 'created')")] == [
        "uncertain",
        "created",
    ]
    assert (here.states(), here.target.shown(ACCOUNT, "code")) == ({"1": "in_step"}, ["6100"])
    assert here.quiet()


def test_many_entries_share_requests_and_are_confirmed_when_the_target_says_so(counter: Open) -> None:
    here = counter(batch=50, later=True)
    for number in range(120):
        account(here, f"{number:03}", f"Account {number}", f"6{number:03}")
    report = here.run()
    assert (sorted(here.target.pushes), report.accepted) == ([20, 50, 50], 0)
    assert set(here.states().values()) == {"in_step"}, "what waits for the accounts goes in the same run"
    account(here, "007", "Account seven", "9999")
    here.run()
    assert here.target.rows[ACCOUNT]["t-007"]["name"] == "Account seven"
    assert here.target.rows[ACCOUNT]["t-007"]["code"] == "6007"
    assert len(here.target.rows[ACCOUNT]) == 120


@pytest.mark.parametrize("later", [False, True])
def test_a_document_waits_for_its_account_and_goes_with_the_code_it_was_given(counter: Open, later: bool) -> None:
    here = counter(later=later, batch=1)
    account(here, "1", "Rent")
    with_order(here)
    for _run in range(4 if later else 1):
        here.run()
        here.pass_time(5)
    assert here.holds() == {}
    (order,) = here.target.rows[ORDER].values()
    assert order["lines"][0]["account"] == {"record_type": "account", "source_id": "t-1", "code": "A1", "name": "Rent"}
    assert order["lines"][0]["dimensions"][0]["source_id"] == "t-p"


def test_a_first_plan_shows_what_would_be_made_and_documents_count_on_it(counter: Open) -> None:
    here = counter()
    account(here, "1", "Rent", "6100")
    with_order(here)
    report = here.run(accept=False)
    (line,) = report.plans["accounts"].items
    assert (line["what"], line["action"]) == ("Account 6100 Rent", "create")
    assert report.plans["orders"].counts == {"create": 1}
    assert here.target.written == []


def test_reconcile_counts_what_stands_on_both_sides_and_names_what_does_not(counter: Open) -> None:
    here = counter()
    for key, name in (("1", "Rent"), ("2", "Fuel"), ("3", "Power"), ("4", "Tools")):
        account(here, key, name, f"6{key}00")
    account(here, "5", "Bank", "1000", money=True)
    here.run()
    here.target.remove(ACCOUNT, "t-2")
    account(here, "3", "Power", "6300", active=False)
    account(here, "6", "New", "6600")
    with here.engine.session("main") as session:
        found = reconcile(session)
    assert found.counts_by_type["account"] == {"differing": 1, "matched": 2, "missing_right": 2}
    told = {kind.value: [one.what for one in lines] for kind, lines in found.differences.items()}
    assert told == {"missing_right": ["Account 6200 Fuel", "Account 6600 New"], "status": ["Account 6300 Power"]}
