"""Suppliers typed into P2P, with vendors-back in mode hold: each is proposed; a person links it or has it made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from halls.hall import open_hall
from halls.ledgers import ZohoBooks
from mlc.plugins import Plugins
from mlc_sandbox.basware.seed import HEAD


@pytest.fixture
def hall(tmp_path: Path, plugins: Plugins) -> Iterator[Any]:
    settings = {"basware": {"data_access": True, "extracts_folder": str(tmp_path / "extracts")}}
    back = {"flows": {"vendors-back": {"mode": "hold"}}}
    with open_hall(tmp_path, plugins, ZohoBooks, pairing=back, settings=settings) as opened:
        yield opened


def typed(hall: Any, code: str, name: str) -> None:
    hall.desk.post("objects/p2p_vendors", {"vendorCode": code, "name": name, "companies": [{"companyCode": HEAD}]})


def held(hall: Any) -> dict[str, Any]:
    """What waits for a person, by its id in P2P."""
    return {row["external_id"]: row for row in hall.held("missing_vendor") if row["side"] == "right"}


def test_a_person_links_or_creates_what_people_typed_into_p2p(hall: Any) -> None:
    typed(hall, "T-78", "Lighthouse Catering")
    hall.desk.post("objects/dataExtracts", {"type": "Initial"})
    hall.run()
    contacts = {row["contact_id"]: row for row in hall.ledger.served.get("objects/contacts")}
    proposed = held(hall)
    assert "is not in Zoho Books" in proposed["T-78"]["sentence"]
    twins = [row for row in proposed.values() if row["detail"].get("candidates")]
    wanted = twins[0]["detail"]["candidates"][0]
    hall.mlc("held", "create", str(proposed["T-78"]["record_id"]))
    hall.mlc("held", "link", str(twins[0]["record_id"]), wanted["id"])
    hall.run()
    made = [row for row in hall.ledger.served.get("objects/contacts") if row["contact_id"] not in contacts]
    assert [row["contact_name"] for row in made] == ["Lighthouse Catering"]
    assert not held(hall).keys() & {"T-78", twins[0]["external_id"]}
    hall.invoice("typed", "91.30", supplierCode="T-78")
    hall.invoice("linked", "92.40", supplierCode=twins[0]["external_id"], currencyCode=wanted["currency"])
    hall.run()
    ((first,), (second,)) = (hall.ledger.bills(f"N-{name}") for name in ("typed", "linked"))
    assert (first["vendor_id"], second["vendor_id"]) == (made[0]["contact_id"], wanted["id"])
    assert hall.shown("vendors", vendorCode="T-78") == [], "what was typed into P2P is never written"
