"""What a pairing costs in QuickBooks' metered reads, by the stand-in's own meter: the least that its API allows."""

import time

import pytest
from accountsoffice import Office

from .conftest import Opener

#: Preferences, which hold the closing date, and one change data capture for every list.
QUIET = 2


@pytest.fixture
def office(opening: Opener) -> Office:
    """Forty vendors, carried by a first run."""
    made = opening()
    for number in range(40):
        made.vendor(f"Supplier {number:02}")
    made.run()
    return made


def meter(office: Office) -> tuple[int, int]:
    """Metered reads, and writes, which are not metered, as the portal counts them."""
    counted = office.books.post("objects/metering", {})
    return int(counted["CorePlus"]), int(counted["Core"])


def cost_of_a_run(office: Office) -> tuple[int, int]:
    read, sent = meter(office)
    office.run_once()
    now = meter(office)
    return now[0] - read, now[1] - sent


def test_a_run_costs_two_metered_reads_and_twenty_invoices_none_beside_them(office: Office) -> None:
    assert cost_of_a_run(office) == (QUIET, 0)
    vendor = f"V{next(iter(office.vendors()))}"
    numbers = [f"{1000 + 37 * place}-{place:02}" for place in range(20)]
    for place, number in enumerate(numbers):
        office.invoice(number, vendor, net=f"{100 + place}.25")
    assert cost_of_a_run(office) == (QUIET, 20), "one write an invoice, and nothing is read after it"
    assert all(office.bill(number) for number in numbers)
    assert cost_of_a_run(office) == (QUIET, 0), "and what was written is not read by the next run either"


def test_thirty_notices_that_come_together_cost_one_metered_read(office: Office) -> None:
    moved = list(office.vendors())[:30]
    office.books.post("objects/deliveries", {})
    office.run()
    for id in moved:
        office.books.post("objects/Vendor", {"id": id, "PrimaryPhone": {"FreeFormNumber": "+1 555 0177"}})
    read, _ = meter(office)
    office.told()
    assert meter(office)[0] - read == 1, "one question names all of them; what the company is, the run has asked"
    until = time.monotonic() + 20.0
    while not all("0177" in str(office.suppliers()[f"V{id}"].get("contacts")) for id in moved):
        assert time.monotonic() < until, "what was told has not arrived"
        time.sleep(0.2)  # Basware wants some time between two writes of one record
        office.followers.follow()
        office.desk.post("objects/distribution", {})
    assert meter(office)[0] - read == 1
