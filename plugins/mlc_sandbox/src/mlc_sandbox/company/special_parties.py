"""Cases about who a bill is from."""

from dataclasses import replace

from mlc_sandbox.company.composer import Composer
from mlc_sandbox.company.model import Stage
from mlc_sandbox.company.ordinary import some_line
from mlc_sandbox.company.special_changes import amount_line


def _bill_of(composer: Composer, role: str, *, currency: str | None = None, bill_type: int = 0) -> str:
    vendor = composer.parties.roles[role]
    line = some_line(composer, vendor)
    bill = composer.bill(vendor, (line,), issue_date=composer.day(6, 30), currency=currency, bill_type=bill_type)
    return bill.key


def vendor_unknown(composer: Composer) -> None:
    """The ledger has never heard of the vendor."""
    composer.case("vendor_unknown", (_bill_of(composer, "unknown"),), "held:missing_vendor", section=4)


def vendor_appears(composer: Composer) -> None:
    """The ledger does not know the vendor until the accountant adds it."""
    key = _bill_of(composer, "appears")
    composer.case("vendor_appears", (key,), "held:missing_vendor", section=4)
    composer.case("vendor_appears_later", (key,), "posted", section=4, stage=Stage.EVENTS)


def vendor_is_customer(composer: Composer) -> None:
    """The ledger has a customer of that name, and names are unique there."""
    key = _bill_of(composer, "customer")
    composer.case("vendor_is_customer", (key,), "held:name_taken", section=4, also=("held:missing_vendor",))


def vendor_inactive(composer: Composer) -> None:
    """The ledger's contact is inactive."""
    composer.case("vendor_inactive", (_bill_of(composer, "inactive"),), "held:vendor_inactive", section=4)


def two_of_one_name(composer: Composer) -> None:
    """Two vendors of one name: once told apart by their ids, once not."""
    told_apart = (_bill_of(composer, "twin_a"), _bill_of(composer, "twin_b"))
    composer.case("one_name_two_ids", told_apart, "posted", section=4)
    alike = (_bill_of(composer, "same_a"), _bill_of(composer, "same_b"))
    composer.case("one_name_no_ids", alike, "held:ambiguous", section=4)


def two_currencies(composer: Composer) -> None:
    """One supplier invoices in EUR and USD; the ledger holds it in EUR."""
    composer.case("supplier_in_its_currency", (_bill_of(composer, "two_currencies"),), "posted", section=3)
    other = _bill_of(composer, "two_currencies", currency="USD")
    composer.case(
        "supplier_in_another_currency", (other,), "held:currency_mismatch", section=3, also=("held:missing_vendor",)
    )


def name_spelled_apart(composer: Composer) -> None:
    """The names agree but for spaces and capitals."""
    composer.case("name_differs_in_case_and_spaces", (_bill_of(composer, "spaced"),), "posted", section=4)


def other_bill_types(composer: Composer) -> None:
    """An employee's expense bill and a card provider's bill."""
    keys = (_bill_of(composer, "employee", bill_type=1), _bill_of(composer, "card_provider", bill_type=2))
    composer.case("expense_and_card_bills", keys, "not_carried", section=4)


def payee_address_changes(composer: Composer) -> None:
    """A vendor with an open bill is given another postal address."""
    vendor = composer.parties.roles["remit"]
    bill = composer.bill(vendor, (amount_line("Timber", "914.00"),), issue_date=composer.day(6, 30))
    moved = replace(vendor.address, line1="12 Offshore Parade", line2="Unit 9")
    composer.later_vendors.append(
        replace(
            vendor,
            address=moved,
            emails=("billing@rowan-payments.example",),
            modified_at=composer.at(composer.today),
        )
    )
    composer.case("payee_address_before_change", (bill.key,), "posted", section=17)
    composer.case("payee_address_changes", (vendor.key,), "held:remit_change", section=17, stage=Stage.EVENTS)
