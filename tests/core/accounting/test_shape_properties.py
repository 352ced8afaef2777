"""Whatever the document: what is sent adds up to what the source states, or it is held."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from mlc.accounting.holdcodes import Hold
from mlc.accounting.linemoney import exact_split, price_for, split_quantity
from mlc.accounting.lookups import Found
from mlc.accounting.shape import Shaped, TargetTraits, TaxRounding, shape
from mlc.recipes import Policy, PurchaseTax
from mlc.records import (
    Allocation,
    Bill,
    Charge,
    ChargeKind,
    Line,
    LineTax,
    ObjectType,
    PurchaseOrder,
    Ref,
    SourceMeta,
    VendorCredit,
    exponent,
    minor_unit,
    round_money,
)
from mlc.tenants import Probe

ZERO = Decimal(0)


class Everything:
    """Knows every reference."""

    def vendor(self, ref):
        return ref

    def vendor_in(self, ref, currency):
        return None

    def account(self, ref, dimensions):
        return Found(ref or Ref(record_type=ObjectType.ACCOUNT, source_id="default"))

    def tax(self, tax, entity):
        return Ref(record_type=ObjectType.TAX_RATE, source_id=f"{tax.name}-{tax.percent}")

    def dimension(self, value):
        return value

    def charge_account(self, charge):
        return Ref(record_type=ObjectType.ACCOUNT, source_id="charges")

    def purchase_order(self, ref):
        return None

    def po_line(self, line, allocation):
        return None

    def rate(self, currency, on):
        return None


@st.composite
def documents(draw, models=(Bill, VendorCredit, PurchaseOrder)):
    """A document whose own figures agree: per line, as its source rounds."""
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    places = exponent(currency)
    amount = st.integers(1, 5_000_000).map(lambda number: Decimal(number).scaleb(-places))
    lines, total, tax_total = [], ZERO, ZERO
    for index in range(draw(st.integers(1, 5))):
        stated, rate, inclusive = draw(amount), draw(st.sampled_from([None, 0, 5, "7.7", 20])), draw(st.booleans())
        tax = None
        net = gross = stated
        if rate is not None:
            percent = Decimal(rate)
            if inclusive:
                net = round_money(gross * 100 / (100 + percent), currency)
            else:
                gross = net + round_money(net * percent / 100, currency)
            tax = LineTax(name=f"T{rate}", percent=percent, inclusive=inclusive, amount=gross - net)
        quantity = draw(st.none() | st.decimals("0.01", 999, places=3))
        shares = draw(st.lists(st.integers(0, 100), max_size=4))
        allocations = ()
        if sum(shares):
            parts = exact_split(net, [Decimal(share) for share in shares], currency)
            allocations = tuple(
                Allocation(amount=part, account=Ref(record_type=ObjectType.ACCOUNT, code=f"a{place}"))
                for place, part in enumerate(parts)
            )
        price = None if quantity is None else (stated / quantity).quantize(Decimal("0.00000001"))
        lines.append(
            Line(
                line_id=f"l{index}",
                quantity=quantity,
                unit_price=price,
                line_net_amount=net,
                line_gross_amount=gross,
                tax=tax,
                allocations=allocations,
            )
        )
        total, tax_total = total + gross, tax_total + gross - net
    charges = []
    if draw(st.booleans()):
        charges.append(Charge(kind=ChargeKind.SHIPPING, amount=draw(amount)))
    if draw(st.booleans()):
        charges.append(Charge(kind=ChargeKind.ROUNDING, amount=minor_unit(currency) * draw(st.integers(-2, 2))))
    model = draw(st.sampled_from(models))
    if model is PurchaseOrder and draw(st.booleans()):
        charges.append(Charge(kind=ChargeKind.DISCOUNT, amount=-round_money(total / 10, currency)))
    total += sum((charge.amount for charge in charges), ZERO)
    number = {"po_number": "P1"} if model is PurchaseOrder else {"bill_number": "B1"}
    return model(
        source=SourceMeta(system="west", source_id="1"),
        vendor=Ref(record_type=ObjectType.VENDOR, source_id="v"),
        currency=currency,
        issue_date=date(2026, 3, 1),
        lines=tuple(lines),
        charges=tuple(charges),
        tax_total=tax_total,
        total=total + minor_unit(currency) * draw(st.integers(-1, 1)),
        **number,
    )


def sent_total(record):
    """Lines, tax and charges of what is sent, added up independently of the code under test."""
    lines = [line.line_gross_amount if record.amounts_include_tax else line.line_net_amount for line in record.lines]
    tax = ZERO if record.amounts_include_tax else record.tax_total
    return sum(lines, ZERO) + tax + sum((charge.amount for charge in record.charges), ZERO)


@settings(max_examples=150, deadline=None)
@given(documents(), st.sampled_from(list(PurchaseTax)), st.sampled_from(list(TaxRounding)), st.booleans())
def test_lines_tax_and_rounding_add_up_to_the_stated_total(document, purchase_tax, tax_rounding, recoverable):
    policy, probe = Policy(purchase_tax=purchase_tax), Probe(tax_recoverable=recoverable)
    traits = TargetTraits(tax_rounding=tax_rounding, order_rounding=True)
    answer = shape(document, Everything(), policy, probe, traits=traits)
    if isinstance(answer, Hold):
        assert answer.sentence.endswith(".")
        return
    assert answer.predicted_total == answer.record.total == document.total
    assert sent_total(answer.record) == document.total
    rounding = sum((charge.amount for charge in answer.record.charges if charge.kind is ChargeKind.ROUNDING), ZERO)
    assert abs(rounding) <= 5 * minor_unit(document.currency)
    keys = [line.key for line in answer.record.lines]
    assert len(keys) == len(set(keys))
    for line in answer.record.lines:
        shown = line.line_gross_amount if answer.record.amounts_include_tax else line.line_net_amount
        assert round_money(line.quantity * line.unit_price, document.currency) == shown


@settings(max_examples=60, deadline=None)
@given(documents(models=(Bill,)))
def test_shaping_twice_gives_the_same(document):
    assert shape(document, Everything(), Policy(), Probe()) == shape(document, Everything(), Policy(), Probe())


@settings(max_examples=60, deadline=None)
@given(documents(models=(Bill,)))
def test_folding_keeps_every_line_of_a_consistent_document_shaped(document):
    consistent = document.model_copy(
        update={"total": sum((line.line_gross_amount for line in document.lines), ZERO), "charges": ()}
    )
    answer = shape(consistent, Everything(), Policy(purchase_tax=PurchaseTax.FOLD), Probe())
    assert isinstance(answer, Shaped)
    assert answer.overrides == {}
    assert answer.record.charges == ()


@given(
    st.integers(-10_000_000, 10_000_000),
    st.lists(st.integers(-1000, 1000).map(Decimal), min_size=1, max_size=8),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_splits_add_up(number, weights, currency):
    amount = Decimal(number).scaleb(-exponent(currency))
    parts = exact_split(amount, weights, currency)
    assert sum(parts, ZERO) == amount
    assert all(part == round_money(part, currency) for part in parts)


@given(st.decimals("0.00001", 100000, places=5), st.lists(st.integers(1, 10**6).map(Decimal), min_size=1, max_size=6))
def test_split_quantities_add_up(quantity, shares):
    parts = split_quantity(quantity, shares)
    assert sum(parts, ZERO) == quantity
    assert all(part >= 0 for part in parts)


@given(st.decimals("-99999", 99999, places=2), st.none() | st.decimals("0.001", 99999, places=5))
def test_a_price_times_its_quantity_is_the_amount(amount, quantity):
    pieces, price = price_for(amount, quantity, None, "EUR", decimals=8)
    assert round_money(pieces * price, "EUR") == amount
