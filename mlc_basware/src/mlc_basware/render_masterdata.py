"""Accounts, dimensions, tax codes, payment terms and exchange rates as requests. Pure.

Vendor doc: P2P OpenAPI 26.06; names are lists of ``{language, translation}``, en-US always among them.
"""

from datetime import date

from mlc import Binding, Loss, Operation, RenderContext, Rendered, RenderedPart
from mlc.records import Account, Dimension, ExchangeRate, PaymentTerm, TaxRate

from mlc_basware.codes import code_of, shortened
from mlc_basware.entities import ACCOUNTS, EXCHANGE_RATES, PAYMENT_TERMS, TAX_CODES, place_of
from mlc_basware.openrecords import company_entries
from mlc_basware.render_parts import business_code, external_code, losses_of, master, names, refuse, touched
from mlc_basware.settings import BaswareSettings, prefix_of
from mlc_basware.wire import Body, Json, encode

FOREVER = date(2099, 12, 31)
BEGINNING = date(2000, 1, 1)
#: ``listContent`` is of no use in P2P: another value makes it look again.
CONTENTS = 10


def account(record: Account, binding: Binding | None, context: RenderContext, settings: BaswareSettings) -> Rendered:
    code = _kept(binding) or business_code(record.code, context, 25)
    own: Body = {
        "externalCode": external_code(settings, context, binding),
        "accountCode": code,
        "accountNames": names(settings, context, record.name),
    }
    return master(ACCOUNTS, settings, context, own, active=record.active)


def dimension(
    record: Dimension, binding: Binding | None, context: RenderContext, settings: BaswareSettings
) -> Rendered:
    place = place_of(settings, record.kind, record.set_name or record.set_id)
    if place is None:
        raise refuse(
            record, "kind", f"No list of Basware's is set for the dimension {record.kind}: add it to dimensions."
        )
    resource = place.resource
    bound = _kept(binding)
    code = (
        bound.removeprefix(resource.prefix)
        if bound and bound.startswith(resource.prefix)
        else business_code(record.code, context, 25)
    )
    own: Body = {
        "externalCode": external_code(settings, context, binding, kind=record.kind.value[:4]),
        resource.id: code,
    }
    losses: list[Loss] = []
    if resource.path == "costCenters":
        own["costCenterNames"] = names(settings, context, record.name)
    elif resource.path == "projects":
        own |= {"projectName": record.name[:100], "validFrom": BEGINNING, "validUntil": FOREVER}
        if context.refusals:
            own["description"] = touched(record.name, context)[:500]
    else:
        own[settings.list_name_column] = shortened(record.name, 50)
        if context.refusals:
            own["listContent"] = f"Dimension{(context.refusals - 1) % CONTENTS + 1}"
    if record.parent is not None:
        losses.append(Loss("parent", "Basware's lists have no levels"))
    return master(resource, settings, context, own, active=record.active, action=resource.path, losses=tuple(losses))


def tax_rate(record: TaxRate, binding: Binding | None, context: RenderContext, settings: BaswareSettings) -> Rendered:
    own: Body = {
        "externalCode": external_code(settings, context, binding),
        "taxCode": _kept(binding) or business_code(record.code or record.name, context, 25),
        "taxCodeNames": names(settings, context, record.name),
        "taxPercentage": record.rate,
    }
    losses = losses_of(
        record, {"treatment": "tax codes have no treatment", "compound": "taxes are never compound"}, context
    )
    return master(
        TAX_CODES,
        settings,
        context,
        own,
        active=record.active,
        losses=tuple(one for one in losses if one.field == "treatment" or record.compound),
    )


def payment_term(
    record: PaymentTerm, binding: Binding | None, context: RenderContext, settings: BaswareSettings
) -> Rendered:
    own: Body = {
        "externalCode": external_code(settings, context, binding),
        "paymentTermCode": _kept(binding) or term_code(record.code, record.days) or business_code(None, context, 25),
        "paymentTermNames": names(settings, context, record.name),
        "validFrom": BEGINNING,
        "validTo": FOREVER,
    }
    if record.days is not None:
        own |= {"dueDateCalc": 0, "dueDateDays": record.days}
    return master(PAYMENT_TERMS, settings, context, own, active=record.active)


def exchange_rate(
    record: ExchangeRate, binding: Binding | None, context: RenderContext, settings: BaswareSettings
) -> Rendered:
    """``rate``: from amount times rate is the to amount. From + to + day make its code, so that a day has one rate."""
    pair = f"{record.from_currency}{record.to_currency}-{record.valid_from:%Y%m%d}"
    # Seconds after midnight make Basware look again after a refusal; the day stays the same.
    moment = f"{record.valid_from.isoformat()}T00:00:{min(context.refusals, 59):02d}Z"
    active = record.active and context.operation is not Operation.VOID
    companies: list[Json] = list(company_entries(EXCHANGE_RATES, settings.company_codes, active=active, inherits=False))
    body: Body = {
        "externalCode": _kept(binding) or code_of(prefix_of(settings), pair),
        "currencyCodeFrom": record.from_currency,
        "currencyCodeTo": record.to_currency,
        "rate": record.rate,
        "validFrom": moment,
        "companies": companies,
    }
    return Rendered((RenderedPart("main", context.operation, encode(body)),))


def term_code(code: str | None, days: int | None) -> str | None:
    """``NET30``, or the term's own code; None where nothing is known."""
    if code:
        return shortened(code, 25)
    return None if days is None else f"NET{days}"


def _kept(binding: Binding | None) -> str | None:
    """Codes are frozen: what is bound keeps its own."""
    return None if binding is None else binding.main.external_id
