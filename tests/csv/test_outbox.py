"""Files that are written: whole or not at all, once, under the record's own key."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from mlc import FindKey, Operation, Page, Probe, RenderContext, Write
from mlc.errors import ConflictError, MappingError, PluginError, TransientError
from mlc.http import Permit, Verdict
from mlc.records import Account, Bill, DocumentStatus, Line, ObjectType, Ref, SourceMeta, Vendor
from mlc_csv import plugin, writing

BILL = ObjectType.BILL
KEY = "books:bill:1"
NAME = "bill-books%3Abill%3A1.csv"
LEFT = [NAME, f"{NAME}.sha256"]


def document(total: str = "12.50") -> Bill:
    account = Ref(record_type=ObjectType.ACCOUNT, source_id="6100")
    return Bill(
        source=SourceMeta(system="books", source_id="1"),
        bill_number="INV-1",
        vendor=Ref(record_type=ObjectType.VENDOR, source_id="V1"),
        issue_date=date(2026, 11, 5),
        currency="EUR",
        total=Decimal(total),
        status=DocumentStatus.OPEN,
        lines=(Line(line_net_amount=Decimal(total), account=account),),
    )


def order_of(connection, record=None, **changes) -> Write:
    context = RenderContext(Operation.CREATE, Probe(), KEY)
    (part,) = plugin.mlc_render(connection, record or document(), None, context).parts
    return replace(Write("w1", Operation.CREATE, part.payload, KEY), **changes)


def push(connection, order: Write) -> tuple[Permit, object]:
    """Under a permit, as core does it: what the permit knows afterwards, and the outcome or what was raised."""
    with connection.http.permit(order.key, payload=order.payload) as permit:
        try:
            (outcome,) = plugin.mlc_push(connection, BILL, [order])
        except (TransientError, ConflictError, MappingError) as error:
            return permit, error
    return permit, outcome


def test_a_written_file_has_its_checksum_and_a_copy_in_the_archive(box, files) -> None:
    order = order_of(files)
    permit, outcome = push(files, order)
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert outcome.external_id == "V1/INV-1"
    assert outcome.seen.total == Decimal("12.50")
    assert box.names("outbox") == LEFT
    assert (box.outbox / NAME).read_bytes() == order.payload
    digest = hashlib.sha256(order.payload).hexdigest()
    assert (box.outbox / f"{NAME}.sha256").read_text() == f"{digest}  {NAME}\n"
    assert [path.read_bytes() for path in box.archive.iterdir()] == [order.payload]
    assert files.http.calls.writes == 1


def test_what_was_written_is_listed_read_and_found(files, fetch: Callable[..., Page]) -> None:
    _, outcome = push(files, order_of(files))
    (listed,) = fetch(files, BILL).records
    (read,) = plugin.mlc_read(files, BILL, ["V1/INV-1"])
    keys = [
        FindKey(KEY, number="INV-1", party_id="V1"),
        FindKey(KEY, external_id="V1/INV-1"),
        FindKey(KEY, number="INV-1", party_id="V2"),
        FindKey(KEY, number="INV-2", party_id="V1"),
    ]
    found = plugin.mlc_find(files, BILL, keys)
    assert [[row.id for row in rows] for rows in found] == [["V1/INV-1"], ["V1/INV-1"], [], []]
    assert {listed.version, read.version, found[0][0].version} == {outcome.version}


def test_writing_twice_is_the_same_file_and_the_same_record(box, files, fetch: Callable[..., Page]) -> None:
    first = push(files, order_of(files))[1]
    second = push(files, order_of(files, key="w2"))[1]
    assert box.names("outbox") == LEFT
    assert (first.external_id, first.version) == (second.external_id, second.version)
    assert [row.id for row in fetch(files, BILL).records] == ["V1/INV-1"]


def test_nothing_is_written_outside_a_permit(box, files) -> None:
    with pytest.raises(PluginError, match="outside a permit"):
        plugin.mlc_push(files, BILL, [order_of(files)])
    assert [name for name in box.names("outbox") if not name.startswith(".")] == []
    assert [name for name in box.names("archive") if not name.startswith(".")] == []


def test_a_disk_that_is_full_before_the_renames_leaves_nothing(box, files, monkeypatch) -> None:
    def full(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_prepare", full)
    permit, error = push(files, order_of(files))
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert isinstance(error, TransientError)
    assert box.names("outbox") == []


def test_a_rename_that_fails_leaves_the_write_uncertain(files, monkeypatch) -> None:
    def broken(*_paths: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("mlc_csv.writing.os.replace", broken)
    permit, error = push(files, order_of(files))
    assert permit.verdict() is Verdict.UNCERTAIN
    assert isinstance(error, TransientError)


CRASH = """
import os, sys
from pathlib import Path
from mlc import Write, Operation
from mlc.testing import open_test_connection
from mlc_csv import plugin
from mlc.records import ObjectType
folder, left, payload = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]).read_bytes()
really = os.replace
def rename(part, place):
    global left
    if left == 0:
        os._exit(9)
    left -= 1
    really(part, place)
