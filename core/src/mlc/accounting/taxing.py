"""Purchase tax in the target: a code per line, folded into the lines, or a line per tax (pairings 0.4)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from mlc.accounting.drafts import Draft, spread
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.keys import tax_code
from mlc.accounting.linemoney import ZERO, percent_of, tax_inside
from mlc.accounting.lookups import Fold
from mlc.accounting.naming import money
from mlc.accounting.shapes import Held, Shaping, TaxRounding
from mlc.recipes import PurchaseTax
from mlc.records import Charge, ChargeKind, Line, LineTax, TaxTreatment

_UNTAXED = frozenset(
    {TaxTreatment.ZERO_RATED, TaxTreatment.EXEMPT, TaxTreatment.OUT_OF_SCOPE, TaxTreatment.REVERSE_CHARGE}
)


def tax_mode(work: Shaping) -> PurchaseTax:
    """``auto`` folds where this tenant cannot recover purchase tax; so does whoever keeps no accounts of lines."""
    if not work.traits.line_accounts:
        return PurchaseTax.FOLD
    if work.policy.purchase_tax is not PurchaseTax.AUTO:
        return work.policy.purchase_tax
    return PurchaseTax.CODE if work.probe.tax_recoverable else PurchaseTax.FOLD


def apply_tax(work: Shaping, drafts: Sequence[Draft], header: Sequence[Charge]) -> list[Draft]:
    """The lines as they are taxed in the target. ``header``: tax that the source states for the whole document.

    Afterwards a draft's ``tax`` is what it adds to the document in the target, and ``tax_line`` what it is sent with.
    """
    mode = tax_mode(work)
    if mode is PurchaseTax.FOLD:
        return _folded(work, drafts, header)
    if mode is PurchaseTax.LINE:
        return _own_lines(work, drafts, header)
    return _coded(work, drafts, header)


def prices_include_tax(drafts: Sequence[Draft]) -> bool:
    """True when every taxed line is stated with its tax inside; mixed documents are sent exclusive."""
    taxed = [draft for draft in drafts if draft.tax_line is not None]
    return bool(taxed) and all(draft.inclusive for draft in taxed)


def target_tax(drafts: Sequence[Draft], currency: str | None, *, inclusive: bool, rounding: TaxRounding) -> Decimal:
    """The tax that the target will compute from the lines as they are sent."""
    if rounding is TaxRounding.LINE or inclusive:
        return sum((_line_tax(draft, currency, inclusive=inclusive) for draft in drafts), ZERO)
    total = ZERO
    bases: dict[tuple[str | None, Decimal], Decimal] = {}
    for draft in drafts:
        tax = draft.tax_line
        if tax is None or tax.percent is None or tax.treatment in _UNTAXED:
            total += _line_tax(draft, currency, inclusive=False)
            continue
        group = (None if tax.ref is None else tax.ref.source_id, tax.percent)
        bases[group] = bases.get(group, ZERO) + draft.net
    return total + sum((percent_of(base, percent, currency) for (_, percent), base in bases.items()), ZERO)


def says_tax(tax: LineTax | None) -> bool:
    """A tax of 0 without name, code or treatment says nothing."""
    if tax is None:
        return False
    return bool(tax.ref or tax.name or tax.treatment or tax.percent or tax.amount)


def _line_tax(draft: Draft, currency: str | None, *, inclusive: bool) -> Decimal:
    tax = draft.tax_line
    if tax is None or tax.treatment in _UNTAXED:
        return ZERO
    if tax.percent is None:
        return draft.tax
    return tax_inside(draft.gross, tax.percent, currency) if inclusive else percent_of(draft.net, tax.percent, currency)


def _folded(work: Shaping, drafts: Sequence[Draft], header: Sequence[Charge]) -> list[Draft]:
    """Not recoverable: the tax is part of what was bought. A line's own tax stays in it, the document's is spread."""
    spread_out = spread(work, drafts, sum((charge.amount for charge in header), ZERO), to_tax=True)
    return [replace(draft, net=draft.gross, tax=ZERO, inclusive=False) for draft in spread_out]


def _own_lines(work: Shaping, drafts: Sequence[Draft], header: Sequence[Charge]) -> list[Draft]:
    """A line per tax code, on its input-tax account; the other lines are net."""
    groups: dict[str, tuple[LineTax, Decimal]] = {}
    for draft in drafts:
        if draft.tax != 0:
            tax = draft.source_tax or LineTax()
            groups[tax_code(tax)] = (tax, groups.get(tax_code(tax), (tax, ZERO))[1] + draft.tax)
    for charge in header:
        tax = _header_tax(charge)
        groups[tax_code(tax)] = (tax, groups.get(tax_code(tax), (tax, ZERO))[1] + charge.amount)
    lines = [replace(draft, tax=ZERO, gross=draft.net, inclusive=False) for draft in drafts]
    for code, (tax, amount) in groups.items():
        charge = Charge(kind=ChargeKind.TAX, amount=amount, description=code or None, tax=tax)
        account = work.refs.charge_account(charge)
        if isinstance(account, Hold):
            raise Held(account)
        if account is None:
            _unmapped(work, code, amount)
            continue
        name = f"Tax {code}".strip()
        line = Line(name=name, description=name)
        key = f"tax:{code}"
        lines.append(Draft(key=key, line=line, net=amount, tax=ZERO, gross=amount, account=account, charge=charge))
    return lines


def _coded(work: Shaping, drafts: Sequence[Draft], header: Sequence[Charge]) -> list[Draft]:
    """A tax code per line, looked up as the source states it."""
    coded = list(drafts)
    for charge in header:
        coded = _taxed_by_header(work, coded, charge)
    return [_code_of(work, draft) for draft in coded]


def _taxed_by_header(work: Shaping, drafts: Sequence[Draft], charge: Charge) -> list[Draft]:
    """The document's tax as the code of the lines that have none; a line keeps its own."""
    tax = _header_tax(charge)
    unstated = [draft for draft in drafts if _names_tax_without_amount(draft)]
    if unstated and not says_tax(tax):
        shared = {draft.key: draft for draft in spread(work, unstated, charge.amount, to_tax=True)}
        return [shared.get(draft.key, draft) for draft in drafts]
    bare = [draft for draft in drafts if not says_tax(draft.source_tax) and draft.charge is None]
    known = bool(bare) and says_tax(tax) and work.refs.tax(tax, work.document.entity) is not None
    if not known:
        _unmapped(work, tax_code(tax), charge.amount)
        return list(drafts)
    keys = {draft.key for draft in bare}
    taxed = {draft.key: draft for draft in spread(work, bare, charge.amount, to_tax=True)}
    stated = tax.model_copy(update={"amount": None})
    return [replace(taxed[draft.key], source_tax=stated) if draft.key in keys else draft for draft in drafts]


