"""Which party of the other side is this one? Ids first, a name only when it is unique on both sides (pairings 0.5)."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol

from mlc.accounting.partyrows import Ambiguous, Match, PartyRow
from mlc.recipes import MatchKey
from mlc.records import Customer, Party, PartyStatus, Vendor

_SHARED_MAILBOXES = frozenset(
    [
        "accounting",
        "accounts",
        "admin",
        "ap",
        "ar",
        "billing",
        "contact",
        "finance",
        "hello",
        "info",
        "invoices",
        "mail",
        "noreply",
        "no-reply",
        "office",
        "orders",
        "sales",
        "service",
        "support",
    ]
)


def match_party(
    party: Party | PartyRow,
    rows: Sequence[PartyRow],
    *,
    peers: Sequence[PartyRow] = (),
    match_by: Collection[MatchKey] = tuple(MatchKey),
) -> Match | Ambiguous | None:
    """The one row that is this party; ``Ambiguous`` when several could be, or one could but something contradicts.

    Args:
        party: With ``external_code``, where its system keeps the other side's id or code.
        rows: The other side's parties. A row that is bound already is never matched. An inactive one only by its id.
        peers: Its own side's parties, this one among them: a name only counts when it is unique there too. Without
            them no name is matched.
        match_by: What may bind. A name that is not among them proposes: the one of that name is a candidate.
    """
    mine = party if isinstance(party, PartyRow) else row_of(party)
    kind = mine.kind
    same_kind = [row for row in rows if row.kind == kind]
    for by, keep in _RULES:
        if by not in match_by:
            continue
        found = [row for row in same_kind if (row.active or by == "external_id") and keep(mine, row)]
        if len(found) > 1:
            return Ambiguous(tuple(found), f"several of them have the same {_WORDS[by]}")
        if found and found[0].bound_to is not None:
            return Ambiguous(tuple(found), f"the one with the same {_WORDS[by]} belongs to another record already")
        if found and by != "external_id" and any(keep(peer, found[0]) for peer in _others(mine, peers, kind)):
            return Ambiguous(tuple(found), f"its own side has several of the same {_WORDS[by]}")
        if found:
            return Match(found[0].external_id, by)
    named = _by_name(mine, [row for row in same_kind if row.active], peers)
    if isinstance(named, Match) and MatchKey.NAME not in match_by:
        one = [row for row in same_kind if row.external_id == named.external_id]
        return Ambiguous(tuple(one), "only the name is the same")
    return named


def name_taken(party: Party, rows: Sequence[PartyRow]) -> PartyRow | None:
    """A row of another kind, or an inactive one, that has this party's name: creating it there would be refused."""
    kind = "customer" if isinstance(party, Customer) else "vendor"
    wanted = normal_name(party.name)
    return next((row for row in rows if normal_name(row.name) == wanted and (row.kind != kind or not row.active)), None)


def row_of(party: Party) -> PartyRow:
    """A party as a row of its own side's listing."""
    code = party.vendor_code if isinstance(party, Vendor) else getattr(party, "customer_code", None)
    emails = [point for point in party.contacts if point.email]
    primary = next((point.email for point in emails if point.is_primary), emails[0].email if emails else None)
    return PartyRow(
        external_id=party.source.source_id,
        name=party.name,
        code=code,
        external_code=getattr(party, "external_code", None),
        tax_number=party.tax_number,
        country=next((address.country_code for address in party.addresses if address.country_code), None),
        email=primary,
        currency=party.currency,
        kind="customer" if isinstance(party, Customer) else "vendor",
        active=party.status is not PartyStatus.INACTIVE and party.source.deleted is None,
    )


def normal_name(name: str) -> str:
    """Case, accents' composition, punctuation and spaces do not count; legal forms do."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _by_name(mine: PartyRow, rows: Sequence[PartyRow], peers: Sequence[PartyRow]) -> Match | Ambiguous | None:
    wanted = normal_name(mine.name)
    found = [row for row in rows if normal_name(row.name) == wanted] if wanted else []
    if not found or not peers:
        return None
    if len(found) > 1:
        return Ambiguous(tuple(found), "several of them have the same name")
    twins = [row for row in peers if normal_name(row.name) == wanted and row.external_id != mine.external_id]
    if twins:
        return Ambiguous(tuple(found), "its own side has that name more than once")
    if found[0].bound_to is not None:
        return Ambiguous(tuple(found), "the one with the same name belongs to another record already")
    contradiction = _contradiction(mine, found[0])
    if contradiction is not None:
        return Ambiguous(tuple(found), f"the name is the same, but the {contradiction} differs")
    return Match(found[0].external_id, "name")


def shared_mailbox(email: str | None) -> bool:
    """Whether more than one person reads what is sent there; no address at all is nobody's."""
    mailbox = (email or "").strip().casefold()
    return "@" not in mailbox or mailbox.split("@")[0] in _SHARED_MAILBOXES


