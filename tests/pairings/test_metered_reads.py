"""What a pairing costs in QuickBooks' metered reads, by the stand-in's own meter: the least that its API allows."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlc.plugins import Plugins
from mlc.runner.followers import Followers
from mlc.serve.server import serving
from mlc_sandbox.scenarios.quickbookspass import VERIFIER

from .approved import Approved, approved

#: Preferences, which hold the closing date, and one change data capture for every list.
QUIET = 2


@pytest.fixture
def connected(tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> Iterator[Approved]:
    """The first pass is over."""
    monkeypatch.setattr("mlc.engine.soon.FIRST_ASKED_S", 0.2)
    monkeypatch.setattr("mlc.engine.booking.FIRST_ASKED_S", 0.2)
    monkeypatch.setattr("mlc.engine.stagework.PROVISIONAL_S", 0.0)
    with approved(tmp_path, plugins) as made:
        made.run()
        yield made


def cost(connected: Approved) -> tuple[int, int]:
    """Metered reads and writes of one pass."""
    read, sent = connected.metered(), connected.sent()
    connected.run()
    return connected.metered() - read, connected.sent() - sent


def test_a_pass_costs_two_metered_reads_and_twenty_invoices_none_beside_them(connected: Approved) -> None:
    assert cost(connected) == (QUIET, 0)
    for number in range(20):
        connected.offer(f"of-{number}", f"{100 + number}.25")
    assert cost(connected) == (QUIET, 20), "one write an invoice, and nothing is read after it"
    assert all(connected.told(f"of-{number}")[0]["success"] for number in range(20))
    assert cost(connected) == (QUIET, 0), "and what was written is not read by the next pass either"


def test_thirty_notices_that_come_together_cost_one_metered_read(connected: Approved) -> None:
    engine, books = connected.engine, connected.books
    vendors = [one for one in books.get("objects/Vendor") if one["Active"]][:30]
    with serving(
        engine.config, plugins=engine.plugins, database=engine.database, keys=engine.keys, listen="127.0.0.1:0"
    ) as receiver:
        books.post("objects/webhooks", {"url": f"{receiver.url}/webhooks/quickbooks", "verifier": VERIFIER})
        for one in vendors:
            change = {"PrimaryPhone": {"FreeFormNumber": "+1 555 0177"}}
            books.post("objects/Vendor", {"DisplayName": one["DisplayName"], "action": "change", **change})
        books.post("objects/deliveries", {})
        read = connected.metered()
        followers = Followers(engine, stop=lambda: False)
        until = time.monotonic() + 30
        while moved(connected, "0177") < len(vendors) and time.monotonic() < until:
            followers.follow()
            time.sleep(0.1)
        followers.close()
    assert connected.metered() - read == 1, "one question names all of them; what the company is, the pass has asked"
    assert moved(connected, "0177") == len(vendors)


def moved(connected: Approved, digits: str) -> int:
    """Vendors in Basware with this telephone."""
    listed: list[dict[str, Any]] = connected.desk.get("objects/vendors")
    return sum(any(digits in str(one.get("telephone")) for one in row.get("contacts", ())) for row in listed)
