"""Is what the target shows the write we are looking for? Pure comparisons for settling (R3, R7, R20)."""

from dataclasses import replace
from datetime import datetime, timedelta

from mlc.accounting.decide import compare_posted
from mlc.accounting.invoices import changed_in
from mlc.accounting.listrows import code_of, is_same_entry, shows_change
from mlc.accounting.reversing import is_done
from mlc.accounting.twins import number_key
from mlc.clock import stamp
from mlc.contract import FindKey, Operation, Strategy
from mlc.engine import registers as register
from mlc.engine.intents import IMAGE_PART, MARK_PART, Intent
from mlc.records import (
    Account,
    Bill,
    Contact,
    Customer,
    Dimension,
    DocumentReport,
    DocumentStatus,
    ExchangeRate,
    Expense,
    Invoice,
    JournalEntry,
    Line,
    ListEntry,
    MoneyDocument,
    OrderStatus,
    Party,
    Payment,
    PaymentTerm,
    PurchaseOrder,
    Record,
    ReportKind,
    TaxRate,
    Vendor,
    VendorCredit,
    load_record,
)

#: A create that was sent twice is looked up once more so long after it was confirmed (R3).
LATER = timedelta(minutes=10)


def find_key(intent: Intent) -> FindKey:
    """What to look an uncertain create up by: our unique field, else the natural key of what was sent."""
    sent = intent.rendered
    common = FindKey(record_key=intent.record_key, use_unique_field=intent.strategy is Strategy.UNIQUE_FIELD)
    match sent:
        case Bill() | VendorCredit() | PurchaseOrder() | Invoice():
            row = register.describe(sent)
            return FindKey(
                record_key=common.record_key,
                use_unique_field=common.use_unique_field,
                number=row["number"],
                party_id=row["party"],
                currency=row["currency"],
                amount=row["total"],
                on=sent.issue_date,
            )
        case Expense():
            row = register.describe(sent)
            return FindKey(
                record_key=common.record_key,
                use_unique_field=common.use_unique_field,
                currency=row["currency"],
                amount=row["total"],
                on=sent.issue_date,
                reference=sent.expense_number,
            )
        case Payment():
            return FindKey(
                record_key=common.record_key,
                use_unique_field=common.use_unique_field,
                party_id=sent.party.source_id if sent.party else None,
                currency=sent.currency,
                amount=register.amount_text(sent.amount),
                on=sent.payment_date,
                reference=sent.reference,
            )
        case JournalEntry():
            return FindKey(
                record_key=common.record_key,
                use_unique_field=common.use_unique_field,
                number=sent.entry_number,
                currency=sent.currency,
                on=sent.posting_date,
            )
        case Contact():
            return FindKey(
                record_key=common.record_key,
                use_unique_field=common.use_unique_field,
                party_id=sent.customer.source_id if sent.customer else None,
                reference=sent.email,
                name=sent.name,
            )
        case Account() | Dimension() | TaxRate() | PaymentTerm():
            kind = sent.kind.value if isinstance(sent, Dimension) else None
            return replace(common, number=sent.code, name=sent.name, kind=kind)
        case ExchangeRate():
            return replace(
                common,
                number=code_of(sent),
                currency=sent.from_currency,
                reference=sent.to_currency,
                on=sent.valid_from,
            )
        case DocumentReport():
            return FindKey(record_key=common.record_key, external_id=sent.document.source_id, reference=sent.kind.value)
        case Party():
            return FindKey(record_key=common.record_key, use_unique_field=common.use_unique_field, name=sent.name)
    return common


def names_key(seen: Record, record_key: str) -> bool | None:
    """Whether what was seen carries our key of a record, whole or its last part; None when it carries no key at all."""
    if isinstance(seen, DocumentReport):  # a taking has no code: that the document shows it is enough
        return seen.kind is ReportKind.TAKEN or seen.report_code == record_key
    key = seen.external_code if isinstance(seen, Vendor | Customer | Contact) else getattr(seen, "external_key", None)
    if not key:
        return None
    return key == record_key or (isinstance(seen, Party | Contact) and record_key.endswith(f":{key}"))


def is_exact(sent: Record, seen: Record) -> bool:
    """The same document or party, by everything that identifies it (R20)."""
    match sent, seen:
        case (Payment(), Payment()):
            return (
                register.amount_text(sent.amount) == register.amount_text(seen.amount)
                and sent.payment_date == seen.payment_date
                and _same_reference(sent, seen)
            )
        case (Contact(), Contact()):
            same = (sent.customer and sent.customer.source_id) == (seen.customer and seen.customer.source_id)
            mailbox = register.mailbox_key(sent.email)
            if mailbox is None:
                return same and register.name_key(sent.name or "") == register.name_key(seen.name or "")
            return same and mailbox == register.mailbox_key(seen.email)
        case (
            Account() | Dimension() | TaxRate() | PaymentTerm() | ExchangeRate(),
            Account() | Dimension() | TaxRate() | PaymentTerm() | ExchangeRate(),
        ):
            return is_same_entry(sent, seen)
        case (Party(), Party()):
            return register.name_key(sent.name) == register.name_key(seen.name)
    ours, theirs = register.describe(sent), register.describe(seen)
    same_number = bool(ours["number"]) and number_key(ours["number"]) == number_key(theirs["number"] or "")
    facts = ("party", "currency", "total", "issue_date")
    return same_number and bool(theirs["live"]) and all(ours[name] == theirs[name] for name in facts)