class NearParties(Protocol):
    """One side's parties, wherever they are kept."""

    def near(self, *those: PartyRow) -> list[PartyRow]:
        """Rows that share an id, a code, a tax number, a mailbox or the name with one of those; in one order."""
        ...


class PartyIndex:
    """One side's parties by everything that may tell who they are: a match looks at a few rows, not at all (R39)."""

    def __init__(self, rows: Iterable[PartyRow]) -> None:
        self._rows: dict[tuple[str, str], list[tuple[int, PartyRow]]] = {}
        for place, row in enumerate(rows):
            for key in frozenset(keys_of(row)):
                self._rows.setdefault(key, []).append((place, row))

    def near(self, *those: PartyRow) -> list[PartyRow]:
        """Rows that share an id, a code, a tax number, a mailbox or the name with one of those; in the order given."""
        found = {place: row for one in those for key in keys_of(one) for place, row in self._rows.get(key, ())}
        return [found[place] for place in sorted(found)]


def keys_of(row: PartyRow) -> Iterator[tuple[str, str]]:
    """Everything that may tell who it is, by kind."""
    for stated in (row.external_id, row.external_code):
        if stated:
            yield "id", _bare(stated)
    for code in (row.code, row.external_code):
        if code and code.strip():
            yield "code", code.strip().casefold()
    if _code(row.tax_number):
        yield "tax", _code(row.tax_number)
    for mailbox in _mailboxes(row):
        yield "email", mailbox
    yield "name", normal_name(row.name)


def _mailboxes(row: PartyRow) -> frozenset[str]:
    """Of the person to whom invoices go; where nobody is known to, of everybody. Shared ones are no keys."""
    stated = frozenset({row.email.strip().casefold()}) if row.email else row.emails
    return frozenset(one for one in stated if not shared_mailbox(one))


def _bare(stated: str) -> str:
    """The other side's id as a field of its own holds it, or at the end of our key."""
    return stated.strip().rpartition(":")[2]


def _others(mine: PartyRow, peers: Sequence[PartyRow], kind: str) -> list[PartyRow]:
    """The parties of its own side that might as well be meant: live, and at home nowhere yet."""
    others = [row for row in peers if row.external_id != mine.external_id and row.kind == kind]
    return [row for row in others if row.active and row.bound_to is None]


def _contradiction(mine: PartyRow, row: PartyRow) -> str | None:
    """What both sides state and state differently."""
    if _differ(_code(mine.tax_number), _code(row.tax_number)):
        return "tax number"
    if _differ(mine.country, row.country):
        return "country"
    return "currency" if _differ(mine.currency, row.currency) else None


def _differ(mine: str | None, theirs: str | None) -> bool:
    return bool(mine) and bool(theirs) and mine != theirs


def _code(text: str | None) -> str:
    return re.sub(r"[\W_]", "", text or "").upper()


def _external_id(mine: PartyRow, row: PartyRow) -> bool:
    stated = _bare(mine.external_code or "")
    return (bool(stated) and stated == row.external_id) or carries_id_of(mine, row)


def carries_id_of(mine: PartyRow, row: PartyRow) -> bool:
    """Whether a row of the other side says that it is this one, by an id that we gave it."""
    return bool(row.external_code) and _bare(row.external_code or "") == mine.external_id


def _same_code(mine: PartyRow, row: PartyRow) -> bool:
    stated = {text.strip().casefold() for text in (mine.external_code, mine.code) if text and text.strip()}
    return bool(row.code) and (row.code or "").strip().casefold() in stated


def _same_tax_number(mine: PartyRow, row: PartyRow) -> bool:
    if not _code(mine.tax_number) or _code(mine.tax_number) != _code(row.tax_number):
        return False
    return not _differ(mine.country, row.country)


def _same_email(mine: PartyRow, row: PartyRow) -> bool:
    """The same mailbox and the same name: one mailbox may serve several companies, and a shared one is no key."""
    return bool(_mailboxes(mine) & _mailboxes(row)) and _contradiction(mine, row) is None


_RULES: tuple[tuple[MatchKey, Callable[[PartyRow, PartyRow], bool]], ...] = (
    (MatchKey.EXTERNAL_ID, _external_id),
    (MatchKey.CODE, _same_code),
    (MatchKey.TAX_NUMBER, _same_tax_number),
    (MatchKey.EMAIL, _same_email),
)
_WORDS = {"external_id": "id", "code": "code", "tax_number": "tax number", "email": "e-mail address"}
