"""Cases about arithmetic: tax, rounding, currencies, charges, credits."""

from decimal import Decimal

from mlc_sandbox.company.composer import Composer, Line, Share
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT, UNMAPPED_ACCOUNT
from mlc_sandbox.company.masterdata import Vendor
from mlc_sandbox.company.special_changes import amount_line, vendor_in

OFFICE = (Share("6100", "office"),)


def _one(
    composer: Composer,
    name: str,
    vendor: Vendor,
    lines: tuple[Line, ...],
    *,
    section: int,
    expect: str = "posted",
    also: tuple[str, ...] = (),
    **more: object,
) -> None:
    bill = composer.bill(vendor, lines, issue_date=composer.day(6, 35), **more)  # type: ignore[arg-type]
    composer.case(name, (bill.key,), expect, section=section, also=also)


def thirds(composer: Composer) -> None:
    """100.00 over three departments, a third each."""
    shares = tuple(Share("6200", department) for department in ("office", "support", "laboratory"))
    _one(
        composer,
        "thirds",
        vendor_in(composer, "USD", 14),
        (Line("Licence", Decimal(1), Decimal(100), shares),),
        section=7,
    )


def prices_of_eight_decimals(composer: Composer) -> None:
    """Prices per piece with eight decimals, stated total in cents."""
    lines = (
        Line("Resistors", Decimal(1250), Decimal("0.01234567"), OFFICE),
        Line("Capacitors", Decimal(3300), Decimal("0.00987654"), OFFICE),
    )
    _one(composer, "prices_of_eight_decimals", vendor_in(composer, "USD", 15), lines, section=7)


def unusual_currencies(composer: Composer) -> None:
    """A yen bill without decimals and a dinar bill with three."""
    yen = (Line("Optics", Decimal(12), Decimal(4830), OFFICE, "jct10", inclusive=True),)
    _one(composer, "yen_bill", vendor_in(composer, "JPY", 0), yen, section=7)
    dinar = (Line("Sensors", Decimal(7), Decimal("41.125"), OFFICE),)
    _one(composer, "dinar_bill", composer.parties.roles["kuwait"], dinar, section=7)


def hundred_lines(composer: Composer) -> None:
    """A hundred lines whose tax, rounded per line, is 0.03 below the tax of their sum."""
    lines = tuple(
        Line(
            f"Part {place + 1}",
            Decimal(1),
            Decimal("1.01") if place < 15 else Decimal("1.00"),
            OFFICE,
            "vat20",
        )
        for place in range(100)
    )
    _one(composer, "hundred_lines_of_rounded_tax", vendor_in(composer, "GBP", 3), lines, section=7)


def kinds_of_tax(composer: Composer) -> None:
    """Mixed prices, reverse charge, exempt, zero rated, a tax that is a cost, and one that no map knows."""
    british, german = vendor_in(composer, "GBP", 4), vendor_in(composer, "EUR", 4)
    mixed = (
        Line("Design", Decimal(2), Decimal("125.00"), OFFICE, "vat20"),
        Line("Prints", Decimal(3), Decimal("47.99"), OFFICE, "vat20", inclusive=True),
    )
    _one(composer, "mixed_inclusive_and_exclusive", british, mixed, section=8)
    rows = (
        ("reverse_charge", german, "reverse", "1480.00", "posted"),
        ("exempt", british, "exempt", "315.00", "posted"),
        ("zero_rated", british, "zero", "88.20", "posted"),
        ("tax_not_recoverable", vendor_in(composer, "USD", 2), "sales625", "240.00", "posted"),
        ("tax_unmapped", british, "vat175", "150.00", "held:tax_unmapped"),
    )
    for name, vendor, tax, price, expect in rows:
        lines = (Line("Services", Decimal(1), Decimal(price), OFFICE, tax),)
        _one(composer, name, vendor, lines, section=8, expect=expect)


def charges(composer: Composer) -> None:
    """Freight and handling on known accounts, and a duty on an account the ledger lacks."""
    vendor = vendor_in(composer, "USD", 8)
    line = Line("Pallets", Decimal(24), Decimal("18.75"), (Share("5000", "warehouse"),))
    handling = (("Handling", Decimal("12.50"), Share(FREIGHT_ACCOUNT, "warehouse")),)
    _one(
        composer,
        "freight_and_handling",
        vendor,
        (line,),
        section=9,
        shipping=Decimal("64.80"),
        costs=handling,
    )
    duty = (("Customs duty", Decimal("31.20"), Share(UNMAPPED_ACCOUNT, "warehouse")),)
    _one(composer, "charge_unmapped", vendor, (line,), section=9, expect="held:account_unmapped", costs=duty)


def negative_and_zero(composer: Composer) -> None:
    """A returned item on a bill, and a bill that comes to nothing."""
    vendor = vendor_in(composer, "USD", 7)
    returned = Line("Crate returned", Decimal(2), Decimal("-15.00"), OFFICE)
    lines = (amount_line("Gas bottles", "230.00"), returned)
    _one(composer, "negative_line", vendor, lines, section=9, also=("held:negative_line",))
    nothing = (amount_line("Sample", "40.00"), amount_line("Sample, free", "-40.00"))
    _one(composer, "zero_bill", vendor, nothing, section=9, expect="held:zero_total")


def credit_note(composer: Composer) -> None:
    """A credit note for a whole delivery."""
    line = Line("Solvent returned", Decimal(-3), Decimal("61.50"), (Share("6950", "laboratory"),))
    _one(composer, "credit_note", composer.parties.roles["credits"], (line,), section=11, expect="credit")


def partial_credit(composer: Composer) -> None:
    """A credit note with tax that also charges a restocking fee."""
    lines = (
        Line("Cable returned", Decimal(-10), Decimal("22.40"), OFFICE, "vat20"),
        Line("Restocking fee", Decimal(1), Decimal("25.00"), OFFICE, "vat20"),
    )
    _one(composer, "partial_credit", vendor_in(composer, "GBP", 1), lines, section=11, expect="credit")
