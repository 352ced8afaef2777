"""Vendors: which is which, and whose word counts for what."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.parties import PartyIndex, match_party, name_taken, row_of
from mlc.accounting.partymerge import merge_party
from mlc.accounting.partyrows import Ambiguous, Match, PartyRow
from mlc.recipes import MatchKey, Owner
from mlc.records import Address, ContactPoint, PartyStatus, SourceMeta, Vendor

LEFT = SourceMeta(system="west", source_id="v1")
RIGHT = SourceMeta(system="east", source_id="c1")


def vendor(**fields):
    return Vendor(**({"source": LEFT, "name": "Harbour Paper"} | fields))


def row(**fields):
    return replace(PartyRow(external_id="c1", name="HARBOUR  PAPER"), **fields)


PEERS = [row_of(vendor())]


@pytest.mark.parametrize(
    ("party", "other", "by"),
    [
        (vendor(external_code="c1"), row(name="Other"), "external_id"),
        (vendor(), row(name="Other", external_code="v1"), "external_id"),
        (vendor(external_code="HP"), row(name="Other", code="hp"), "code"),
        (vendor(vendor_code="HP"), row(name="Other", code="HP"), "code"),
        (vendor(tax_number="DE 123.456"), row(name="Other", tax_number="de123456"), "tax_number"),
        (
            vendor(contacts=(ContactPoint(email="Anna@hp.example"),)),
            row(name="Other", email="anna@hp.example"),
            "email",
        ),
        (vendor(), row(), "name"),
    ],
)
def test_a_party_is_found(party, other, by):
    assert match_party(party, [row(external_id="c9", name="Elsewhere"), other], peers=PEERS) == Match("c1", by)


def test_an_inactive_row_is_found_by_its_id_only():
    assert match_party(vendor(external_code="c1"), [row(active=False)], peers=PEERS) == Match("c1", "external_id")
    assert match_party(vendor(), [row(active=False)], peers=PEERS) is None


@pytest.mark.parametrize(
    ("rows", "peers"),
    [
        ([row(), row(external_id="c2")], PEERS),
        ([row()], [*PEERS, row_of(vendor(source=SourceMeta(system="west", source_id="v2")))]),
        ([row(bound_to=4)], PEERS),
        ([row(tax_number="1")], PEERS),
        ([row(currency="USD")], PEERS),
        ([row(country="SE")], PEERS),
    ],
)
def test_a_name_that_is_not_unique_or_contradicted_is_ambiguous(rows, peers):
    address = Address(country_code="NO")
    party = vendor(tax_number="2", currency="EUR", addresses=(address,))
    found = match_party(party, rows, peers=peers)
    assert isinstance(found, Ambiguous)
    assert found.candidates == tuple(rows)


def test_a_name_needs_both_sides_and_similar_is_not_equal():
    assert match_party(vendor(), [row()]) is None
    assert match_party(vendor(), [row(name="Harbour Paper Ltd")], peers=PEERS) is None


def test_shared_mailboxes_are_no_key():
    party = vendor(contacts=(ContactPoint(email="info@hp.example"),))
    assert match_party(party, [row(name="Other", email="info@hp.example")], peers=PEERS) is None


def test_an_id_bound_elsewhere_is_ambiguous():
    assert isinstance(match_party(vendor(external_code="c1"), [row(bound_to=3)], peers=PEERS), Ambiguous)


def test_a_name_taken_by_another_kind_is_seen():
    assert name_taken(vendor(), [row(kind="customer")]) == row(kind="customer")
    assert name_taken(vendor(), [row(active=False)]) == row(active=False)
    assert name_taken(vendor(), [row()]) is None


def some(*values):
    return st.sampled_from([None, *values])


ROWS = st.lists(
    st.builds(
        PartyRow,
        external_id=st.sampled_from(["1", "2", "3", "a:1"]),
        name=st.sampled_from(["Harbour Paper", "HARBOUR-PAPER", "Quay Ltd", "...", ""]),
        code=some("HP", " hp ", "Q", "1"),
        external_code=some("1", "2", "west:3", "HP", " "),
        tax_number=some("DE 1", "de-1", "2", "-"),
        country=some("DE", "NO"),
        email=some("Anna@hp.example", " anna@hp.example", "info@hp.example"),
        emails=st.frozensets(st.sampled_from(["anna@hp.example", "ole@quay.example", "info@hp.example"]), max_size=2),
        currency=some("EUR", "USD"),
        kind=st.sampled_from(["vendor", "vendor", "customer"]),
        active=st.sampled_from([True, True, False]),
        bound_to=some(None, 4),
    ),
    max_size=6,
    unique_by=lambda row: (row.kind, row.external_id),  # as every vendor keeps them
)


@settings(max_examples=400, deadline=None)
@given(ROWS.filter(bool), ROWS, st.sets(st.sampled_from(list(MatchKey))))
def test_looking_near_by_answers_as_looking_at_all_does(peers, rows, match_by):
    """An index says which few rows to compare with; who somebody is does not depend on it."""
    here, there = PartyIndex(peers), PartyIndex(rows)
    for mine in peers:
        near = there.near(mine)
        few = match_party(mine, near, peers=here.near(mine, *near), match_by=match_by)
        assert few == match_party(mine, rows, peers=peers, match_by=match_by)
        party = vendor(name=mine.name or "Quay Ltd")
        assert name_taken(party, there.near(row_of(party))) == name_taken(party, rows)


def merged(owner, *, left=None, right=None, field="website", base="a", remit="hold"):
    """One field: both sides' base is ``base``; ``left`` and ``right`` are what they show now."""
    sides = [
        vendor(source=source, **{field: value})
        for source, value in ((LEFT, left or base), (LEFT, base), (RIGHT, right or base), (RIGHT, base))
    ]
    return merge_party(*sides, {field: owner}, remit_changes=remit)