def _same_reference(sent: Payment, seen: Payment) -> bool:
    """A target that keeps no reference shows none: there the documents it settles say whose payment it is."""
    if seen.reference is not None or not sent.reference:
        return (sent.reference or "") == (seen.reference or "")
    return _settled(sent) == _settled(seen) != set()


def _settled(payment: Payment) -> set[tuple[str | None, str | None]]:
    """Each document with its amount."""
    return {
        (part.document.source_id, register.amount_text(part.amount))
        for part in payment.allocations
        if part.document is not None
    }


def is_applied(intent: Intent, seen: Record) -> bool:
    """Does the target show what this change was to bring about?"""
    status = getattr(seen, "status", None)
    if intent.part == IMAGE_PART:
        return bool(getattr(seen, "attachments", ()))
    if intent.part == MARK_PART:
        return isinstance(intent.rendered, Bill) and isinstance(seen, Bill) and marks_stand(intent.rendered, seen)
    if isinstance(intent.rendered, Payment) and isinstance(seen, Payment):
        return is_done(intent.rendered, seen)
    if intent.operation is Operation.VOID:
        return status in (DocumentStatus.VOID, OrderStatus.CANCELLED)
    if intent.is_step:
        return status not in (None, DocumentStatus.DRAFT, OrderStatus.DRAFT, OrderStatus.UNKNOWN)
    if intent.rendered is None:
        return False
    if isinstance(intent.rendered, Party | Contact):
        return False
    if isinstance(intent.rendered, ListEntry) and isinstance(seen, ListEntry):
        return shows_change(intent.rendered, seen)
    if isinstance(intent.rendered, Invoice) and isinstance(seen, Invoice):
        return not changed_in(intent.rendered, seen)
    sent = intent.rendered
    same_text = all(
        getattr(sent, name, None) == getattr(seen, name, None)
        for name in ("memo", "due_date", "delivery_date")
        if sent.known(name) and seen.known(name)
    )
    return same_text and not compare_posted(sent, seen) and _show_lines(sent, seen)


def _show_lines(sent: Record, seen: Record) -> bool:
    """Whether every line shows what was sent: its amounts, its words, and where it is posted. What is taken for absent
    though it arrived is sent again, and does nothing; the other way round a change would be lost."""
    if not isinstance(sent, MoneyDocument) or not isinstance(seen, MoneyDocument) or not seen.known("lines"):
        return True
    if len(sent.lines) != len(seen.lines):
        return True  # compared already; charges may have become lines
    return all(_shows_line(ours, theirs) for ours, theirs in zip(sent.lines, seen.lines, strict=True))


def _shows_line(ours: Line, theirs: Line) -> bool:
    said = [
        (getattr(ours, name), getattr(theirs, name))
        for name in ("quantity", "unit_price", "line_net_amount", "description")
        if ours.known(name) and theirs.known(name)
    ]
    if any(sent is not None and shown is not None and sent != shown for sent, shown in said):
        return False
    account, other = ours.account, theirs.account
    if account is None or other is None:
        return True
    return account.source_id == other.source_id or (account.code is not None and account.code == other.code)


def marks_stand(sent: Bill, seen: Bill) -> bool:
    """Whether the custom fields that were sent show what was sent; others are nobody's business."""
    shown = {one.key: one.value or "" for one in seen.custom_fields}
    return all(shown.get(one.key, "") == (one.value or "") for one in sent.custom_fields)


def later_look(intent: Intent, confirmed_at: datetime) -> str | None:
    """When a create that took a second attempt is looked up again; None for every other write (R3)."""
    sent_twice = intent.attempt > 1 and intent.looked_at is not None
    if intent.strategy not in (Strategy.SEARCH, Strategy.REPLAY_KEY) or not sent_twice:
        return None
    if intent.operation is not Operation.CREATE or intent.part != "main":
        return None
    return stamp(confirmed_at + LATER)


def party_key(intent: Intent) -> str | None:
    """What a document refused for its party waits for: ``vendor:<id at the source>`` or ``customer:<…>``."""
    if intent.source_input is None:
        return None
    document = load_record(intent.object_type, intent.source_input)
    for kind in ("vendor", "customer"):
        party = getattr(document, kind, None)
        if party is not None and party.source_id:
            return f"{kind}:{party.source_id}"
    return None
