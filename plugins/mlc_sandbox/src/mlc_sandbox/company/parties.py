"""Sixty vendors of a seeded company and the ledger's contacts, with the names that make matching hard."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from mlc_sandbox.company.ledger import LedgerContact
from mlc_sandbox.company.lists import ledger_id
from mlc_sandbox.company.masterdata import Address, Vendor

_PLACES = {
    "US": ("USA", (("Boston", "MA", "02110"), ("Austin", "TX", "78701"), ("Chicago", "IL", "60607"))),
    "IE": ("Ireland", (("Dublin", "", "D02 X285"), ("Cork", "", "T12 R6C8"))),
    "DE": ("Germany", (("München", "BY", "80331"), ("Köln", "NW", "50667"))),
    "FR": ("France", (("Lyon", "", "69002"), ("Orléans", "", "45000"))),
    "SE": ("Sverige", (("Göteborg", "", "411 06"),)),
    "ES": ("España", (("A Coruña", "", "15001"),)),
    "GB": ("United Kingdom", (("Leeds", "", "LS1 4AP"), ("London", "", "EC2A 4NE"))),
    "CA": ("Canada", (("Toronto", "ON", "M5V 2T6"), ("Montréal", "QC", "H2Y 1C6"))),
    "JP": ("Japan", (("Ōsaka", "", "530-0001"), ("Tokyo", "", "100-0005"))),
    "KW": ("Kuwait", (("Kuwait City", "", "13001"),)),
}
_TAX_OF_COUNTRY = {"GB": "vat20", "IE": "vat23", "CA": "hst13", "JP": "jct10"}
_LONG = (
    "Gesellschaft für angewandte Messtechnik, Kalibrierung und Instandhaltung elektronischer Laborgeräte "
    "mit beschränkter Haftung & Co. KG"
)
_ORDINARY = (
    # currency, country, name
    ("USD", "US", "Harbor Paper & Packaging"), ("USD", "US", "Blue Ridge Metals LLC"),
    ("USD", "US", "Cascade Office Supply"), ("USD", "US", "Peña & Sons Machining"),
    ("USD", "US", "Summit Cloud Hosting"), ("USD", "US", "Zürcher Precision Tools (USA) Inc."),
    ("USD", "US", "Lakeside Electrical"), ("USD", "US", "O'Rourke Industrial Cleaning"),
    ("USD", "US", "Pioneer Freight Lines"), ("USD", "US", "Stonebridge Legal LLP"),
    ("USD", "US", "Delta Calibration Labs"), ("USD", "US", "Evergreen Software"),
    ("USD", "US", "Ironwood Fasteners"), ("USD", "US", "Kestrel Marketing Group"),
    ("USD", "US", "Señal Networks"), ("USD", "US", "Tri-State Repairs"),
    ("EUR", "IE", "Ó Briain Engineering Ltd"), ("EUR", "IE", "Shannon Print Works"),
    ("EUR", "IE", "Liffey Catering"), ("EUR", "DE", _LONG),
    ("EUR", "DE", "Bäcker Elektronik GmbH"), ("EUR", "DE", "Schäfer Spedition"),
    ("EUR", "FR", "Société Générale de Mécanique"), ("EUR", "FR", "Atelier Brûlé"),
    ("EUR", "ES", "Muñoz Ingeniería S.L."), ("EUR", "SE", "Ångström Optik AB"),
    ("GBP", "GB", "Ashdown Components plc"), ("GBP", "GB", "Whitby Wire & Cable"),
    ("GBP", "GB", "Brontë Training Services"), ("GBP", "GB", "Camden Design Studio"),
    ("GBP", "GB", "Fenwick Tooling"), ("GBP", "GB", "Pennine Energy"),
    ("CAD", "CA", "Équipements Laurentides inc."), ("CAD", "CA", "Maple Leaf Logistics"),
    ("CAD", "CA", "Québec Chimie"), ("CAD", "CA", "Prairie Instruments"),
    ("CAD", "CA", "Rivière Propre"), ("CAD", "CA", "Niagara Glass"),
    ("JPY", "JP", "株式会社 東洋計測"), ("JPY", "JP", "Ōta Seiki K.K."),
    ("JPY", "JP", "Kyōwa Trading"), ("JPY", "JP", "Hayashi Optics"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Role:
    """A vendor with a part to play: how procurement and the ledger know it.

    ``link``: id, number or name (how the sides match), unlinked (a contact that must not match), or none.
    """

    name: str
    vendor: str
    currency: str = "USD"
    country: str = "US"
    link: str = "id"
    vendor_type: int = 3
    contact_name: str | None = None
    contact_type: str = "vendor"
    contact_active: bool = True


ROLES = (
    Role("unknown", "Nowhere Supplies Co.", link="none"),
    Role("appears", "Latecomer Labs", link="none"),
    Role("customer", "Meridian Biotech", link="unlinked", contact_type="customer"),
    Role("inactive", "Quiet Harbour Storage", contact_active=False),
    Role("twin_a", "Global Services", link="id"),
    Role("twin_b", "Global Services", link="id", contact_name="Global Services (Austin)"),
    Role("same_a", "Müller GmbH", "EUR", "DE", link="unlinked"),
    Role("same_b", "Müller GmbH", "EUR", "DE", link="none"),
    Role("two_currencies", "Lindqvist Bearings AB", "EUR", "SE"),
    Role("employee", "Aoife Nolan", link="none", vendor_type=5),
    Role("card_provider", "Harbor Card Services", link="none", vendor_type=6),
    Role("landlord", "Seaport Properties Trust", link="number"),
    Role("repeater", "Atlas Fluid Power", link="number"),
    Role("kuwait", "Al Salam Instruments W.L.L.", "KWD", "KW", link="name"),
    Role("spaced", "Dr.  Hübner  KG", "EUR", "DE", link="name", contact_name="dr. hübner kg"),
    Role("restarts", "Nordhavn Service ApS", "EUR", "DE", link="number"),
    Role("remit", "Rowan Timber Products", link="number"),
    Role("credits", "Castellan Chemicals", link="id"),
)


@dataclass(frozen=True, slots=True)
class Parties:
    """All vendors and contacts; ``roles`` names the vendors with a part, ``ordinary`` all others."""

    vendors: tuple[Vendor, ...]
    contacts: tuple[LedgerContact, ...]
    roles: dict[str, Vendor]
    ordinary: tuple[Vendor, ...]


def make_parties(rng: Random, *, history_start: datetime) -> Parties:
    """Make the sixty vendors, their ledger contacts, and contacts that only the ledger knows."""
    vendors: list[Vendor] = []
    contacts: list[LedgerContact] = []
    links = ("id", "number", "name")
    plan = [("", Role("", name, code, country, link=links[index % 3]))
            for index, (code, country, name) in enumerate(_ORDINARY)]  # fmt: skip
    plan += [(role.name, role) for role in ROLES]
    roles: dict[str, Vendor] = {}
    for number, (role_name, role) in enumerate(plan, start=1):
        contact = None if role.link == "none" else _contact(rng, number, role, at=history_start)
        vendor = _vendor(rng, number, role, contact=contact, at=history_start)
        vendors.append(vendor)
        if contact:
            contacts.append(contact)
        if role_name:
            roles[role_name] = vendor
    contacts += _ledger_only(rng, at=history_start)
    ordinary = tuple(vendor for vendor in vendors if vendor.key not in {other.key for other in roles.values()})
    return Parties(tuple(vendors), tuple(contacts), roles, ordinary)


def _vendor(rng: Random, number: int, role: Role, *, contact: LedgerContact | None, at: datetime) -> Vendor:
    slug = "".join(letter for letter in role.vendor.lower() if letter.isascii() and letter.isalnum())[:18] or "toyo"
    external_id = None
    if contact is not None and role.link == "id":
        external_id = contact.ledger_id
    elif contact is not None and role.link == "number":
        external_id = contact.contact_number
    elif role.name == "appears":
        external_id = "V-LATE"
    return Vendor(
        key=f"vendor:{number:03d}",
        id=number,
        name=role.vendor,
        vendor_type=role.vendor_type,
        active=True,
        address=_address(rng, role.country, number),
        contact_name=_person(rng),
        emails=("",) if number % 11 == 0 else (f"orders@{slug}.example",),
        phone=f"+1 617 555 {number:04d}",
        website=f"https://{slug}.example",
        currency=role.currency,
        term=rng.choice(("net15", "net30", "net30", "net45")),
        external_id=external_id,
        is_1099=role.country == "US" and number % 5 == 0,
        modified_at=at + timedelta(days=number),
        contact=contact.key if contact is not None and role.link != "unlinked" else None,
        prefix=f"{slug[:2].upper()}{number:02d}-",
        tax=_TAX_OF_COUNTRY.get(role.country),
    )


def _contact(rng: Random, number: int, role: Role, *, at: datetime) -> LedgerContact:
    name = role.contact_name or role.vendor
    return LedgerContact(
        key=f"contact:{number:03d}",
        ledger_id=ledger_id(111000 + number),
        name=name,
        contact_number=f"V-{1000 + number}",
        contact_type=role.contact_type,
        active=role.contact_active,
        currency=role.currency,
        term_days=rng.choice((15, 30, 45)),
        address=_address(rng, role.country, number),
        person_name=_person(rng),
        email=f"ar{number}@vendor{number}.example",
        phone="",
        website="",
        legal_name=name,
        track_1099=False,
        person_id=ledger_id(112000 + number),
        modified_at=at + timedelta(days=number, hours=2),
        vendor=None if role.link == "unlinked" else f"vendor:{number:03d}",
    )


def _ledger_only(rng: Random, *, at: datetime) -> list[LedgerContact]:
    """Parties that procurement never buys from: two vendors, four customers."""
    rows = (
        ("City of Boston", "vendor"), ("Harbor Mutual", "vendor"), ("Northgate Hospital", "customer"),
        ("Universität Tübingen", "customer"), ("Aoife Nolan", "customer"), ("Pacific Research", "customer"),
    )  # fmt: skip
    return [
        _contact(rng, 900 + index, Role("", name, link="unlinked", contact_type=kind), at=at)
        for index, (name, kind) in enumerate(rows)
    ]


def _address(rng: Random, country: str, number: int) -> Address:
    label, cities = _PLACES[country]
    city, region, postal = rng.choice(cities)
    line2 = "Suite 200" if number % 7 == 0 else ""
    return Address(f"{rng.randint(1, 480)} Market Street", line2, city, region, postal, label, country)


def _person(rng: Random) -> str:
    first = rng.choice(("Ana", "Björn", "Chloé", "Dónal", "Emma", "Hiro", "José", "Zoë", "Liam", "Marta"))
    return f"{first} {rng.choice(('Nguyen', 'García', 'Smith', 'Lefèvre', 'Okafor', 'Svensson', 'Tanaka'))}"