@pytest.mark.parametrize(
    ("owner", "left", "right", "to_left", "to_right", "code"),
    [
        (Owner.LEFT, "b", None, {}, {"website": "b"}, None),
        (Owner.LEFT, None, "b", {}, {}, HoldCode.DRIFT),
        (Owner.LEFT, "b", "b", {}, {}, None),
        (Owner.RIGHT, None, "b", {"website": "b"}, {}, None),
        (Owner.MERGE, "b", None, {}, {"website": "b"}, None),
        (Owner.MERGE, None, "b", {"website": "b"}, {}, None),
        (Owner.MERGE, "b", "c", {}, {}, HoldCode.DRIFT),
        (Owner.HOLD, "b", None, {}, {}, HoldCode.DRIFT),
        (Owner.ONCE, "b", None, {}, {}, None),
        (Owner.NEVER, "b", "c", {}, {}, None),
        (Owner.REMIT, "b", None, {}, {}, HoldCode.REMIT_CHANGE),
        (Owner.REMIT, None, "b", {}, {}, HoldCode.REMIT_CHANGE),
    ],
)
def test_whose_word_counts(owner, left, right, to_left, to_right, code):
    merge = merged(owner, left=left, right=right)
    assert (merge.left_changes, merge.right_changes) == (to_left, to_right)
    assert [hold.code for hold in merge.holds] == ([] if code is None else [code])


def test_remit_changes_can_be_let_through():
    assert merged(Owner.REMIT, left="b", remit="apply").right_changes == {"website": "b"}


def test_a_rename_waits_even_where_the_name_is_written_once():
    assert (
        merged(Owner.ONCE, left="Harbour Paper Ltd", field="name", base="Harbour Paper").holds[0].code is HoldCode.DRIFT
    )


def test_the_hold_shows_both_values():
    hold = merged(Owner.MERGE, left="b", right="c").holds[0]
    assert hold.sentence.startswith("Vendor Harbour Paper: website is b on the left and c on the right;")
    assert hold.detail == {"website": {"left": "b", "right": "c"}}


def test_a_side_that_writes_values_its_own_way_changed_nothing():
    left, right = vendor(website="HTTPS://HP.EXAMPLE"), vendor(source=RIGHT, website="https://hp.example")
    merge = merge_party(left, left, right, right, {"website": Owner.MERGE})
    assert (merge.left_changes, merge.right_changes, merge.holds) == ({}, {}, ())


def test_what_was_not_seen_is_neither_compared_nor_written():
    merge = merge_party(vendor(), vendor(website="a"), vendor(source=RIGHT, website="b"), None, {"website": Owner.LEFT})
    assert (merge.left_changes, merge.right_changes, merge.holds) == ({}, {}, ())


def test_emptying_a_field_is_a_change():
    base, other = vendor(website="a"), vendor(source=RIGHT, website="a")
    assert merge_party(vendor(website=None), base, other, other, {"website": Owner.LEFT}).right_changes == {
        "website": None
    }


def test_status_and_parts_are_compared_by_what_they_say():
    left = vendor(contacts=(ContactPoint(source_id="1", email="a@hp.example"),), status=PartyStatus.INACTIVE)
    base = vendor(contacts=(ContactPoint(source_id="9", email="a@hp.example"),), status=PartyStatus.ACTIVE)
    right = vendor(source=RIGHT, contacts=(), status=PartyStatus.ACTIVE)
    merge = merge_party(left, base, right, right, {"contacts": Owner.LEFT, "status": Owner.HOLD})
    assert merge.right_changes == {}
    assert [hold.code for hold in merge.holds] == [HoldCode.DRIFT]


VALUES = st.sampled_from(["a", "b", None])


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES, VALUES, VALUES, st.sampled_from(list(Owner)), st.sampled_from(["hold", "apply"]))
def test_merging_settles(left_now, left_base, right_now, right_base, owner, remit):
    """After the changes are written and both sides are the base, nothing is left to do."""
    left, right = vendor(website=left_now), vendor(source=RIGHT, website=right_now)
    merge = merge_party(
        left, vendor(website=left_base), right, vendor(website=right_base), {"website": owner}, remit_changes=remit
    )
    assert not (merge.left_changes and merge.right_changes)
    assert not (merge.holds and (merge.left_changes or merge.right_changes))
    left, right = left.model_copy(update=merge.left_changes), right.model_copy(update=merge.right_changes)
    again = merge_party(left, left, right, right, {"website": owner}, remit_changes=remit)
    assert (again.left_changes, again.right_changes, again.holds) == ({}, {}, ())
