"""A company seen from its sales side: twenty customers, two hundred prospects, and what it has invoiced."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from mlc_sandbox.company import lists
from mlc_sandbox.company.generate import SINCE, TODAY
from mlc_sandbox.company.ledger import LedgerContact
from mlc_sandbox.company.masterdata import Address
from mlc_sandbox.company.model import Case, Company
from mlc_sandbox.company.relations import Customer, Deal, Known, Person, Prospect, Relations, SalesInvoice
from mlc_sandbox.company.selling_cases import NAMES, OTHERS_EACH, PROSPECTS, SUPPLIER_TOO, make_cases

COMPANY_NAME = "Halden Sales Inc."
_DESK = 5_725_767_000_002_000_000
_FIRST = ("Ana", "Björn", "Chloé", "Dónal", "Emma", "Hiro", "José", "Zoë", "Liam", "Marta", "Nadia", "Piotr")
_LAST = ("Nguyen", "García", "Smith", "Lefèvre", "Okafor", "Svensson", "Tanaka", "Weber", "O'Brien", "Rossi")
_TITLES = ("Buyer", "Head of Lab", "Engineer", "Director", "Assistant", "Controller")
_TRADES = ("Labs", "Clinics", "Institute", "Works", "Diagnostics", "Foods", "Optics", "Metals", "Energy", "Foundry")
_PLACES = ("Alder", "Bristol", "Calder", "Dover", "Elm", "Fairfield", "Glen", "Harrow", "Inver", "Juniper", "Keswick",
           "Linden", "Mason", "Norfolk", "Oakham", "Pelham", "Quincy", "Ripley", "Selby", "Tiverton")  # fmt: skip


def make_selling_company(seed: int = 1, records: int = 300, *, since: date = SINCE, today: date = TODAY) -> Company:
    """Make the company of that seed with ``records`` ordinary invoices dated on or after ``since``.

    The same arguments give the same company. Customers, people, prospects and special invoices are always there.
    """
    maker = _Maker(Random(f"{seed}:selling"), since, today)
    maker.customers_and_people()
    maker.prospects_and_deals()
    maker.special_invoices()
    for _ in range(records):
        maker.invoice(maker.rng.choice([one for one in maker.customers if one.matched_by in ("external", "email")]))
    relations = Relations(
        tuple(maker.customers), tuple(maker.persons), tuple(maker.prospects), tuple(maker.deals), tuple(maker.invoices)
    )
    return _company(seed, records, maker, relations, make_cases(relations))


class _Maker:
    def __init__(self, rng: Random, since: date, today: date) -> None:
        self.rng, self.since, self.today = rng, since, today
        self.customers: list[Customer] = []
        self.persons: list[Person] = []
        self.prospects: list[Prospect] = []
        self.deals: list[Deal] = []
        self.invoices: list[SalesInvoice] = []
        self._books, self._desk = 500_000, 0

    def ids(self) -> tuple[str, str]:
        """An id of the books and one of the sales desk; whether either is used is another matter."""
        self._books += 1
        self._desk += 1
        return lists.ledger_id(self._books), str(_DESK + self._desk)

    def customers_and_people(self) -> None:
        for number, (name, known, matched_by) in enumerate(NAMES, start=1):
            self._customer(number, name, known, matched_by)
            others = OTHERS_EACH if matched_by in ("external", "tax", "email") else 1 if not matched_by else 0
            for place in range(others + 1):
                self._person(number, place, known, name_only=matched_by == "name")
        self._special_people()

    def _customer(self, number: int, name: str, known: Known, matched_by: str) -> None:
        books_id, desk_id = self.ids()
        same = matched_by in ("external", "name", "")
        kind = "Prospect" if number == 20 else "Customer"  # the last one is a customer by its won deal alone
        self.customers.append(
            Customer(
                key=f"customer:{number:02d}",
                name=name,
                desk_name=name if same else name.rpartition(" ")[0],
                known=known,
                matched_by=matched_by,
                books_id=books_id,
                desk_id=desk_id,
                tax_number=f"GB{100_000_000 + number * 7_919}" if matched_by in ("external", "tax") else "",
                address=Address(f"{number} Quay Street", "", "Bristol", "", f"BS1 {number}AA", "United Kingdom", "GB"),
                phone=f"+44 117 496 0{number:03d}",
                website=f"https://www.customer{number:02d}.example",
                kind=kind,
                term_days=30,
            )
        )

    def _person(self, number: int, place: int, known: Known, *, name_only: bool = False) -> None:
        domain = f"customer{number:02d}.example"
        first = _FIRST[(number + place) % len(_FIRST)]
        last = _LAST[(number * 3 + place) % len(_LAST)]
        email = f"billing.{last.lower().replace(chr(39), '')}@{domain}" if place == 0 else f"p{place}@{domain}"
        email = email.encode("ascii", "ignore").decode()
        spelled = f"sales@{domain}" if name_only else email.upper() if place == 2 else None
        self.person(f"person:{number:02d}-{place}", number, first, last, email, known, primary=place == 0,
                    desk_email=spelled)  # fmt: skip

    def person(self, key: str, number: int, first: str, last: str, email: str, known: Known, *, primary: bool = False,
               opt_out: bool = False, desk_email: str | None = None) -> None:  # fmt: skip
        """Add a person of a customer."""
        books_id, desk_id = self.ids()
        phone = f"+44 20 7946 {len(self.persons):04d}"
        title = self.rng.choice(_TITLES)
        self.persons.append(Person(key, f"customer:{number:02d}", first, last, email, phone, title, known, books_id,
                                   desk_id, primary, opt_out, desk_email))  # fmt: skip

    def _special_people(self) -> None:
        self.person("person:books-only", 1, "Ines", "Books-Only", "ines@customer01.example", Known.BOOKS)
        self.person("person:desk-only", 1, "Dora", "Desk-Only", "dora@customer01.example", Known.DESK)
        self.person("person:no-email", 2, "Noel", "Without-Email", "", Known.DESK)
        self.person("person:opt-out", 5, "Olga", "Opted-Out", "olga@customer05.example", Known.BOTH, opt_out=True)
        for number in (3, 4):
            self.person(f"person:info-{number}", number, "Front", "Desk", "info@holding.example", Known.BOTH)

    def prospects_and_deals(self) -> None:
        for number in range(1, PROSPECTS + 1):
            _, desk_id = self.ids()
            books_id, person_id = self.ids()
            place, trade = _PLACES[(number - 1) % len(_PLACES)], _TRADES[(number - 1) // len(_PLACES)]
            key, domain = f"prospect:{number:03d}", f"prospect{number:03d}.example"
            person = Person(f"{key}-0", key, self.rng.choice(_FIRST), self.rng.choice(_LAST), f"hello@{domain}",
                            f"+44 161 496 {number:04d}", "Buyer", Known.DESK, books_id, person_id)  # fmt: skip
            kind = ("Prospect", "Analyst", "Partner", "Other")[number % 4]
            self.prospects.append(Prospect(key, f"{place} {trade}", desk_id, kind, person))
            if number % 4 == 0:
                self.deal(key, ("Qualification", "Negotiation/Review", "Closed Lost")[number // 4 % 3])
        for customer in self.customers:
            if customer.known is not Known.BOOKS:
                self.deal(customer.key, "Closed Won")

    def deal(self, party: str, stage: str) -> Deal:
        """Add a deal with a customer or prospect."""
        _, desk_id = self.ids()
        number = len(self.deals) + 1
        deal = Deal(f"deal:{number:03d}", desk_id, f"Deal {number:03d}", stage, party,
                    Decimal(self.rng.randint(1_000, 80_000)), f"OPP-{1000 + number}")  # fmt: skip
        self.deals.append(deal)
        return deal

    def invoice(self, customer: Customer, *, status: str = "sent", key: str = "", deal_by: str = "",
                day: date | None = None) -> SalesInvoice:  # fmt: skip
        """Add an invoice; with ``deal_by`` it names the customer's deal in that way."""
        books_id, _ = self.ids()
        number = len(self.invoices) + 1
        day = day or self.since + timedelta(days=self.rng.randrange((self.today - self.since).days))
        amounts = [Decimal(self.rng.randint(5_000, 500_000)) / 100 for _ in range(self.rng.choice((1, 2, 3)))]
        lines = tuple((f"Instrument service {place}", amount) for place, amount in enumerate(amounts, start=1))
        deal = next((one.key for one in self.deals if one.party == customer.key), None) if deal_by else None
        made = SalesInvoice(key or f"invoice:{number:04d}", books_id, f"SI-{number:05d}", customer.key, day,
                            day + timedelta(days=customer.term_days), lines, status, deal, deal_by)  # fmt: skip
        self.invoices.append(made)
        return made

    def special_invoices(self) -> None:
        """One for each case; all of customers that both sides know."""
        good = [one for one in self.customers if one.matched_by == "external"]
        for place, key in enumerate(("to_void", "to_write_off", "to_credit", "to_part_pay", "to_pay", "to_edit_there",
                                     "to_delete_there", "no_deal")):  # fmt: skip
            self.invoice(good[place % 5], key=f"invoice:{key}", day=self.today - timedelta(days=10))
        for deal_by in ("custom_field", "external", "reference"):
            self.invoice(good[0], key=f"invoice:deal_by_{deal_by}", deal_by=deal_by)
        self.invoice(good[1], key="invoice:draft", status="draft")
        self.invoice(good[1], key="invoice:to_send", status="draft")
        late = self.today - timedelta(days=12)
        self.invoice(good[2], key="invoice:paid_before", status="paid", day=late)
        self.invoice(good[2], key="invoice:part_paid_before", status="part_paid", day=late)
        self.invoice(good[3], key="invoice:overdue", day=self.since)
        for number in range(1, 11):
            self.invoice(
                self.rng.choice(good), key=f"invoice:old_{number:02d}", day=self.since - timedelta(days=number)
            )
        named = next(one for one in self.customers if one.matched_by == "name")
        self.invoice(named, key="invoice:unbound_customer")


