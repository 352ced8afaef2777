"""Which entries of a list are carried, and as what: by type and class, by use, by the value maps."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mlc.accounting.listrows import ListRow, folded
from mlc.engine.registers import rows_of
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import (
    Account,
    Dimension,
    DimensionKind,
    ExchangeRate,
    ListEntry,
    ObjectType,
    PaymentTerm,
    Ref,
    Vendor,
    load_record,
)

NOT_USED = "no active vendor has it yet"
ANY = "*"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the map puts a dimension: a list of the target, and what it is called there, None where as here."""

    kind: DimensionKind
    set_name: str | None = None
    called: str | None = None


class ListWants:
    """Answers for one flow's slice, from the store alone."""

    def __init__(self, session: Session, connection: Connection, flow: Flow, peers: Sequence[ListRow]) -> None:
        self._flow = flow
        self._maps = session.pairing.policy.maps
        self._base = session.probe(flow.source).base_currency
        self._ended = self._ended_before(session, peers)
        self._terms: tuple[Ref, ...] = ()
        if flow.object is ObjectType.PAYMENT_TERM and flow.only_used:
            self._terms = _terms_of_vendors(session, connection, flow)

    def unwanted(self, entry: ListEntry) -> str | None:
        """Why an entry is not carried; None when it is."""
        if not entry.active:
            return "it is inactive"
        match entry:
            case Account():
                return self._unwanted_account(entry)
            case Dimension():
                place = self.place_of(entry)
                if place is None:
                    return "the table dimensions leaves it out"
                kinds = self._flow.categories
                if kinds and entry.kind.value not in kinds and self._mapped(entry) is None:
                    return f"dimensions of the kind {entry.kind.value} are not carried"
            case ExchangeRate():
                if entry.from_currency == entry.to_currency or entry.rate <= 0:
                    return "it is no rate of a foreign currency"
                if self._base is not None and entry.to_currency != self._base:
                    return f"it is no rate in {self._base}, which the ledger is kept in"
                if entry.source.source_id in self._ended:
                    return "another rate holds since before go-live"
            case PaymentTerm() if self._flow.only_used and not any(_is_term(ref, entry) for ref in self._terms):
                return NOT_USED
        return None

    def is_over(self, entry: ListEntry) -> bool:
        """Whether an entry that was carried is to be inactive there. What the maps say now undoes nothing."""
        if entry.source.deleted is not None or not entry.active:
            return True
        return isinstance(entry, Account) and self._unwanted_type(entry) is not None

    def _unwanted_account(self, account: Account) -> str | None:
        named = self._maps.accounts.get(account.code or "") or self._maps.accounts.get(account.source.source_id)
        if named:
            return f"the table accounts says that it is {named} there"
        return self._unwanted_type(account)

    def _unwanted_type(self, account: Account) -> str | None:
        if not account.postable or account.money:
            return "control, bank and card accounts are not carried"
        kinds = {account.classification.value, (account.account_type or "").lower().replace(" ", "_")}
        if self._flow.categories and not kinds & set(self._flow.categories):
            return f"accounts of the type {account.account_type or account.classification.value} are not carried"
        return None

    def place_of(self, entry: Dimension) -> Place | None:
        """Its own kind, unless the table ``dimensions`` says another; None where that leaves it out."""
        mapped = self._mapped(entry)
        if mapped is None:
            return Place(entry.kind, entry.set_name)
        if mapped == "":
            return None
        kind, _, rest = mapped.partition(":")
        set_name, _, called = rest.rpartition("/")
        return Place(DimensionKind(kind), set_name or None, None if called == ANY else called)

    def _mapped(self, entry: Dimension) -> str | None:
        """The most exact line of the table: this value, its whole set, its kind."""
        keys = [f"{entry.kind}:{value}" for value in (entry.code, entry.name, entry.source.source_id) if value]
        keys += [f"{entry.kind}:{value}/{ANY}" for value in (entry.set_name, entry.set_id) if value]
        table = self._maps.dimensions
        return next((table[key] for key in (*keys, f"{entry.kind}:{ANY}") if key in table), None)

    @staticmethod
    def _ended_before(session: Session, peers: Sequence[ListRow]) -> set[str]:
        """Rates that no document after go-live can ask for: a later one held on that day already."""
        since = session.pairing.policy.since
        newest: dict[tuple[str, str], ExchangeRate] = {}
        old = [one.entry for one in peers if isinstance(one.entry, ExchangeRate)]
        old = [one for one in old if since is not None and one.valid_from <= since]
        for one in old:
            key = (one.from_currency, one.to_currency)
            if key not in newest or newest[key].valid_from < one.valid_from:
                newest[key] = one
        kept = {one.source.source_id for one in newest.values()}
        return {one.source.source_id for one in old} - kept


def _terms_of_vendors(session: Session, connection: Connection, flow: Flow) -> tuple[Ref, ...]:
    """What the active vendors of the flow's side are to be paid by, each once."""
    found: dict[tuple[str | None, ...], Ref] = {}
    rows = rows_of(connection, session.pairing.name, flow.source, ObjectType.VENDOR)
    for row in rows:
        if not row["live"] or not row["summary"]:
            continue
        vendor = load_record(ObjectType.VENDOR, row["summary"])
        term = vendor.payment_terms if isinstance(vendor, Vendor) else None
        if term is not None:
            found[(term.source_id, term.code, term.name)] = term
    return tuple(found.values())


def _is_term(ref: Ref, term: PaymentTerm) -> bool:
    """Whether a vendor's reference means this term: by id or code, else by name."""
    if ref.source_id is not None:
        return ref.source_id == term.source.source_id
    if ref.code is not None and term.code is not None:
        return ref.code == term.code
    return ref.name is not None and folded(ref.name) == folded(term.name)
