"""What an organisation can do: edition, credits, modules, fields, what its layouts insist on."""

from collections.abc import Callable
from typing import Any

import pytest
from mlc.records import ObjectType
from mlc_zoho.crm.probe import credits_of, ping, probe

from .conftest import CrmConnection, Desk, listed, nothing

ORG = {"id": "1", "zgid": "700009", "company_name": "Harbour Paper", "iso_code": "EUR", "time_zone": "Europe/Dublin",
       "license_details": {"paid": True, "paid_type": "Enterprise", "users_license_purchased": 10}}  # fmt: skip
LAYOUT = {"status": "active", "sections": [{"fields": [{"api_name": "Account_Name", "required": True},
          {"api_name": "Region", "required": True},
          {"api_name": "Sum", "required": True, "read_only": True}]}]}  # fmt: skip


@pytest.fixture
def organisation(desk: Desk) -> Desk:
    desk.on("GET /org", {"org": [ORG]})
    desk.on("GET /users", {"users": [{"email": "int@harbour.example"}]})
    desk.on("GET /settings/layouts", {"layouts": [LAYOUT, {"status": "inactive", "sections": [
        {"fields": [{"api_name": "Old", "required": True}]}]}]})  # fmt: skip
    desk.on("POST /coql", listed({"id": "9001", "Product_Name": "Books invoice line"}))
    return desk


def test_the_tenant_is_known_by_its_metadata(organisation: Desk, connection: CrmConnection) -> None:
    found = probe(connection)
    assert (found.edition, found.daily_calls, found.base_currency) == ("enterprise", 60_000, "EUR")
    assert found.unique_fields == {ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.ITEM, ObjectType.INVOICE}
    assert found.extra["mandatory:Accounts"] == "Account_Name,Region"
    assert found.extra["product"] == "9001"
    assert "Part paid" in found.extra["values:Status"].split("\n")
    assert not found.missing
    organisation.requests.clear()
    probe(connection)
    assert not organisation.requests, "within the hour nothing is asked again"


def test_what_the_edition_lacks_is_told_and_off(organisation: Desk, connect: Callable[..., CrmConnection]) -> None:
    found = probe(connect(invoice_module="Ledger_Invoices"))
    assert found.missing[ObjectType.INVOICE] == (
        "This edition of Zoho CRM has no module Ledger_Invoices, or the API does not reach it. "
        "Name a custom module in invoice_module, or Notes for notes on accounts."
    )
    assert ObjectType.INVOICE not in found.unique_fields
    organisation.on("POST /coql", nothing())
    assert "no product named" in probe(connect()).missing[ObjectType.INVOICE]


def test_ping_says_which_product_lines_stand_under_or_how_to_make_it(
    organisation: Desk, connect: Callable[..., CrmConnection]
) -> None:
    assert ping(connect()).details["product of invoice lines"] == "Books invoice line (9001)"
    organisation.on("POST /coql", nothing())
    told = ping(connect(invoice_product="Ledger line")).details["product of invoice lines"]
    assert "Create Product, type Ledger line as Product Name" in told
    assert "product of invoice lines" not in ping(connect(invoice_module="Notes")).details


def test_notes_have_no_unique_field_and_need_no_product(
    organisation: Desk, connect: Callable[..., CrmConnection]
) -> None:
    organisation.on("POST /coql", nothing())
    found = probe(connect(invoice_module="Notes"))
    assert ObjectType.INVOICE not in found.unique_fields
    assert not found.missing


def test_ping_says_who_and_what_is_not_there(organisation: Desk, connect: Callable[..., CrmConnection]) -> None:
    identity = ping(connect(tax_number_field="USt_Id"))
    assert (identity.account, identity.organisation, identity.plan) == (
        "int@harbour.example", "Harbour Paper (700009)", "enterprise",
    )  # fmt: skip
    assert identity.clock_skew_s == 0.0
    assert identity.details["fields not there"] == "Accounts.USt_Id"


@pytest.mark.parametrize(
    ("edition", "users", "credits"),
    [("free", 3, 5_000), ("standard", 10, 52_500), ("standard", 900, 100_000), ("professional", 10, 55_000),
     ("enterprise", 4_000, 2_000_000), ("ultimate", 4_000, 8_050_000), ("zoho one", 10, 60_000),
     (None, 10, None), ("galactic", 10, None)],
)  # fmt: skip
def test_credits_follow_the_edition(edition: Any, users: int, credits: int | None) -> None:
    assert credits_of(edition, users) == credits
