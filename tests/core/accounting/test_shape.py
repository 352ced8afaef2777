"""Shaping: what the target gets, to the cent."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.keys import dimension_code, tax_code
from mlc.accounting.lookups import Drop, Found
from mlc.accounting.shape import Shaped, TargetTraits, TaxRounding, shape, shorten_number
from mlc.recipes import Maps, Policy, PurchaseTax
from mlc.records import (
    Allocation,
    Bill,
    Charge,
    ChargeKind,
    DimensionKind,
    DimensionValue,
    Expense,
    Invoice,
    Line,
    LineTax,
    ObjectType,
    PurchaseOrder,
    Rate,
    Ref,
    SourceMeta,
    TaxTreatment,
)
from mlc.tenants import Probe

SOURCE = SourceMeta(system="west", source_id="17")
PAPER = Ref(record_type=ObjectType.VENDOR, source_id="v1", name="Harbour Paper")
VAT = LineTax(name="VAT", percent=Decimal(20))
PLANT = DimensionValue(kind=DimensionKind.DEPARTMENT, code="Plant")
OFFICE = DimensionValue(kind=DimensionKind.DEPARTMENT, code="Office")


@dataclass
class Ledger:
    """Maps every account to ``t-<code>``; the rest as told."""

    taxes: dict = field(default_factory=lambda: {"VAT 20": "t20", "GST 5": "t5"})
    charges: dict = field(default_factory=lambda: {"shipping": "t-freight", "tax": "t-input"})
    dimensions: dict = field(default_factory=lambda: {"department:Plant": "t-plant"})
    accounts_missing: frozenset = frozenset()
    accounts_closed: frozenset = frozenset()
    vendors: dict = field(default_factory=lambda: {"v1": "tv1"})
    orders: dict = field(default_factory=dict)
    rates: dict = field(default_factory=dict)

    def vendor(self, ref):
        found = self.vendors.get(ref.source_id)
        if isinstance(found, Hold) or found is None:
            return found
        return Ref(record_type=ObjectType.VENDOR, source_id=found, name=ref.name)

    def vendor_in(self, ref, currency):
        return None

    def customer(self, ref):
        return Ref(record_type=ObjectType.CUSTOMER, source_id=f"t{ref.source_id}") if ref.source_id == "c1" else None

    def card_account(self, ref):
        named = ref is not None and ref.source_id == "card-1"
        return Ref(record_type=ObjectType.ACCOUNT, source_id="t-card") if named else None

    def account(self, ref, dimensions):
        if ref is None or ref.code in self.accounts_missing:
            return None
        target = Ref(record_type=ObjectType.ACCOUNT, source_id=f"t-{ref.code}", code=ref.code)
        return Found(target, postable=ref.code not in self.accounts_closed, why_not="it is a bank account")

    def tax(self, tax, entity):
        found = self.taxes.get(tax_code(tax))
        return None if found is None else Ref(record_type=ObjectType.TAX_RATE, source_id=found)

    def dimension(self, value):
        found = self.dimensions.get(dimension_code(value))
        if found is None or found is Drop.DROP:
            return found
        return DimensionValue(kind=DimensionKind.LOCATION, source_id=found)

    def charge_account(self, charge):
        found = self.charges.get(charge.kind.value)
        return None if found is None else Ref(record_type=ObjectType.ACCOUNT, source_id=found)

    def purchase_order(self, ref):
        return (
            Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="tpo", code=ref.code)
            if ref.code in self.orders
            else None
        )

    def po_line(self, line, allocation):
        return self.orders.get(line.purchase_order_line.source_id) if line.purchase_order_line else None

    def rate(self, currency, on):
        value = self.rates.get(currency)
        return None if value is None else Rate(value=value, from_currency=currency, to_currency="EUR", on=on)


def account(code):
    return Ref(record_type=ObjectType.ACCOUNT, source_id=f"s-{code}", code=code)


def line(line_id="l1", net="100.00", **fields):
    fields.setdefault("account", account("6000"))
    fields.setdefault("description", "Paper")
    return Line(line_id=line_id, line_net_amount=None if net is None else Decimal(net), **fields)


def bill(*lines, total="100.00", model=Bill, **fields):
    if model is PurchaseOrder:
        fields.setdefault("po_number", "PO-7")
    else:
        fields.setdefault("bill_number", "HP-2209")
    fields.setdefault("currency", "EUR")
    fields.setdefault("issue_date", date(2026, 3, 2))
    return model(source=SOURCE, vendor=PAPER, lines=lines or (line(),), total=Decimal(total), **fields)


def shaped(document, refs=None, policy=None, probe=None, **arguments) -> Shaped:
    answer = shape(document, refs or Ledger(), policy or Policy(), probe or Probe(base_currency="EUR"), **arguments)
    assert isinstance(answer, Shaped), answer
    return answer


def held(document, refs=None, policy=None, probe=None, **arguments) -> Hold:
    answer = shape(document, refs or Ledger(), policy or Policy(), probe or Probe(base_currency="EUR"), **arguments)
    assert isinstance(answer, Hold), answer
    return answer


def amounts(answer):
    return [str(one.line_net_amount) for one in answer.record.lines]


def test_references_become_the_targets():
    answer = shaped(bill(line(tax=VAT), total="120.00"))
    assert answer.record.vendor.source_id == "tv1"
    assert answer.record.lines[0].account.source_id == "t-6000"
    assert answer.record.lines[0].tax.ref.source_id == "t20"
    assert answer.predicted_total == answer.record.total == Decimal("120.00")
    assert (answer.record.tax_total, answer.record.subtotal) == (Decimal("20.00"), Decimal("100.00"))
    assert answer.overrides == {}


def test_a_split_line_becomes_one_line_per_allocation_with_stable_keys():
    split = line(
        quantity=Decimal(10),
        unit_price=Decimal(10),
        allocations=(
            Allocation(amount=Decimal("33.33"), account=account("6000"), dimensions=(PLANT,)),
            Allocation(amount=Decimal("66.67"), account=account("6100")),
        ),
    )
    answer = shaped(bill(split))
    assert [one.key for one in answer.record.lines] == ["l1|6000|department:Plant", "l1|6100|"]
    assert amounts(answer) == ["33.33", "66.67"]
    assert [one.quantity for one in answer.record.lines] == [Decimal("3.33300"), Decimal("6.66700")]
    assert answer.record.lines[0].dimensions[0].source_id == "t-plant"


def test_a_line_with_one_allocation_keeps_its_own_key():
    one = line(account=None, allocations=(Allocation(amount=Decimal(100), account=account("6200")),))
    answer = shaped(bill(one))
    assert [(each.key, each.account.source_id) for each in answer.record.lines] == [("l1", "t-6200")]


def test_allocations_to_the_same_place_are_one_line():
    same = tuple(Allocation(amount=Decimal(25), account=account("6000")) for _ in range(4))
    assert amounts(shaped(bill(line(allocations=same)))) == ["100.00"]


def test_allocations_of_the_gross_amount_are_taken_in_their_ratio():
    split = line(
        tax=VAT,
        allocations=(
            Allocation(amount=Decimal("40.00"), account=account("6000")),
            Allocation(amount=Decimal("80.00"), account=account("6100")),
        ),
    )
    answer = shaped(bill(split, total="120.00"))
    assert amounts(answer) == ["33.33", "66.67"]
    assert answer.predicted_total == Decimal("120.00")


def test_allocations_that_do_not_add_up_are_held():
    split = line(allocations=(Allocation(amount=Decimal(30)), Allocation(amount=Decimal(50), account=account("1"))))
    hold = held(bill(split))
    assert hold.code is HoldCode.TOTALS_DIFFER
    assert "add up to 80.00 EUR, not to 100.00 EUR" in hold.sentence


def test_freight_becomes_a_line_on_its_mapped_account():
    answer = shaped(bill(charges=(Charge(kind=ChargeKind.SHIPPING, amount=Decimal("7.50")),), total="107.50"))
    assert [(one.key, one.account.source_id) for one in answer.record.lines][1] == ("charge:shipping", "t-freight")
    assert answer.record.charges == ()


def test_an_unmapped_charge_is_held_and_names_the_map_line():
    hold = held(
        bill(charges=(Charge(kind=ChargeKind.OTHER, amount=Decimal(5), description="Pallets"),), total="105.00")
    )
    assert (hold.code, hold.waits, hold.key) == (HoldCode.ACCOUNT_UNMAPPED, Waits.CONFIG, "charge:other")
    assert hold.sentence == "Bill HP-2209 of Harbour Paper: its charge Pallets is not mapped to an account."


def test_two_equal_charges_have_two_keys():
    charges = (Charge(kind=ChargeKind.SHIPPING, amount=Decimal(5)),) * 2
    answer = shaped(bill(charges=charges, total="110.00"))
    assert [one.key for one in answer.record.lines] == ["l1", "charge:shipping", "charge:shipping#2"]


def test_a_discount_is_spread_over_the_goods_of_a_bill():
    lines = (line(), line("l2", "50.00"))
    charges = (
        Charge(kind=ChargeKind.DISCOUNT, amount=Decimal("-10.00")),
        Charge(kind=ChargeKind.SHIPPING, amount=Decimal(6)),
    )
    answer = shaped(bill(*lines, charges=charges, total="146.00"))
    assert amounts(answer) == ["93.33", "46.67", "6"] or amounts(answer) == ["93.33", "46.67", "6.00"]


def test_a_discount_of_an_order_stays_its_discount():
    charges = (Charge(kind=ChargeKind.DISCOUNT, amount=Decimal("-10.00")),)
    answer = shaped(bill(charges=charges, total="90.00", model=PurchaseOrder))
    assert amounts(answer) == ["100.00"]
    assert [(one.kind, one.amount) for one in answer.record.charges] == [(ChargeKind.DISCOUNT, Decimal("-10.00"))]
    assert answer.predicted_total == Decimal("90.00")


@pytest.mark.parametrize(
    ("total", "tax", "overrides"), [("108.00", "18.00", {}), ("110.00", "20.00", {"discount": "after_tax"})]
)
def test_whether_an_orders_discount_lowers_its_tax_is_told_by_its_total(total, tax, overrides):
    charges = (Charge(kind=ChargeKind.DISCOUNT, amount=Decimal("-10.00")),)
    stated = VAT.model_copy(update={"amount": Decimal(tax)})
    answer = shaped(bill(line(tax=stated), charges=charges, total=total, model=PurchaseOrder))
    assert (answer.record.tax_total, answer.predicted_total) == (Decimal(tax), Decimal(total))
    assert answer.overrides == overrides


def test_rounding_has_no_place_on_an_order():
    order = bill(total="100.01", model=PurchaseOrder)
    answer = shaped(order)
    assert (answer.record.total, answer.record.charges) == (Decimal("100.00"), ())
    assert answer.losses[0].reason == "rounding of 0.01 EUR has no place on an order"
    assert shaped(order, traits=TargetTraits(order_rounding=True)).record.total == Decimal("100.01")


def test_shares_of_one_cost_keep_their_own_keys():
    charges = tuple(
        Charge(kind=ChargeKind.OTHER, amount=Decimal(5), description="Pallets", account=account(code))
        for code in ("6000", "6100")
    )
    answer = shaped(bill(charges=charges, total="110.00"))
    assert [one.key for one in answer.record.lines][1:] == ["charge:other:Pallets|6000|", "charge:other:Pallets|6100|"]


def test_tax_is_folded_where_it_cannot_be_recovered():
    probe = Probe(base_currency="EUR", tax_recoverable=False)
    lines = (line(tax=VAT, quantity=Decimal(3), unit_price=Decimal("33.33333333")), line("l2", "10.00"))
    answer = shaped(bill(*lines, total="130.00"), Ledger(taxes={}), probe=probe)
    assert amounts(answer) == ["120.00", "10.00"]
    assert answer.record.lines[0].tax is None
    assert answer.record.lines[0].unit_price == Decimal("40.00")
    assert answer.record.tax_total == 0


def test_the_cent_of_a_tax_total_is_folded_not_rounded():
    policy = Policy(purchase_tax=PurchaseTax.FOLD)
    tax = LineTax(name="VAT", percent=Decimal(20), amount=Decimal("0.67"))
    lines = tuple(line(f"l{index}", "3.33", tax=tax) for index in range(3))
    answer = shaped(bill(*lines, tax_total=Decimal("2.00"), total="11.99"), policy=policy)
    assert answer.record.charges == ()
    assert answer.predicted_total == Decimal("11.99")


def test_tax_on_its_own_line_per_code():
    policy = Policy(purchase_tax=PurchaseTax.LINE)
    lines = (line(tax=VAT), line("l2", "100.00", tax=VAT))
    answer = shaped(bill(*lines, total="240.00"), policy=policy)
    assert [(one.key, str(one.line_net_amount)) for one in answer.record.lines] == [
        ("l1", "100.00"),
        ("l2", "100.00"),
        ("tax:VAT 20", "40.00"),
    ]
    assert answer.record.lines[2].account.source_id == "t-input"


def test_unmapped_tax_is_held_for_a_bill_and_a_loss_for_an_order():
    tax = LineTax(name="PST", percent=Decimal(7))
    hold = held(bill(line(tax=tax), total="107.00"))
    assert (hold.code, hold.key) == (HoldCode.TAX_UNMAPPED, "tax:PST 7")
    answer = shaped(bill(line(tax=tax), total="107.00", model=PurchaseOrder))
    assert answer.predicted_total == answer.record.total == Decimal("100.00")
    assert "7.00 EUR of it is left out of the order" in answer.losses[0].reason


def test_header_tax_of_an_order_is_a_loss_unless_it_is_mapped():
    charge = Charge(kind=ChargeKind.TAX, amount=Decimal(20), description="VAT", percent=Decimal(20))
    order = bill(charges=(charge,), total="120.00", model=PurchaseOrder)
    assert shaped(order).record.lines[0].tax.ref.source_id == "t20"
    assert shaped(order).predicted_total == Decimal("120.00")
    assert shaped(order, Ledger(taxes={})).predicted_total == Decimal("100.00")


def test_a_tax_total_without_any_code_is_unmapped_tax():
    assert held(bill(tax_total=Decimal(8), total="108.00")).code is HoldCode.TAX_UNMAPPED


def test_zero_rated_tax_needs_its_own_map_line():
    zero = LineTax(name="Zero", percent=Decimal(0), treatment=TaxTreatment.ZERO_RATED)
    assert held(bill(line(tax=zero))).key == "tax:Zero 0 zero_rated"
    nothing = LineTax(percent=Decimal(0), amount=Decimal(0))
    assert shaped(bill(line(tax=nothing))).record.lines[0].tax is None


def test_self_assessed_tax_is_never_payable():
    reverse = LineTax(name="RC", percent=Decimal(19), amount=Decimal(19), treatment=TaxTreatment.REVERSE_CHARGE)
    answer = shaped(bill(line(tax=reverse)), Ledger(taxes={"RC 19 reverse_charge": "trc"}))
    assert answer.predicted_total == Decimal("100.00")
    assert answer.record.lines[0].tax.ref.source_id == "trc"


def test_lines_that_are_all_inclusive_stay_inclusive():
    tax = LineTax(name="VAT", percent=Decimal(20), inclusive=True)
    answer = shaped(bill(line(net=None, line_gross_amount=Decimal("100.00"), tax=tax)))
    assert answer.record.amounts_include_tax
    assert answer.record.lines[0].unit_price == Decimal("100.00")
    assert answer.record.tax_total == Decimal("16.67")
    assert answer.predicted_total == Decimal("100.00")


def test_mixed_lines_are_sent_exclusive_and_keep_the_stated_gross():
    inclusive = LineTax(name="VAT", percent=Decimal(20), inclusive=True)
    lines = (line(net=None, line_gross_amount=Decimal("100.00"), tax=inclusive), line("l2", "50.00", tax=VAT))
    answer = shaped(bill(*lines, total="160.00"))
    assert not answer.record.amounts_include_tax
    assert [one.tax.inclusive for one in answer.record.lines] == [False, False]
    assert amounts(answer) == ["83.33", "50.00"]
    assert answer.record.lines[0].line_gross_amount == Decimal("100.00")
    assert answer.predicted_total == Decimal("160.00")


def test_a_cent_of_the_targets_tax_becomes_a_rounding_charge():
    tax = LineTax(name="VAT", percent=Decimal(20), amount=Decimal("0.67"))
    lines = tuple(line(f"l{index}", "3.33", tax=tax) for index in range(3))
    document = bill(*lines, tax_total=Decimal("2.01"), total="12.00")
    assert shaped(document).overrides == {}
    answer = shaped(document, traits=TargetTraits(tax_rounding=TaxRounding.DOCUMENT))
    assert answer.overrides == {"rounding": "0.01"}
    assert [(one.kind, one.amount) for one in answer.record.charges] == [(ChargeKind.ROUNDING, Decimal("0.01"))]
    assert answer.predicted_total == answer.record.total == Decimal("12.00")


def test_the_sources_own_rounding_is_carried_without_an_override():
    answer = shaped(bill(charges=(Charge(kind=ChargeKind.ROUNDING, amount=Decimal("-0.02")),), total="99.98"))
    assert [one.amount for one in answer.record.charges] == [Decimal("-0.02")]
    assert answer.overrides == {}


@pytest.mark.parametrize(("total", "limit", "fits"), [("100.01", 5, True), ("100.02", 5, False), ("100.01", 0, False)])
def test_more_than_the_rounding_limit_is_held(total, limit, fits):
    answer = shape(bill(total=total), Ledger(), Policy(rounding_limit=limit), Probe())
    assert isinstance(answer, Shaped) is fits
    if not fits:
        assert answer.code is HoldCode.TOTALS_DIFFER
        assert f"add up to 100.00 EUR, not to its total {total} EUR" in answer.sentence


@pytest.mark.parametrize(
    ("currency", "total", "fits"), [("JPY", "101", True), ("JPY", "102", False), ("KWD", "100.002", False)]
)
def test_limits_are_minor_units_of_the_documents_currency(currency, total, fits):
    answer = shape(bill(line(net="100"), total=total, currency=currency), Ledger(), Policy(), Probe())
    assert isinstance(answer, Shaped) is fits


def test_a_price_of_eight_decimals_is_kept_where_it_gives_the_amount():
    one = line(net="12.35", quantity=Decimal(1000), unit_price=Decimal("0.01234567"))
    answer = shaped(bill(one, total="12.35"))
    assert (answer.record.lines[0].quantity, answer.record.lines[0].unit_price) == (1000, Decimal("0.01234567"))
    short = shaped(bill(one, total="12.35"), traits=TargetTraits(price_decimals=2))
    assert (short.record.lines[0].quantity, short.record.lines[0].unit_price) == (1, Decimal("12.35"))
    assert "lines.quantity" in [loss.field for loss in short.losses]


def test_lines_of_nothing_are_dropped_and_documents_of_nothing_held():
    assert amounts(shaped(bill(line(), line("l2", "0.00")))) == ["100.00"]
    assert held(bill(line(net="0.00"), total="0.00")).code is HoldCode.ZERO_TOTAL


def test_negative_lines_are_held_only_where_the_target_refuses_them():
    lines = (line(), line("l2", "-30.00"))
    assert amounts(shaped(bill(*lines, total="70.00"))) == ["100.00", "-30.00"]
    other = Ref(record_type=ObjectType.ACCOUNT, code="6200")
    apart = (line(), line("l2", "-30.00").model_copy(update={"account": other}))
    assert held(bill(*apart, total="70.00"), traits=TargetTraits(negative_lines=False)).code is HoldCode.NEGATIVE_LINE


def test_a_negative_line_is_taken_from_one_of_the_same_coding_where_the_target_refuses_it():
    lines = (line(), line("l2", "-30.00"))
    answer = shaped(bill(*lines, total="70.00"), traits=TargetTraits(negative_lines=False))
    assert amounts(answer) == ["70.00"]
    assert answer.predicted_total == Decimal("70.00")
    assert any("below zero" in loss.reason for loss in answer.losses)


def test_no_rate_is_asked_for_where_foreign_documents_carry_none():
    answer = shaped(bill(currency="USD"), traits=TargetTraits(keeps_rate=False))
    assert answer.record.exchange_rate is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"withholding_total": Decimal(10)}, HoldCode.WITHHOLDING),
        ({"bill_number": " "}, HoldCode.NUMBER_MISSING),
        ({"currency": None}, HoldCode.MANDATORY_FIELD),
        ({"issue_date": None}, HoldCode.MANDATORY_FIELD),
        ({"currency": "USD"}, HoldCode.NO_EXCHANGE_RATE),
    ],
)
def test_what_a_bill_waits_for(fields, code):
    assert held(bill(**fields)).code is code


def test_a_missing_vendor_is_waited_for_by_its_id():
    hold = held(bill(), Ledger(vendors={}))
    assert (hold.code, hold.waits, hold.key) == (HoldCode.MISSING_VENDOR, Waits.REFERENCE, "vendor:v1")


def test_a_hold_of_the_lookup_is_handed_on():
    inactive = Hold(HoldCode.VENDOR_INACTIVE, "Bill HP-2209: its vendor is inactive.", Waits.REFERENCE, "vendor:v1")
    assert held(bill(), Ledger(vendors={"v1": inactive})) is inactive


def test_accounts_are_held_when_missing_or_not_postable():
    hold = held(bill(), Ledger(accounts_missing=frozenset({"6000"})))
    assert (hold.code, hold.waits, hold.key) == (HoldCode.ACCOUNT_UNMAPPED, Waits.CONFIG, "account:6000")
    hold = held(bill(), Ledger(accounts_closed=frozenset({"6000"})))
    assert (hold.code, hold.key) == (HoldCode.ACCOUNT_NOT_POSTABLE, "account:6000")
    assert "it is a bank account" in hold.sentence


def test_a_dimension_is_held_only_where_its_kind_is_mapped():
    document = bill(line(dimensions=(OFFICE,)))
    assert [loss.field for loss in shaped(document).losses] == ["lines.dimensions"]
    policy = Policy(maps=Maps(dimensions={"department:Plant": "location:Main"}))
    hold = held(document, policy=policy)
    assert (hold.code, hold.key) == (HoldCode.DIMENSION_UNMAPPED, "dimension:department:Office")
    dropped = shaped(document, Ledger(dimensions={"department:Office": Drop.DROP}), policy)
    assert dropped.record.lines[0].dimensions == ()


def test_a_number_that_is_too_long_is_shortened_and_told():
    number = "HARBOUR-2026-000000000000002209"
    answer = shaped(bill(bill_number=number, memo="Thanks"), traits=TargetTraits(number_max=21))
    assert len(answer.record.bill_number) == 21
    assert answer.record.bill_number.startswith("0000000000002209~")
    assert answer.overrides["number"] == answer.number == number
    assert answer.record.memo == f"Thanks\nFull number: {number}"


def test_shortened_numbers_of_different_documents_differ():
    assert shorten_number("A" * 30 + "0000000000000001", 21) != shorten_number("B" * 30 + "0000000000000001", 21)
    assert len(shorten_number("X" * 50, 10)) == 10


def test_a_made_number_is_marked_as_made():
    answer = shaped(bill(bill_number=None), traits=TargetTraits(number_fallback="OWN-17"))
    assert (answer.record.bill_number, answer.number_made) == ("OWN-17", True)


def test_the_posting_date_is_the_ledger_date_and_the_suppliers_date_is_kept():
    answer = shaped(bill(posting_date=date(2026, 3, 31), due_date=date(2026, 4, 1)))
    assert answer.record.issue_date == date(2026, 3, 31)
    assert answer.record.due_date == date(2026, 4, 1)
    assert answer.overrides == {"issue_date": "2026-03-02"}
    assert answer.issue_date == date(2026, 3, 2)
    assert answer.record.memo == "Supplier's date: 2026-03-02"
    moved = shaped(bill(posting_date=date(2026, 3, 31)), moved_to=date(2026, 4, 1))
    assert moved.record.ledger_date == date(2026, 4, 1)


def test_a_moved_document_says_so():
    answer = shaped(bill(), moved_to=date(2026, 4, 1))
    assert answer.record.issue_date == date(2026, 4, 1)
    assert answer.overrides["moved_to"] == "2026-04-01"


def test_the_ledgers_rate_is_sent():
    answer = shaped(bill(currency="USD"), Ledger(rates={"USD": Decimal("0.91")}))
    assert answer.record.exchange_rate.value == Decimal("0.91")


def test_bill_lines_are_linked_to_order_lines_or_told():
    order_line = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="o1")
    order = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="p1", code="PO-7")
    document = bill(line(purchase_order_line=order_line), purchase_orders=(order,))
    target = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="tpo")
    answer = shaped(document, Ledger(orders={"o1": (target, "tl1"), "PO-7": None}))
    assert answer.record.lines[0].purchase_order_line.source_id == "tl1"
    assert answer.record.purchase_orders[0].source_id == "tpo"
    unlinked = shaped(document)
    assert unlinked.record.lines[0].purchase_order_line is None
    assert unlinked.record.purchase_orders[0].source_id is None
    assert [loss.field for loss in unlinked.losses] == ["lines.purchase_order_line"]


def test_a_line_without_an_id_or_amount_is_held():
    assert held(bill(line(line_id=None))).code is HoldCode.MANDATORY_FIELD
    assert held(bill(line(net=None))).code is HoldCode.MANDATORY_FIELD
    assert held(bill(line(), line(), total="200.00")).code is HoldCode.MANDATORY_FIELD


CARD = Ref(record_type=ObjectType.ACCOUNT, source_id="card-1")


def spent(**fields):
    given = {
        "source": SOURCE, "expense_number": "trx_1", "issue_date": date(2026, 3, 2), "currency": "EUR",
        "total": Decimal("12.50"), "merchant": "Corner Cafe", "paid_through_account": CARD,
        "lines": (line(net="12.50"),),
    }  # fmt: skip
    return Expense(**(given | fields))


def shaped_as(record, **traits):
    return shape(record, Ledger(), Policy(), Probe(base_currency="EUR"), traits=TargetTraits(**traits))


def test_an_expense_is_booked_against_the_account_of_its_card_and_needs_no_vendor():
    made = shaped_as(spent())
    assert isinstance(made, Shaped)
    assert (made.record.paid_through_account.source_id, made.record.vendor) == ("t-card", None)
    assert (made.record.expense_number, made.record.total) == ("trx_1", Decimal("12.50"))
    assert made.record.lines[0].account.source_id == "t-6000"


def test_an_expense_keeps_the_name_of_whoever_was_paid():
    stranger = Ref(record_type=ObjectType.VENDOR, source_id="v9", name="Metro Cabs")
    made = shaped_as(spent(vendor=stranger))
    assert (made.record.vendor.source_id, made.record.vendor.name) == (None, "Metro Cabs")
    assert [loss.field for loss in made.losses] == ["vendor"]


def test_an_expense_of_a_card_that_nobody_mapped_waits():
    other = Ref(record_type=ObjectType.ACCOUNT, source_id="card-2")
    held = shaped_as(spent(paid_through_account=other))
    assert (held.code, held.key) == (HoldCode.MONEY_ACCOUNT_UNMAPPED, "money_account:card-2")
    assert isinstance(shaped_as(spent(paid_through_account=other), money_account=False), Shaped)


def test_money_that_came_back_is_no_spending():
    held = shaped_as(spent(kind="refund"))
    assert held.code is HoldCode.NEGATIVE_LINE
    assert "was given back" in held.sentence


def test_where_lines_have_no_accounts_their_tax_stays_in_them():
    taxed = spent(lines=(line(net="10.00", tax=VAT, account=None),), total=Decimal("12.00"), tax_total=Decimal("2.00"))
    made = shaped_as(taxed, line_accounts=False, money_account=False)
    assert isinstance(made, Shaped)
    assert [(one.line_net_amount, one.account) for one in made.record.lines] == [(Decimal("12.00"), None)]


def test_an_invoice_goes_to_its_customer():
    customer = Ref(record_type=ObjectType.CUSTOMER, source_id="c1", name="Northgate Clinics")
    sold = Invoice(
        source=SOURCE, invoice_number="HC-11", customer=customer, issue_date=date(2026, 3, 2), currency="EUR",
        total=Decimal("100.00"), lines=(line(),),
    )  # fmt: skip
    made = shaped_as(sold, number_max=21)
    assert (made.record.customer.source_id, made.record.invoice_number) == ("tc1", "HC-11")
    unknown = customer.model_copy(update={"source_id": "c2"})
    held = shaped_as(sold.model_copy(update={"customer": unknown}))
    assert (held.code, held.key) == (HoldCode.MISSING_VENDOR, "customer:c2")
    assert "its customer Northgate Clinics is not in the target" in held.sentence
