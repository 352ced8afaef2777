"""The difference of a document whose period is closed, as a document of its own (pairings 0.3). Pure.

What changed at the source since both sides were last in step is posted on the first open day, numbered ``-ADJ1``,
``-ADJ2`` after the original: a document of its kind where its source states more, of the opposite kind where less.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from mlc.accounting.keys import allocation_key, ref_code, tax_code
from mlc.accounting.linemoney import ZERO, LineMoney, line_money
from mlc.accounting.naming import money, name_of, number_of
from mlc.accounting.situation import Adjust, Situation
from mlc.records import Bill, Charge, Line, LineTax, ObjectType, PaymentStatus, VendorCredit, round_money

#: Between the id of the original at its source and the number of the adjustment: what an adjustment's record is called.
MARK = "#adj"
_OPPOSITE: dict[type[Bill] | type[VendorCredit], type[Bill] | type[VendorCredit]] = {
    Bill: VendorCredit,
    VendorCredit: Bill,
}
_OWN = frozenset(
    {"external_key", "attachments", "purchase_orders", "payment_group", "withholding_total", "custom_fields"}
)
"""Fields of the original that an adjustment does not share."""


class Unpostable(Exception):
    """Why the difference cannot be a document of its own, as the rest of a sentence; never leaves this package."""


def adjustment(now: Situation, *, voiding: bool = False) -> Adjust:
    """The document that posts what changed since both sides were last in step; of all of it, when ``voiding``.

    Raises: Unpostable.
    """
    base, record = now.base_source, now.record
    if not isinstance(base, Bill | VendorCredit) or not isinstance(record, Bill | VendorCredit):
        raise Unpostable("there is nothing to compare it with")
    if not voiding and (_party(base) != _party(record) or base.currency != record.currency):
        raise Unpostable("its vendor or currency changed, which no difference can say")
    total = (ZERO if voiding else record.total or ZERO) - (base.total or ZERO)
    if total == 0:
        raise Unpostable("its total did not change, so there is nothing to post; recode it in the ledger")
    kind = type(record) if total > 0 else _OPPOSITE[type(record)]
    if ObjectType(kind.object_type) not in now.adjusts_as:
        word = kind.object_type.value.replace("_", " ")
        raise Unpostable(f"its difference would be a {word}, and this pairing writes none")
    day = now.open_day
    if day is None:
        raise Unpostable("no first open day is known")
    order = now.adjusted + 1
    document = _document(kind, base, record, order=order, day=day, sign=1 if total > 0 else -1, voiding=voiding)
    return Adjust(document, order, f"{name_of(document)} over {money(abs(total), record.currency)} on {day}")


def offered(now: Situation, *, voiding: bool = False) -> dict[str, str]:
    """What ``post`` would do, for the person who decides; empty where it can do nothing."""
    try:
        return {"post": f"Posts {adjustment(now, voiding=voiding).told}"}
    except Unpostable:
        return {}


def _document(
    kind: type[Bill] | type[VendorCredit],
    base: Bill | VendorCredit,
    record: Bill | VendorCredit,
    *,
    order: int,
    day: date,
    sign: int,
    voiding: bool,
) -> Bill | VendorCredit:
    number = number_of(base) or base.number_fallback or base.source.source_id
    lines = _lines(base, None if voiding else record, sign)
    now_charges = () if voiding else record.charges
    kept = {name: getattr(base, name) for name in base.model_fields_set - _OWN}
    why = "it is void at its source" if voiding else "it changed after its period was closed"
    changed = {
        "source": record.source.model_copy(update={"source_id": f"{record.source.source_id}{MARK}{order}"}),
        "bill_number": f"{number}-ADJ{order}",
        "number_fallback": None,
        "issue_date": day,
        "posting_date": None,
        "due_date": max(day, record.due_date or day),
        "amounts_include_tax": False,
        "lines": lines,
        "charges": _charges(base.charges, now_charges, sign, base.currency),
        "subtotal": None,
        "tax_total": None
        if base.tax_total is None
        else _times(sign, base.tax_total, _stated(record.tax_total, voiding)),
        "total": _times(sign, base.total or ZERO, _stated(record.total, voiding)),
        "memo": f"Difference to {number} of {base.ledger_date}: {why}.",
        "amount_paid": None,
        "credit_applied": None,
        "balance": None,
        # Where something of it is paid already, a person says whether this is still to be paid (R27).
        "payment_status": PaymentStatus.PARTIAL if record.amount_paid else PaymentStatus.UNPAID,
    }
    return kind(**kept | changed)


def _stated(amount: Decimal | None, voiding: bool) -> Decimal:
    return ZERO if voiding or amount is None else amount


def _times(sign: int, before: Decimal, after: Decimal) -> Decimal:
    return sign * (after - before)


def _lines(base: Bill | VendorCredit, record: Bill | VendorCredit | None, sign: int) -> tuple[Line, ...]:
    """One line per line that changed: its difference, or where its coding changed, back what was and forth what is."""
    was = {_key(line): (line, _money(line, base)) for line in base.lines}
    is_now = {_key(line): (line, _money(line, record)) for line in record.lines} if record is not None else {}
    found: list[Line] = []
    for key in dict.fromkeys((*was, *is_now)):
        old, new = was.get(key), is_now.get(key)
        if old is not None and new is not None and _coding(old[0]) == _coding(new[0]) and not new[0].allocations[1:]:
            found += _line(new[0], key, _difference(old[1], new[1]), sign)
            continue
        if old is not None and new is not None and _same(old, new):
            continue
        if old is not None:
            found += _line(old[0], f"{key}:was", old[1], -sign)
        if new is not None:
            found += _line(new[0], f"{key}:is", new[1], sign)
    return tuple(found)


def _line(line: Line, key: str, amounts: LineMoney, sign: int) -> list[Line]:
    if not amounts.net and not amounts.gross:
        return []
    tax = None if line.tax is None else _tax(line.tax, amounts, sign)
    values = {
        "line_id": None,
        "key": key,
        "quantity": None,
        "unit_price": None,
        "discount": None,
        "line_net_amount": sign * amounts.net,
        "line_gross_amount": sign * amounts.gross,
        "tax": tax,
        "allocations": _shares(line, sign, amounts),
        "purchase_order": None,
        "purchase_order_line": None,
    }
    return [line.model_copy(update=values)]


def _shares(line: Line, sign: int, amounts: LineMoney) -> tuple[object, ...]:
    """A single share is the whole line; several keep their ratio."""
    if len(line.allocations) == 1:
        return (line.allocations[0].model_copy(update={"amount": sign * amounts.net}),)
    return tuple(share.model_copy(update={"amount": sign * share.amount}) for share in line.allocations)


def _tax(tax: LineTax, amounts: LineMoney, sign: int) -> LineTax:
    stated = None if tax.amount is None and not amounts.tax else sign * amounts.tax
    return tax.model_copy(update={"amount": stated, "inclusive": amounts.inclusive})


def _difference(was: LineMoney, now: LineMoney) -> LineMoney:
    return LineMoney(now.net - was.net, now.tax - was.tax, now.gross - was.gross, now.inclusive)


def _same(old: tuple[Line, LineMoney], new: tuple[Line, LineMoney]) -> bool:
    shares = [[share.amount for share in line.allocations] for line, _ in (old, new)]
    return old[1] == new[1] and _coding(old[0]) == _coding(new[0]) and shares[0] == shares[1]


def _money(line: Line, document: Bill | VendorCredit) -> LineMoney:
    found = line_money(line, document.currency, prices_include_tax=document.amounts_include_tax)
    if found is None:
        raise Unpostable("its source states no amount for one of its lines")
    return found


def _key(line: Line) -> str:
    key = line.key or line.line_id
    if key is None:
        raise Unpostable("its source gives its lines no ids")
    return key


def _coding(line: Line) -> tuple[object, ...]:
    shares = sorted(allocation_key(share.account, share.dimensions) for share in line.allocations)
    tax = None if line.tax is None else (tax_code(line.tax), line.tax.percent, line.tax.inclusive)
    return (allocation_key(line.account, line.dimensions), tuple(shares), tax)


def _charges(was: Sequence[Charge], now: Iterable[Charge], sign: int, currency: str | None) -> tuple[Charge, ...]:
    """What each kind of charge differs in; charges that say the same are one."""
    amounts: dict[object, tuple[Charge, Decimal]] = {}
    for charges, weight in ((was, -sign), (now, sign)):
        for charge in charges:
            tax = "" if charge.tax is None else tax_code(charge.tax)
            name = (charge.kind, charge.description, allocation_key(charge.account, charge.dimensions), tax)
            before = amounts.get(name, (charge, ZERO))[1]
            amounts[name] = (charge, before + weight * charge.amount)
    return tuple(
        charge.model_copy(update={"amount": amount, "percent": None, "tax": _charge_tax(charge, amount, currency)})
        for charge, amount in amounts.values()
        if amount
    )


def _charge_tax(charge: Charge, amount: Decimal, currency: str | None) -> LineTax | None:
    """A stated tax amount follows the charge's."""
    tax = charge.tax
    if tax is None or tax.amount is None or not charge.amount:
        return tax
    return tax.model_copy(update={"amount": round_money(tax.amount * amount / charge.amount, currency)})


def _party(document: Bill | VendorCredit) -> str | None:
    vendor = document.vendor
    return None if vendor is None else vendor.source_id or ref_code(vendor)
