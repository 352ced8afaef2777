"""Make a seeded company of any size: lists, parties, history, special cases, and ordinary business."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from mlc_sandbox.company import lists
from mlc_sandbox.company.composer import Composer
from mlc_sandbox.company.history import add_history
from mlc_sandbox.company.ledger import LedgerLock, UniqueField
from mlc_sandbox.company.model import Company
from mlc_sandbox.company.ordinary import add_ordinary
from mlc_sandbox.company.parties import make_parties
from mlc_sandbox.company.specials import SPECIALS

SINCE = date(2026, 10, 1)
TODAY = date(2026, 11, 20)
HISTORY_DAYS = 791
LOCKED_DAYS = 3
SHORTEST_DAYS = 35


def make_company(seed: int = 1, records: int = 300, *, since: date = SINCE, today: date = TODAY) -> Company:
    """Make the company of that seed with about ``records`` bills dated on or after ``since``.

    The same arguments give the same company. Special cases come first, the essential ones before the others,
    as long as their bills fit into ``records``; ordinary bills make up the rest. The ledger is locked for the
    first days after ``since``; ordinary bills are dated later.

    Raises:
        ValueError: ``today`` is too soon after ``since``.
    """
    if (today - since).days < SHORTEST_DAYS:
        raise ValueError(f"today must be {SHORTEST_DAYS} days after since, or ordinary bills have no room")
    rng = Random(seed)
    start = since - timedelta(days=HISTORY_DAYS)
    parties = make_parties(rng, history_start=datetime.combine(start, time(8), tzinfo=UTC))
    composer = Composer(
        rng=rng,
        since=since,
        today=today,
        parties=parties,
        currencies={item.code: item for item in lists.make_currencies()},
        taxes={item.key: item for item in lists.make_taxes()},
        terms={item.key: item for item in lists.make_terms()},
        departments={item.key: item for item in lists.make_departments()},
        money_accounts={item.key: item for item in lists.make_money_accounts()},
    )
    large = records >= 100
    add_history(
        composer,
        start=start,
        twins=30 if large else 6,
        other_totals=5 if large else 1,
        missing=5 if large else 1,
    )
    made = 0
    for special, bills in SPECIALS:
        if made + bills <= records:
            special(composer)
            made += bills
    add_ordinary(composer, records - made)
    return _company(composer, seed, records)


def _company(composer: Composer, seed: int, records: int) -> Company:
    lock = composer.since + timedelta(days=LOCKED_DAYS)
    return Company(
        seed=seed,
        records=records,
        since=composer.since,
        today=composer.today,
        name=lists.COMPANY_NAME,
        base_currency="USD",
        ledger_organization_id=lists.ORGANIZATION_ID,
        department_tag_id=lists.DEPARTMENT_TAG_ID,
        locations=lists.make_locations(),
        departments=tuple(composer.departments.values()),
        currencies=tuple(composer.currencies.values()),
        accounts=lists.make_accounts(),
        taxes=tuple(composer.taxes.values()),
        terms=tuple(composer.terms.values()),
        money_accounts=tuple(composer.money_accounts.values()),
        vendors=composer.parties.vendors,
        contacts=composer.parties.contacts,
        orders=tuple(composer.orders.values()),
        bills=tuple(composer.bills.values()),
        payments=tuple(composer.payments.values()),
        ledger_documents=tuple(composer.ledger_documents.values()),
        ledger_payments=tuple(composer.ledger_payments),
        later_bills=tuple(composer.later_bills),
        later_orders=tuple(composer.later_orders),
        later_payments=tuple(composer.later_payments),
        later_vendors=tuple(composer.later_vendors),
        later_locks=tuple(composer.later_locks),
        ledger_locks=(LedgerLock("purchase", lock),),
        unique_fields=tuple(
            UniqueField(entity, "Source Id", lists.UNIQUE_FIELD, lists.ledger_id(93000 + place))
            for place, entity in enumerate(("bill", "purchase_order", "vendor_payment", "contact"), start=1)
        ),
        cases=tuple(composer.cases),
    )


def make_invoicing_company(seed: int = 1, records: int = 300, *, since: date = SINCE, today: date = TODAY) -> Company:
    """The same company, never too small for bills that were typed into the books by hand."""
    return make_company(seed, max(records, 24), since=since, today=today)
