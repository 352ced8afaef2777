"""Basware's own ways of not working: one sentence each, with the remedy."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mlc.errors import ExitCode
from mlc_sandbox.served import Served, serve

from .conftest import Installation, toml

SECRETS = {"BW_ID": "demo-client", "BW_SECRET": "demo-secret"}
Fault = Callable[..., None]


class Tenant(Installation):
    """One connection to Basware, no pairing."""

    def write(self) -> None:
        lines = ["[connections.payables]", *(f"{key} = {toml(value)}" for key, value in self.buying.items())]
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def basware() -> Iterator[Served]:
    with serve(("basware",), seed=7, records=3) as served:
        yield served["basware"]


@pytest.fixture
def ask(basware: Served) -> Iterator[Fault]:
    def lay(match: str, kind: str, **options: Any) -> None:
        basware.post("faults", {"match": match, "kind": kind, "times": None, **options})

    yield lay
    basware._ask("DELETE", "faults")


@pytest.fixture
def mlc(basware: Served, tmp_path: Path) -> Tenant:
    given = {
        "system": "basware", "source_system": "L-1", "company_codes": ["1000"], "organization_element": "1000",
        "endpoint": basware.url, "client_id": {"env": "BW_ID"}, "client_secret": {"env": "BW_SECRET"},
    }  # fmt: skip
    return Tenant(home=tmp_path, buying=given, books={}, pairing={}, environ=dict(SECRETS))


def test_what_works_says_so(mlc: Tenant) -> None:
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.DONE, told.err


def test_a_wrong_secret_names_host_and_where_it_may_differ(mlc: Tenant) -> None:
    mlc.environ["BW_SECRET"] = "wrong"
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.CREDENTIALS
    assert "Basware refuses the client id or the client secret at api.basware.com" in told.sentence()
    assert "Check region and environment, then enter both with mlc connect" in told.sentence()


def test_a_host_that_does_not_answer_is_named_with_what_makes_it(mlc: Tenant) -> None:
    mlc.buying["endpoint"] = "http://127.0.0.1:9"
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.UNAVAILABLE
    assert "127.0.0.1 cannot be reached" in told.sentence()


def test_a_region_that_there_is_not_is_told_with_those_there_are(mlc: Tenant) -> None:
    mlc.buying["region"] = "asia"
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.USAGE
    assert "region" in told.sentence()
    assert "'eu', 'us', 'au' or 'ca'" in told.sentence()


def test_a_host_of_another_service_is_told_with_the_setting(mlc: Tenant, ask: Fault) -> None:
    ask("/v1/tokens", "html", status=404)
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.CREDENTIALS
    assert "api.basware.com has no token service" in told.sentence()
    assert "region, environment or base_url" in told.sentence()


def test_a_scope_that_is_refused_is_named_with_both_remedies(mlc: Tenant, ask: Fault) -> None:
    refused = {"error": "invalid_scope", "error_description": "scope not allowed: vendors.write"}
    ask("/v1/tokens", "status", status=400, body=refused)
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.CREDENTIALS
    assert "vendors.write" in told.sentence()
    assert "have them added to the API client, or set scopes" in told.sentence()


def test_a_scope_that_is_left_out_is_named(mlc: Tenant, basware: Served) -> None:
    few = {"client_id": "few", "client_secret": "few-secret", "scopes": ["accountingDocuments.read", "vendors.read"]}
    basware.post("objects/tokens", few)
    mlc.environ |= {"BW_ID": "few", "BW_SECRET": "few-secret"}
    told = mlc.say("ping", "payables", "--json")
    shown = json.loads(told.out)
    assert "scope vendors.write: have it added to the API client" in json.dumps(shown)
    assert told.code == ExitCode.NEEDS_A_PERSON


def test_a_company_code_that_nothing_is_seen_of_is_told(mlc: Tenant) -> None:
    mlc.buying["company_codes"] = ["1000", "9999"]
    told = mlc.say("ping", "payables", "--json")
    details = json.loads(told.out)["connections"][0]["details"] if "connections" in told.out else json.loads(told.out)
    assert "check company_codes" in json.dumps(details)
    assert "company 9999" in json.dumps(details)
    assert "company 1000" not in json.dumps(details)


def test_a_storage_that_nobody_named_is_told_with_the_setting(mlc: Tenant, ask: Fault) -> None:
    away = {"location": "https://store.example.net/x?signature=abc"}
    ask("GET /v1/accountingDocuments", "status", status=302, headers=away)
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.USAGE
    assert "store.example.net" in told.sentence()
    assert "redirect_hosts of payables" in told.sentence()
    assert "abc" not in told.err


def test_a_missing_company_code_and_a_missing_folder_are_told_by_name(mlc: Tenant) -> None:
    del mlc.buying["company_codes"]
    assert "company_codes is missing: Basware company codes" in mlc.say("ping", "payables").sentence()
    mlc.buying |= {"company_codes": ["1000"], "data_access": True}
    told = mlc.say("ping", "payables")
    assert told.code == ExitCode.USAGE
    assert "data_access needs extracts_folder" in told.sentence()