def _supplier(maker: _Maker) -> LedgerContact:
    """A vendor of the books by whose name the sales desk has a customer."""
    books_id, _ = maker.ids()
    person_id, _ = maker.ids()
    address = Address("1 Harbour Street", "", "Boston", "MA", "02110", "USA", "US")
    at = datetime.combine(maker.since, time(8), tzinfo=UTC) - timedelta(days=90)
    return LedgerContact(
        key="contact:supplier",
        ledger_id=books_id,
        name=SUPPLIER_TOO,
        contact_number="V-0001",
        contact_type="vendor",
        active=True,
        currency="USD",
        term_days=30,
        address=address,
        person_name="Ada Claims",
        email="claims@supplier.example",
        phone="",
        website="",
        legal_name=SUPPLIER_TOO,
        track_1099=False,
        person_id=person_id,
        modified_at=at,
        vendor=None,
    )


def _company(seed: int, records: int, maker: _Maker, relations: Relations, cases: tuple[Case, ...]) -> Company:
    return Company(
        seed=seed,
        records=records,
        since=maker.since,
        today=maker.today,
        name=COMPANY_NAME,
        base_currency="USD",
        ledger_organization_id=lists.ORGANIZATION_ID,
        department_tag_id=lists.DEPARTMENT_TAG_ID,
        locations=lists.make_locations(),
        departments=lists.make_departments(),
        currencies=lists.make_currencies(),
        accounts=lists.make_accounts(),
        taxes=lists.make_taxes(),
        terms=lists.make_terms(),
        money_accounts=lists.make_money_accounts(),
        vendors=(),
        contacts=(_supplier(maker),),
        orders=(),
        bills=(),
        payments=(),
        ledger_documents=(),
        ledger_payments=(),
        later_bills=(),
        later_orders=(),
        later_payments=(),
        later_vendors=(),
        later_locks=(),
        ledger_locks=(),
        unique_fields=(),
        cases=cases,
        relations=relations,
    )
