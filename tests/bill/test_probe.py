"""What the organisation can do, and who we are there."""

import pytest

from mlc_bill import plugin

from .conftest import ORGANISATION, page, problem

LISTS = ("vendors", "customers", "bills", "vendor-credits", "payments", "invoices", "classifications/chart-of-accounts")


@pytest.fixture
def organisation(gateway):
    gateway.on("GET login/session", {"organizationId": ORGANISATION, "userId": "00601U", "mfaStatus": "DISABLED"})
    gateway.on(f"GET organizations/{ORGANISATION}", {"id": ORGANISATION, "name": "Halden Inc.", "taxId": "12-3456789"})
    gateway.on("GET users/00601U", {"id": "00601U", "email": "ap@halden.example", "role": {"type": "ACCOUNTANT"}})
    gateway.on("GET bill-approvals/policies", [])
    for path in LISTS:
        gateway.on(f"GET {path}", page())
    return gateway


def test_a_probe_tells_the_organisation_and_what_is_known(organisation):
    found = plugin.mlc_probe(organisation.connect(base_currency="EUR", time_zone="Europe/Berlin"))
    assert (found.entity_id, found.entity_name, found.base_currency) == (ORGANISATION, "Halden Inc.", "EUR")
    assert found.time_zone == "Europe/Berlin"
    assert found.approvals == frozenset()
    assert found.extra == {
        "accounting_sync": "no trace", "approvals": "known", "record_payments": "yes", "mfa": "DISABLED",
    }  # fmt: skip
    assert "12-3456789" not in repr(found)


def test_a_policy_makes_bills_wait_for_approval(organisation):
    organisation.on("GET bill-approvals/policies", [{"id": "p1", "status": "ACTIVE"}])
    assert plugin.mlc_probe(organisation.connect()).approvals == {"bill"}
    organisation.on("GET bill-approvals/policies", problem("BDC_1145"), status=403)
    refused = plugin.mlc_probe(organisation.connect())
    assert (refused.approvals, refused.extra["approvals"]) == (frozenset(), "not readable")


@pytest.mark.parametrize(
    ("role", "setting", "answer"),
    [("APPROVER", "auto", "no"), ("CUSTOM", "auto", "unknown"), ("ACCOUNTANT", "off", "no"), ("CLERK", "on", "yes")],
)
def test_who_may_record_payments(organisation, role, setting, answer):
    organisation.on("GET users/00601U", {"role": {"type": role}})
    probe = plugin.mlc_probe(organisation.connect(record_payments=setting))
    assert probe.extra["record_payments"] == answer


def test_another_accounting_sync_leaves_traces(organisation):
    organisation.on("GET payments", page({"id": "stp1", "syncReference": "QB-1"}))
    found = plugin.mlc_probe(organisation.connect())
    assert found.extra["accounting_sync"] == "yes"
    assert {kind.value for kind in found.owned} == {"account", "dimension"}
    assert all("accounting_sync" in sentence for sentence in found.owned.values())
    told = plugin.mlc_probe(organisation.connect(accounting_sync="no"))
    assert (told.extra["accounting_sync"], told.owned) == ("no", {})


def test_ping_tries_every_list_since_roles_refuse_one_by_one(organisation):
    connection = organisation.connect(secrets={"api_token": "se_demo_1"})
    organisation.on("GET spend/users/current", {"uuid": "usr_1", "email": "boss@halden.example", "role": "ADMIN"})
    organisation.on("GET payments", problem("BDC_1145"), status=403)
    found = plugin.mlc_ping(connection)
    assert (found.account, found.organisation) == ("ap@halden.example", f"Halden Inc. ({ORGANISATION})")
    assert found.details["Spend & Expense"] == "boss@halden.example (ADMIN)"
    (missing,) = found.permissions_missing
    assert missing.startswith("payments: BILL refuses this to the connected user")
    assert found.clock_skew_s == 0
    assert not [request for request in organisation.requests if request.method != "GET"][1:]