def _code_of(work: Shaping, draft: Draft) -> Draft:
    tax = draft.source_tax
    if tax is None or not says_tax(tax):
        return replace(draft, inclusive=False, net=draft.gross, tax=ZERO)
    found = work.refs.tax(tax, work.document.entity)
    if isinstance(found, Hold):
        raise Held(found)
    if isinstance(found, Fold):
        return replace(draft, net=draft.gross, tax=ZERO, inclusive=False)
    if found is not None:
        coded = {"ref": found, "amount": draft.tax, "inclusive": draft.inclusive}
        return replace(draft, tax_line=tax.model_copy(update=coded))
    if draft.inclusive:
        _unmapped(work, tax_code(tax), draft.tax, inside=True)
        return replace(draft, net=draft.gross, tax=ZERO, inclusive=False)
    _unmapped(work, tax_code(tax), draft.tax)
    return replace(draft, gross=draft.net, tax=ZERO)


def _names_tax_without_amount(draft: Draft) -> bool:
    tax = draft.source_tax
    if tax is None or tax.treatment in _UNTAXED:
        return False
    return says_tax(tax) and tax.percent is None and tax.amount is None


def _header_tax(charge: Charge) -> LineTax:
    if charge.tax is not None:
        return charge.tax
    return LineTax(name=charge.description, percent=charge.percent)


def _unmapped(work: Shaping, code: str, amount: Decimal, *, inside: bool = False) -> None:
    """A bill waits for the map; an order does not post, so there it is a loss."""
    named = code or "without a name"
    if not work.is_order:
        why = f"its tax {named} is not mapped to a tax of the target"
        raise work.held(HoldCode.TAX_UNMAPPED, why, waits=Waits.CONFIG, key=f"tax:{code}", tax=code)
    if amount == 0:
        work.lose("tax", f"the tax {named} is not mapped")
        return
    place = "stays inside the prices" if inside else "is left out of the order"
    work.lose("tax", f"the tax {named} is not mapped; {money(amount, work.currency)} of it {place}")
