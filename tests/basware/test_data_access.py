"""Suppliers typed into P2P: read from extracts once, told as vendors, never written; against the stand-in."""

import gzip
import os
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlc import BulkShelf, FetchMode, FindKey, Operation, Rejected, Write
from mlc.connection import AnyConnection
from mlc.errors import ConfigError, RejectedError, TransientError
from mlc.http import Verdict
from mlc.records import ObjectType, PartyStatus
from mlc.testing import open_test_connection
from mlc_basware.extractfiles import rows_of
from mlc_basware.openrecords import open_record
from mlc_basware.register import open_register
from mlc_sandbox.basware.app import BaswareStandIn
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server

from mlc_basware import extractfiles, plugin

VENDOR = ObjectType.VENDOR
SETTINGS: Mapping[str, Any] = {"source_system": "L-1", "company_codes": ["1000"], "data_access": True}
SECRETS = {"client_id": "demo-client", "client_secret": "demo-secret"}


class Tenant:
    """A stand-in of its own records, and connections to it whose clock is moved."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.standin: BaswareStandIn = server.standin
        self.url, self.folder = server.url, folder
        self.now = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
        self.opened: list[AnyConnection] = []

    def connect(self, **settings: Any) -> AnyConnection:
        given = {**SETTINGS, "extracts_folder": str(self.folder), **settings}
        made = open_test_connection(
            plugin, settings=given, secrets=SECRETS, url=self.url, now=lambda: self.now, name="p2p"
        )
        self.opened.append(made)
        return made

    def screen(self, kind: str, **change: Any) -> Any:
        with self.standin.lock:
            return self.standin.ui_change(kind, change)

    def typed(self, code: str, name: str, company: str = "1000", **more: Any) -> str:
        made = self.screen("p2p_vendors", vendorCode=code, name=name, companies=[{"companyCode": company}], **more)
        return str(made["typed"])

    def posted(self, code: str, name: str) -> None:
        companies = [{"companyCode": "1000", "inheritToChildUnits": False}]
        self.screen("vendors", externalCode=f"x-{code}", vendorCode=code, name=name, companies=companies)

    def extract(self, type: str = "Initial") -> str:
        with self.standin.lock:
            self.standin.clock.advance(60)
        return str(self.screen("dataExtracts", type=type)["id"])

    def downloads(self) -> int:
        return sum(self.standin.extracts.fetched.values())

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(BaswareStandIn(clock=Clock())) as served:
        yield served


@pytest.fixture
def tenant(server: Server, tmp_path: Path) -> Iterator[Tenant]:
    standin: BaswareStandIn = server.standin
    for kind in ("dataExtracts", "vendors", "p2p_vendors"):
        for id in list(standin.store.ids(kind)):
            standin.store.remove(kind, id, {"kind": "test"})
    standin.extracts.files.clear()
    standin.extracts.fetched.clear()
    standin.switches["extract_format"] = "json"
    standin.limits_enabled = False
    made = Tenant(server, tmp_path / "extracts")
    yield made
    for connection in made.opened:
        connection.http.close()


def told(connection: AnyConnection, cursor: str | None = None, mode: FetchMode = FetchMode.CHANGES) -> Any:
    """One pass: vendors by code, and the watermark."""
    found: dict[str, Any] = {}
    while True:
        page = plugin.mlc_fetch(connection, VENDOR, cursor, mode)
        for row in page.records:
            assert row.id not in found
            found[row.id] = plugin.mlc_map(connection, VENDOR, row.payload)
        cursor = page.next_cursor
        if cursor is None:
            return found, page.watermark


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_supplier_typed_into_p2p_is_a_vendor_beside_those_of_the_api(tenant: Tenant, form: str) -> None:
    tenant.standin.switches["extract_format"] = form
    tenant.posted("V-1", "Posted Oy")
    tenant.typed("V-77", "Typed, Ltd")
    tenant.typed("V-78", "Elsewhere", company="2000")
    tenant.extract()
    vendors, _ = told(tenant.connect())
    assert {code: one.name for code, one in vendors.items()} == {"V-1": "Posted Oy", "V-77": "Typed, Ltd"}
    assert (vendors["V-77"].vendor_code, vendors["V-77"].entities) == ("V-77", ("1000",))
    assert vendors["V-1"].source.source_ids == {"externalCode": "x-V-1"}, "the API's own row, not the extract's"


def test_a_later_pass_tells_what_changed_and_a_sweep_tells_all_without_a_download(tenant: Tenant) -> None:
    first = tenant.typed("V-77", "Typed Ltd")
    tenant.typed("V-79", "Quiet Ltd")
    tenant.extract()
    connection = tenant.connect()
    _, mark = told(connection)
    tenant.screen("p2p_vendors", id=first, action="deactivate")
    tenant.extract("Delta")
    assert told(connection, mark)[0] == {}, "within the hour nobody looks"
    tenant.later(minutes=61)
    changed, later = told(connection, mark)
    assert {code: one.status for code, one in changed.items()} == {"V-77": PartyStatus.INACTIVE}
    assert told(connection, later)[0] == {}
    downloads = tenant.downloads()
    assert set(told(connection, mode=FetchMode.SWEEP)[0]) == {"V-77", "V-79"}
    assert tenant.downloads() == downloads == 2
    assert {row["processingStatus"] for row in tenant.standin.store.all("dataExtracts")} == {"WaitingForExport"}


def test_an_extract_that_another_reader_acknowledged_is_read_all_the_same(tenant: Tenant) -> None:
    tenant.typed("V-77", "Typed Ltd")
    id = tenant.extract()
    row = tenant.standin.store.get("dataExtracts", id) or {}
    tenant.standin.store.put("dataExtracts", id, {**row, "processingStatus": "Exported"}, {"kind": "test"})
    assert set(told(tenant.connect())[0]) == {"V-77"}


def test_a_supplier_that_was_posted_later_is_the_same_vendor(tenant: Tenant) -> None:
    tenant.typed("V-77", "Typed Ltd")
    tenant.extract()
    connection = tenant.connect()
    _, mark = told(connection)
    tenant.posted("V-77", "Typed Ltd")
    swept, _ = told(connection, mode=FetchMode.SWEEP)
    assert swept["V-77"].source.source_ids == {"externalCode": "x-V-77"}
    assert told(connection, mark)[0].keys() <= {"V-77"}


def test_a_crash_while_a_file_is_read_costs_no_download(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant.typed("V-77", "Typed Ltd")
    tenant.extract()
    connection = tenant.connect()
    with monkeypatch.context() as broken:
        broken.setattr(BulkShelf, "take", lambda *_given, **_more: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            told(connection)
    (kept,) = (tenant.folder / "p2p.extracts").iterdir()
    assert os.stat(kept.parent).st_mode & 0o77 == 0
    assert set(told(tenant.connect())[0]) == {"V-77"}
    assert tenant.downloads() == 1
    assert not kept.exists()


def test_a_file_that_cannot_be_downloaded_any_more_is_named_and_the_rest_goes_on(tenant: Tenant) -> None:
    tenant.posted("V-1", "Posted Oy")
    tenant.typed("V-77", "Typed Ltd")
    id = tenant.extract()
    tenant.standin.extracts.fetched[id, "ADM_SUPPLIER_0001.json.gz"] = 5
    connection = tenant.connect()
    assert set(told(connection)[0]) == {"V-1"}
    missing = plugin.mlc_ping(connection).permissions_missing
    assert any("ADM_SUPPLIER_0001.json.gz" in one and "Initial" in one for one in missing)
    tenant.extract()
    tenant.later(hours=2)
    assert "V-77" in told(connection)[0]
    assert not [one for one in plugin.mlc_ping(connection).permissions_missing if "ADM_SUPPLIER" in one]


def test_a_lost_register_is_filled_again_and_a_pass_goes_on(tenant: Tenant) -> None:
    tenant.typed("V-77", "Typed Ltd")
    tenant.extract()
    connection = tenant.connect()
    _, mark = told(connection)
    (tenant.folder / "p2p.suppliers.sqlite").unlink()
    assert set(told(connection, mark)[0]) == {"V-77"}
    assert set(told(tenant.connect(company_codes=["1000", "2000"]))[0]) == {"V-77"}, "other terms read all again"
    assert tenant.downloads() == 3


def test_a_broken_register_is_told_with_what_to_do(tenant: Tenant) -> None:
    tenant.folder.mkdir()
    (tenant.folder / "p2p.suppliers.sqlite").write_bytes(b"x" * 4096)
    with pytest.raises(ConfigError) as refused:
        told(tenant.connect())
    assert "may be deleted" in refused.value.sentence


def test_a_column_that_is_not_there_is_told_with_those_that_are(tenant: Tenant) -> None:
    tenant.typed("V-77", "Typed Ltd")
    tenant.extract()
    with pytest.raises(ConfigError) as refused:
        told(tenant.connect(supplier_columns={"tax_number": "VAT_REG"}))
    assert "tax_number (VAT_REG)" in refused.value.sentence
    assert "SUPPLIER_CODE" in refused.value.sentence
    assert tenant.downloads() == 0
    renamed = tenant.connect(supplier_columns={"tax_number": "payment_term_code"})
    assert set(told(renamed)[0]) == {"V-77"}, "a failed look does not wait an hour"


def test_settings_that_cannot_work_are_refused(tenant: Tenant) -> None:
    for odd in ({"extracts_folder": None}, {"supplier_columns": {"code": ""}}, {"supplier_columns": {"iban": "X"}}):
        with pytest.raises(ValueError, match=r"extracts_folder|without its code|iban"):
            tenant.connect(**odd)


def test_a_typed_supplier_is_read_and_found_and_never_written(tenant: Tenant) -> None:
    tenant.typed("V-77", "Typed Ltd")
    tenant.extract()
    connection = tenant.connect()
    told(connection)
    found, gone = plugin.mlc_read(connection, VENDOR, ["V-77", "V-99"])
    assert (found.deleted, found.payload["name"]) == (None, "Typed Ltd")
    assert gone.deleted is not None
    by_number, by_name, none = plugin.mlc_find(
        connection, VENDOR,
        [FindKey("l:vendor:1", **one) for one in ({"number": "v-77"}, {"name": "typed  LTD"}, {"name": "T"})],
    )  # fmt: skip
    assert [[one.id for one in each] for each in (by_number, by_name, none)] == [["V-77"], ["V-77"], []]
    payload = open_record({"externalCode": "L-1-1", "name": "Other"}, [{"companyCode": "1000"}])
    write = Write(
        "w",
        Operation.UPDATE,
        payload,
        record_key="l:vendor:1",
        external_id="V-77",
        expected_version=found.version,
        action="keep",
    )
    with connection.http.permit("w") as permit:
        (outcome,) = plugin.mlc_push(connection, VENDOR, [write])
    assert isinstance(outcome, Rejected)
    assert "typed into P2P" in outcome.reason
    assert permit.verdict() is Verdict.SURELY_NOT_SENT


def test_without_the_add_on_one_sentence_says_so_and_the_connection_goes_on(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.standin.faults.ask("GET /v1/dataExtracts", "status", status=403, body={"message": "Forbidden"}, times=None)
    try:
        with pytest.raises(RejectedError) as refused:
            told(tenant.connect())
        assert "Data Access" in refused.value.sentence
        assert "data_access = false" in refused.value.sentence
        assert any("Data Access" in one for one in plugin.mlc_ping(tenant.connect()).permissions_missing)
    finally:
        tenant.standin.faults.clear()


def test_only_columns_that_are_carried_are_kept(tenant: Tenant) -> None:
    tenant.typed("V-77", "Typed Ltd")
    tenant.extract()
    name = next(key for key in tenant.standin.extracts.files if key[1].startswith("ADM_SUPPLIER"))
    content = b'[{"SUPPLIER_CODE": "V-77", "SUPPLIER_NAME": "T", "COMPANY_CODE": "1000", "IBAN": "FI2112345600000785"}]'
    tenant.standin.extracts.files[name] = gzip.compress(content)
    connection = tenant.connect()
    told(connection)
    kept = b"".join(path.read_bytes() for path in tenant.folder.rglob("*") if path.is_file())
    assert b"V-77" in kept
    assert b"FI2112345600000785" not in kept
    with open_register(connection) as register:
        assert [one.parts for one in register.after(0, 10)] == [{"1000": {"name": "T"}}]


# -------------------------------------------------------------------- files

ROWS = [{"A": "1", "B": "x, y"}, {"A": "2"}, {"A": "3.10", "B": "ä"}]
JSON_TEXT = '\ufeff[ {"a": 1, "b": "x, y", "c": null},\n{"a": 2, "d": {}}, {"a": 3.10, "b": "ä"} ]'
LINES_TEXT = '{"a": 1, "b": "x, y"}\n{"a": 2}\n{"a": 3.10, "b": "ä"}\n'
CSV_TEXT = '\ufeffa;b\r\n1;"x, y"\r\n2;\r\n3.10;ä\r\n'


@pytest.mark.parametrize("text", [JSON_TEXT, LINES_TEXT, CSV_TEXT], ids=["array", "lines", "csv"])
@pytest.mark.parametrize("packed", ["gz", "zip", "plain"])
def test_a_file_is_read_row_by_row_whatever_its_form(
    text: str, packed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractfiles, "PIECE", 7)
    path = tmp_path / "file"
    if packed == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("rows", text.encode())
    else:
        path.write_bytes(gzip.compress(text.encode()) if packed == "gz" else text.encode())
    assert list(rows_of(path)) == ROWS


@pytest.mark.parametrize(
    "content",
    [gzip.compress(JSON_TEXT.encode())[:-9], b'[{"a": 1}, {"b', b"[\xff\xfe]", b"PK\x03\x04broken"],
    ids=["cut", "unfinished", "bytes", "zip"],
)
def test_a_damaged_file_is_no_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(TransientError):
        list(rows_of(path))


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"[]", b"a,b\n"):
        path.write_bytes(content)
        assert list(rows_of(path)) == []
