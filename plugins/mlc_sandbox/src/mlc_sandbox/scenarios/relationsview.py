"""Say what became of customers, people and invoices, from the two stand-ins and the holds alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mlc_sandbox.company import Case, Customer, Person, Relations, SalesInvoice, Stage
from mlc_sandbox.scenarios.judging import CaseResult, counted
from mlc_sandbox.scenarios.ledgerview import Record, decimal

Objects = Mapping[str, Iterable[Record]]
#: Merged away by people in a later pass.
MERGED_LATER = frozenset({"customer:09", "customer:11"})


class RelationsView:
    """One moment: what stands in the books, what at the sales desk, what the connector did there, what waits."""

    def __init__(
        self,
        known: Relations,
        books: Objects,
        desk: Objects,
        desk_log: Iterable[Mapping[str, Any]],
        holds: Iterable[Mapping[str, Any]],
    ) -> None:
        self.known = known
        self.contacts = {str(row["contact_id"]): row for row in books.get("contacts", ())}
        self.invoices = {str(row["invoice_id"]): row for row in books.get("invoices", ())}
        self.desk = {type: {str(row["id"]): row for row in rows} for type, rows in desk.items() if type[0].isupper()}
        self.log = [entry for entry in desk_log if entry["cause"].get("kind") == "request"]
        self._held = [(str(hold.get("object_type")), str(hold["source_id"]), str(hold["code"])) for hold in holds]
        self._there: dict[str, list[Record]] = defaultdict(list)
        for row in self.desk.get("Invoices", {}).values():
            self._there[str(row["Subject"])].append(row)

    # --- what is there ---------------------------------------------------------------------------------------------

    def held(self, *ids: str, of: str = "") -> str:
        """``held:<code>`` when a hold names one of these ids, else an empty string; ``of``: the type that is held."""
        codes = [
            code for kind, source, code in self._held if of in ("", kind) and any(id and id in source for id in ids)
        ]
        return f"held:{codes[0]}" if codes else ""

    def in_books(self, name: str, *, kind: str = "customer") -> list[Record]:
        """Contacts of the books by that name."""
        return [row for row in self.contacts.values() if row["contact_name"] == name and row["contact_type"] == kind]

    def at_desk(self, *names: str) -> list[Record]:
        """Accounts by one of these names."""
        return [row for row in self.desk.get("Accounts", {}).values() if row["Account_Name"] in names]

    def persons_in_books(self, email: str, customer: str = "") -> list[Record]:
        """Contact persons of customers with that address, of one customer where told."""
        return [
            person
            for key, contact in self.contacts.items()
            if contact["contact_type"] == "customer" and customer in ("", key)
            for person in contact["contact_persons"]
            if person["email"].casefold() == email.casefold()
        ]

    def persons_at_desk(self, email: str) -> list[Record]:
        """Contacts with that address."""
        rows = self.desk.get("Contacts", {}).values()
        return [row for row in rows if str(row.get("Email") or "").casefold() == email.casefold()]

    def _person(self, person: Person) -> Record:
        contact = self.contacts.get(self.known.customer(person.customer).books_id, {"contact_persons": ()})
        rows = [row for row in contact["contact_persons"] if row["contact_person_id"] == person.books_id]
        return rows[0] if rows else {}

    def seen_in_books(self, person: Person) -> tuple[str, str]:
        """Phone and title."""
        row = self._person(person)
        return str(row.get("phone")), str(row.get("designation"))

    def seen_at_desk(self, person: Person) -> tuple[str, str]:
        """Phone and title."""
        row = self.desk.get("Contacts", {}).get(person.desk_id, {})
        return str(row.get("Phone")), str(row.get("Title"))

    def email_in_books(self, person: Person) -> str:
        """The address of a person as the books have it."""
        return str(self._person(person).get("email"))

    def email_at_desk(self, person: Person) -> str:
        """The address of a person as the sales desk has it."""
        return str(self.desk.get("Contacts", {}).get(person.desk_id, {}).get("Email"))

    # --- cases -----------------------------------------------------------------------------------------------------

    def judged(self, case: Case) -> CaseResult:
        """A case, and what came of its records; those that a later case is about are judged there."""
        keys = [key for key in case.keys if case.stage is not Stage.START or key not in MERGED_LATER]
        outcomes = [self._outcome(case, key) for key in keys]
        got = counted(outcomes)
        return CaseResult(case.name, got if set(outcomes) <= {case.expect, *case.also} else case.expect, got)

    def _outcome(self, case: Case, key: str) -> str:
        if key.startswith("invoice:"):
            return self._invoice(self.known.invoice(key), case.expect)
        if key.startswith("person:"):
            return self._of_person(self.known.person(key), case.expect)
        if key.startswith("prospect:"):
            prospect = next(one for one in self.known.prospects if one.key == key)
            return self._count_in_books(prospect.name)
        customer = self.known.customer(key)
        return _CUSTOMER[case.expect](self, customer)

    def _count_in_books(self, name: str) -> str:
        count = len(self.in_books(name))
        return ("not_in_books", "created_in_books")[count] if count < 2 else f"{count} times in the books"

    def bound(self, customer: Customer) -> str:
        """Whether a customer's two records were taken for one."""
        count = len(self.in_books(customer.name)), len(self.at_desk(customer.name, customer.desk_name))
        held = self.held(customer.books_id, customer.desk_id, of="customer")
        return held or ("bound" if count == (1, 1) else f"{count[0]} in the books, {count[1]} at the desk")

    def not_bound(self, customer: Customer) -> str:
        """Whether records that share a name alone were left to a person."""
        written = [entry for entry in self.log if entry["type"] == "Accounts" and entry["id"] == customer.desk_id]
        count = len(self.in_books(customer.name)), len(self.at_desk(customer.name))
        return "not_bound" if count == (1, 1) and not written else f"{count}, {len(written)} writes"

    def created_there(self, customer: Customer) -> str:
        """Whether a customer of the books stands at the desk once, with its people."""
        accounts = self.at_desk(customer.name)
        people = [self.persons_at_desk(one.email) for one in self.known.people_of(customer.key)]
        mine = all(len(rows) == 1 and (rows[0].get("Account_Name") or {}).get("id") == accounts[0]["id"]
                   for rows in people) if accounts else False  # fmt: skip
        return "created_there" if len(accounts) == 1 and mine else f"{len(accounts)} accounts, people: {mine}"

    def created_in_books(self, customer: Customer) -> str:
        """Whether a customer of the desk stands in the books once, with its people."""
        rows = self.in_books(customer.name)
        people = all(len(self.persons_in_books(one.email, str(rows[0]["contact_id"]))) == 1
                     for one in self.known.people_of(customer.key)) if rows else False  # fmt: skip
        return "created_in_books" if len(rows) == 1 and people else f"{len(rows)} customers, people: {people}"

    def not_in_books(self, customer: Customer) -> str:
        """Whether the books were left without it."""
        return self._count_in_books(customer.name)

    def merged(self, customer: Customer) -> str:
        """Whether the other side's record of one that was merged away waits for a person, and nothing came anew."""
        books, desk = len(self.in_books(customer.name)), len(self.at_desk(customer.name, customer.desk_name))
        if books + desk != 1:
            return f"{books} in the books, {desk} at the desk"
        return self.held(customer.books_id, customer.desk_id, of="customer") or "not held"

    def _of_person(self, person: Person, expect: str) -> str:
        books, desk = self.persons_in_books(person.email), self.persons_at_desk(person.email)
        customer = self.known.customer(person.customer)
        if expect == "as_it_was":
            there = [row for row in desk if (row.get("Account_Name") or {}).get("id") == customer.desk_id]
            here = self.persons_in_books(person.email, customer.books_id)
            return expect if len(there) == len(here) == 1 else f"{len(here)} in the books, {len(there)} at the desk"
        if expect == "opted_out":
            row = self.desk["Contacts"].get(person.desk_id, {})
            return expect if row.get("Email_Opt_Out") is True and len(books) == 1 else "touched"
        if expect == "not_in_books":
            rows = [row for one in self.contacts.values() for row in one["contact_persons"]]
            return expect if not any(row["last_name"] == person.last for row in rows) else "in the books"
        if expect == "held:remit_change":
            unchanged = self.email_in_books(person) == person.email
            return self.held(person.books_id, person.desk_id) if unchanged else "changed in the books"
        if expect == "kept_and_held":
            kept = len(self.persons_in_books(person.email, customer.books_id)) == len(books) == 1
            return expect if kept and self.held(person.books_id, person.desk_id) else f"kept: {kept}"
        words = {(1, 1): "on_both_sides", (1, 0): "only_in_books", (0, 1): "only_at_desk"}
        count = (len(books), len(desk))
        return words.get(count, f"{count[0]} in the books, {count[1]} at the desk")

    # --- invoices --------------------------------------------------------------------------------------------------

    def _invoice(self, invoice: SalesInvoice, expect: str) -> str:
        rows = self._there.get(invoice.number, [])
        if len(rows) > 1:
            return f"{len(rows)} times"
        if not rows:
            held = self.held(invoice.books_id)
            return held if expect.startswith("held:") and held else "not_there"
        row, wrong = rows[0], self.wrong(invoice)
        if wrong:
            return wrong
        if expect in ("with_deal", "without_deal"):
            deal = next((one for one in self.known.deals if one.key == invoice.deal), None)
            told = (row.get("Deal_Name") or {}).get("id")
            if told is None:
                return "without_deal"
            return "with_deal" if deal is not None and told == deal.desk_id else "another deal"
        if expect == "written_back":
            shown = self.invoices[invoice.books_id]
            return expect if row.get("Due_Date") == shown["due_date"] else "left as edited"
        return str(row.get("Status"))

    def wrong(self, invoice: SalesInvoice) -> str:
        """How an invoice at the desk differs from the books, empty where it does not."""
        row, shown = self._there[invoice.number][0], self.invoices[invoice.books_id]
        account = (row.get("Account_Name") or {}).get("id")
        found = [
            name
            for name, differs in (
                ("Account_Name", account != self.known.customer(invoice.customer).desk_id),
                ("Books_Total", decimal(row.get("Books_Total")) != decimal(shown["total"])),
                ("Books_Balance", decimal(row.get("Books_Balance")) != decimal(shown["balance"])),
            )
            if differs
        ]
        return f"wrong: {', '.join(found)}" if found else ""

    def carried_right(self, invoice: SalesInvoice) -> bool:
        """Whether an invoice stands at the desk once, with the books' figures."""
        return len(self._there.get(invoice.number, ())) == 1 and not self.wrong(invoice)

    def control_total(self) -> CaseResult:
        """What the books state of the invoices that are at the desk, against what is shown there."""
        pairs = [(self.invoices[one.books_id], self._there[one.number][0]) for one in self.known.invoices
                 if len(self._there.get(one.number, ())) == 1 and one.books_id in self.invoices]  # fmt: skip
        stated = sum((decimal(books["total"]) for books, _ in pairs), Decimal(0))
        shown = sum((decimal(there.get("Books_Total")) for _, there in pairs), Decimal(0))
        return CaseResult("control_total_USD", f"{stated.normalize():f}", f"{shown.normalize():f}")

    # --- what must not be ------------------------------------------------------------------------------------------

    def twice_in_books(self) -> list[str]:
        """People of one customer who share an address, customers who share a name but for its case."""
        people = Counter((key, row["email"].casefold()) for key, one in self.contacts.items()
                         for row in one["contact_persons"] if row["email"])  # fmt: skip
        names = Counter(row["contact_name"].casefold() for row in self.contacts.values())
        return [email for (_, email), count in people.items() if count > 1] + _more_than_once(names)

    def twice_at_desk(self) -> list[str]:
        """Accounts, people and invoices that were created more than once."""
        accounts = Counter(row["Account_Name"] for row in self.desk.get("Accounts", {}).values())
        people = Counter(
            (str(row["Email"]).casefold(), (row.get("Account_Name") or {}).get("id"))
            for row in self.desk.get("Contacts", {}).values()
            if row.get("Email")
        )
        invoices = {number: len(rows) for number, rows in self._there.items()}
        return [*_more_than_once(accounts), *(email for (email, _), count in people.items() if count > 1),
                *_more_than_once(invoices)]  # fmt: skip

    def strays(self) -> list[str]:
        """Invoices at the desk that the books do not have."""
        numbers = {str(row["invoice_number"]) for row in self.invoices.values()}
        return sorted(set(self._there) - numbers)

    def opt_outs_touched(self) -> list[str]:
        """People whose flag the connector set or took away."""
        return [
            entry["id"]
            for entry in self.log
            if entry["type"] == "Contacts" and entry["op"] == "update"
            and bool(entry["before"].get("Email_Opt_Out")) != bool(entry["after"].get("Email_Opt_Out"))
        ]  # fmt: skip

    def loud_writes(self) -> list[str]:
        """Writes that did not say ``trigger: []``, and would set off the customer's own automations."""
        return [f"{entry['type']} {entry['id']}" for entry in self.log if entry["cause"].get("workflows")]


def _more_than_once(counts: Mapping[str, int]) -> list[str]:
    return [name for name, count in counts.items() if count > 1]


_CUSTOMER: dict[str, Callable[[RelationsView, Customer], str]] = {
    "bound": RelationsView.bound,
    "not_bound": RelationsView.not_bound,
    "created_there": RelationsView.created_there,
    "created_in_books": RelationsView.created_in_books,
    "not_in_books": RelationsView.not_in_books,
    "held:merged_elsewhere": RelationsView.merged,
}