os.replace = rename
connection = open_test_connection("csv", settings={"folder": folder, "currency": "EUR"}, secrets={})
with connection.http.permit("w1", payload=payload):
    plugin.mlc_push(connection, ObjectType.BILL, [Write("w1", Operation.CREATE, payload, "books:bill:1")])
"""


@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_a_crash_between_any_two_renames_leaves_whole_files_and_one_record(box, files, renames: int, tmp_path) -> None:
    order = order_of(files)
    payload = tmp_path / "payload"
    payload.write_bytes(order.payload)
    command = [sys.executable, "-c", CRASH, str(box.path), str(renames), str(payload)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == (0 if renames == 3 else 9), done.stderr
    assert [path.read_bytes() for path in box.outbox.glob("*.csv")] == [order.payload] * (renames >= 2)
    (found,) = plugin.mlc_find(files, BILL, [FindKey(KEY, number="INV-1", party_id="V1")])
    assert len(found) == (renames == 3), "only what was filed is said to be there"
    if not found:
        assert push(files, order)[0].verdict() is Verdict.ANSWERED_2XX
    assert [name for name in box.names("outbox") if not name.startswith(".")] == LEFT
    assert (box.outbox / NAME).read_bytes() == order.payload
    (found,) = plugin.mlc_find(files, BILL, [FindKey(KEY, number="INV-1", party_id="V1")])
    assert [row.id for row in found] == ["V1/INV-1"]


def test_a_changed_record_is_written_again_under_its_name(box, files) -> None:
    _, created = push(files, order_of(files))
    change = order_of(files, document("99.00"), operation=Operation.UPDATE, external_id="V1/INV-1")
    _, updated = push(files, replace(change, key="w2", expected_version=created.version))
    assert (updated.external_id, updated.seen.total) == ("V1/INV-1", 99)
    assert box.names("outbox") == LEFT
    assert (box.outbox / NAME).read_bytes() == change.payload


def test_a_change_of_what_a_newer_file_says_otherwise_is_a_conflict(box, files, fetch, bills_header: str) -> None:
    _, created = push(files, order_of(files))
    box.drop("bills.csv", bills_header + "V1,INV-1,2026-11-05,13\n")
    fetch(files, BILL)
    change = order_of(files, document("99.00"), operation=Operation.UPDATE, external_id="V1/INV-1")
    permit, error = push(files, replace(change, expected_version=created.version))
    assert isinstance(error, ConflictError)
    assert permit.verdict() is Verdict.SURELY_NOT_SENT


def test_a_record_keeps_the_number_that_files_know_it_by(files) -> None:
    change = order_of(files, operation=Operation.UPDATE, external_id="V1/INV-0")
    permit, refused = push(files, change)
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert refused.reason == "V1/INV-0 cannot become V1/INV-1; files know it by that."


def test_bytes_that_today_s_settings_cannot_read_are_refused(files, connect) -> None:
    order = order_of(connect(columns={"amount": "Net"}))
    permit, refused = push(files, order)
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert "nothing says what its column 'Net' is" in refused.reason


def test_a_vendor_keeps_its_number_or_gets_our_key(files) -> None:
    vendor = Vendor(source=SourceMeta(system="books", source_id="1"), name="Harbour Paper")
    context = RenderContext(Operation.CREATE, Probe(), "books:vendor:1")
    (part,) = plugin.mlc_render(files, vendor, None, context).parts
    order = Write("w1", Operation.CREATE, part.payload, "books:vendor:1")
    with files.http.permit("w1"):
        (outcome,) = plugin.mlc_push(files, ObjectType.VENDOR, [order])
    assert outcome.external_id == "books:vendor:1"


def test_accounts_are_only_read(files) -> None:
    account = Account(source=SourceMeta(system="books", source_id="1"), name="Bank")
    with pytest.raises(MappingError, match="This account cannot be written"):
        plugin.mlc_render(files, account, None, RenderContext(Operation.CREATE, Probe(), KEY))
