"""One write under way: which company, which entity, what was asked beside the body."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from mlc_sandbox.quickbooks.books import Books, Realm
from mlc_sandbox.quickbooks.refusals import Refusal, business, missing
from mlc_sandbox.quickbooks.wire import Cause, Record, ref, value_of


@dataclass(slots=True)
class Deed:
    """A write. ``include`` holds what the query parameter of that name said, ``password`` a closed period's."""

    books: Books
    realm: str
    kind: str
    cause: Cause
    include: frozenset[str] = frozenset()
    password: str = ""
    by_person: bool = False
    file: Record = field(default_factory=dict)
    """What is known of an uploaded file: ``Size`` and ``ContentType``."""
    orders: set[str] = field(default_factory=set)
    """Purchase orders that the write links or unlinks."""
    settled: set[tuple[str, str]] = field(default_factory=set)
    """(entity, id) of what a payment settles or no longer settles."""

    @property
    def company(self) -> Realm:
        """The company."""
        return self.books.realms[self.realm]

    @property
    def american(self) -> bool:
        """Whether sales tax is the US one."""
        return self.company.country == "US"

    def prefers(self, group: str, name: str) -> object:
        """A preference of the company."""
        return self.books.preferences(self.realm).get(group, {}).get(name)

    def point(
        self, body: Record, name: str, kind: str, *, before: Record | None = None, required: bool = False
    ) -> None:
        """Check a reference and complete it with the name it shows. Raises Refusal."""
        if name not in body:
            if required:
                raise missing(name)
            return
        same = value_of((before or {}).get(name))
        body[name] = ref(self.books.pointed(self.realm, kind, body[name], element=name, same=same))

    def account(
        self, body: Record, name: str, types: tuple[str, ...], *, required: bool = False, same: str = ""
    ) -> None:
        """Check a reference to an account of certain types. Raises Refusal 2020, 2500, 610, 6430."""
        if name not in body:
            if required:
                raise missing(name)
            return
        found = self.books.pointed(self.realm, "Account", body[name], element=name, same=same)
        if found["AccountType"] not in types:
            told = f"{name} {found['Id']} is of type {found['AccountType']}; allowed are {', '.join(types)}"
            raise Refusal("6430", told, element=name)
        body[name] = ref(found)

    def dimension(self, body: Record, name: str) -> None:
        """Check ``DepartmentRef`` or ``ClassRef``, which the company may have switched off. Raises Refusal."""
        if name not in body:
            return
        prefs = self.books.preferences(self.realm)["AccountingInfoPrefs"]
        used = prefs.get("TrackDepartments") if name == "DepartmentRef" else (
            prefs.get("ClassTrackingPerTxn") or prefs.get("ClassTrackingPerTxnLine"))  # fmt: skip
        if not used:
            if self.books.switches["untracked_dimension"] == "refuse":
                raise Refusal("5030", f"{name}: the company does not track it", element=name)
            del body[name]
            return
        self.point(body, name, name.removesuffix("Ref"))

    def currency(self, body: Record, before: Record | None, party: Record | None) -> None:
        """The currency and its rate; both only where several currencies are on. Raises Refusal."""
        home = self.company.currency
        several = bool(self.prefers("CurrencyPrefs", "MultiCurrencyEnabled"))
        sent = value_of(body.get("CurrencyRef"))
        if not several:
            if sent not in ("", home):
                raise business("Multicurrency is not enabled for this company.")
            body["CurrencyRef"] = {"value": home}
            body.pop("ExchangeRate", None)
            return
        if not sent:
            if before is None:
                raise missing("CurrencyRef")
            sent = before["CurrencyRef"]["value"]
        if sent != home and sent not in self.company.rates:
            raise Refusal("2220", f"{sent} is no currency of this company", element="CurrencyRef")
        if party is not None and value_of(party.get("CurrencyRef")) != sent:
            raise business(
                f"The transaction is in {sent}, {party['DisplayName']} uses {value_of(party['CurrencyRef'])}."
            )
        body["CurrencyRef"] = {"value": sent}
        given = Decimal(body.get("ExchangeRate") or 0)
        if sent == home:
            body["ExchangeRate"] = Decimal(1)
        elif given > 0:
            body["ExchangeRate"] = given
        elif self.kind == "VendorCredit":
            body["ExchangeRate"] = Decimal(1)  # not the day's: the documented trap
        else:
            body["ExchangeRate"] = self.books.rate(self.realm, sent, body["TxnDate"])

    def open_period(self, *records: Record | None) -> None:
        """Raises Refusal 6200 or 6210 for a transaction dated in closed books."""
        closed = self.prefers("AccountingInfoPrefs", "BookCloseDate")
        if not closed or not any(one is not None and one["TxnDate"] <= str(closed) for one in records):
            return
        known = self.company.close_password
        if self.by_person and self.password == known:
            return
        told = "The account period has closed and the account books cannot be updated through the QBO Services API."
        raise Refusal("6210" if known else "6200", f"{told} Please use the QBO website to make these changes.")
