"""Payments that are written: whole or not at all, once, under the record's own key."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from mlc import FindKey, Operation, Page, Probe, RenderContext, Write
from mlc.errors import MappingError, PluginError, TransientError
from mlc.http import Permit, Verdict
from mlc.records import Account, ObjectType, Payment, PaymentAllocation, Ref, SourceMeta
from mlc_csv import plugin

PAYMENT = ObjectType.PAYMENT
KEY = "books:payment:1"
NAME = "payment-books%3Apayment%3A1.csv"
LEFT = [NAME, f"{NAME}.sha256"]


def document() -> Payment:
    bill = Ref(record_type=ObjectType.BILL, source_id="V1/INV-1", code="INV-1")
    return Payment(
        source=SourceMeta(system="books", source_id="1"),
        party=Ref(record_type=ObjectType.VENDOR, source_id="V1"),
        payment_date=date(2026, 11, 5),
        amount=Decimal("12.50"),
        currency="EUR",
        reference="Run 7",
        allocations=(PaymentAllocation(document=bill, amount=Decimal("12.50")),),
    )


def order_of(connection, record=None, key: str = "w1") -> Write:
    context = RenderContext(Operation.CREATE, Probe(), KEY)
    (part,) = plugin.mlc_render(connection, record or document(), context).parts
    return Write(key, Operation.CREATE, part.payload, KEY)


def push(connection, order: Write) -> tuple[Permit, object]:
    """Under a permit, as core does it: what the permit knows afterwards, and the outcome or what was raised."""
    with connection.http.permit(order.key, payload=order.payload) as permit:
        try:
            (outcome,) = plugin.mlc_push(connection, PAYMENT, [order])
        except TransientError as error:
            return permit, error
    return permit, outcome


def test_a_written_file_has_its_checksum_and_a_copy_in_the_archive(box, files) -> None:
    order = order_of(files)
    permit, outcome = push(files, order)
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert outcome.external_id == KEY
    assert outcome.seen.amount == Decimal("12.50")
    assert box.names("outbox") == LEFT
    assert (box.outbox / NAME).read_bytes() == order.payload
    digest = hashlib.sha256(order.payload).hexdigest()
    assert (box.outbox / f"{NAME}.sha256").read_text() == f"{digest}  {NAME}\n"
    assert [path.read_bytes() for path in box.archive.iterdir()] == [order.payload]
    assert files.http.calls.writes == 1


def test_what_was_written_is_listed_read_and_found(files, fetch: Callable[..., Page]) -> None:
    _, outcome = push(files, order_of(files))
    (listed,) = fetch(files, PAYMENT).records
    (read,) = plugin.mlc_read(files, PAYMENT, [KEY])
    keys = [
        FindKey(KEY),
        FindKey("other", external_id=KEY),
        FindKey("other", reference="Run 7", party_id="V1"),
        FindKey("other", reference="Run 7", party_id="V2"),
        FindKey("other", party_id="V1"),
    ]
    found = plugin.mlc_find(files, PAYMENT, keys)
    assert [[row.id for row in rows] for rows in found] == [[KEY], [KEY], [KEY], [], []]
    assert {listed.version, read.version, found[0][0].version} == {outcome.version}


def test_writing_twice_is_the_same_file_and_the_same_record(box, files, fetch: Callable[..., Page]) -> None:
    first = push(files, order_of(files))[1]
    second = push(files, order_of(files, key="w2"))[1]
    assert box.names("outbox") == LEFT
    assert (first.external_id, first.version) == (second.external_id, second.version)
    assert [row.id for row in fetch(files, PAYMENT).records] == [KEY]


def test_nothing_is_written_outside_a_permit(box, files) -> None:
    with pytest.raises(PluginError, match="outside a permit"):
        plugin.mlc_push(files, PAYMENT, [order_of(files)])
    assert box.names("outbox") == []
    assert box.names("archive") == []


def test_a_disk_that_is_full_before_the_renames_leaves_nothing(box, files, monkeypatch) -> None:
    def full(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlc.dropfolder.sync", full)
    permit, error = push(files, order_of(files))
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert isinstance(error, TransientError)
    assert [name for name in box.names("outbox") if not name.startswith(".")] == []


def test_a_rename_that_fails_leaves_the_write_uncertain(files, monkeypatch) -> None:
    def broken(*_paths: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("mlc.dropfolder.os.replace", broken)
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
    plugin.mlc_push(connection, ObjectType.PAYMENT, [Write("w1", Operation.CREATE, payload, "books:payment:1")])
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
    (found,) = plugin.mlc_find(files, PAYMENT, [FindKey(KEY)])
    assert len(found) == (renames == 3), "only what was filed is said to be there"
    if not found:
        assert push(files, order)[0].verdict() is Verdict.ANSWERED_2XX
    assert [name for name in box.names("outbox") if not name.startswith(".")] == LEFT
    assert (box.outbox / NAME).read_bytes() == order.payload
    (found,) = plugin.mlc_find(files, PAYMENT, [FindKey(KEY)])
    assert [row.id for row in found] == [KEY]


def test_bytes_that_today_s_settings_cannot_read_are_refused(files, connect) -> None:
    order = order_of(connect(columns={"amount": "Net"}))
    permit, refused = push(files, order)
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert "'Net'" in refused.reason


def test_what_settles_no_bill_is_a_row_of_its_own(files) -> None:
    order = order_of(files, document().model_copy(update={"amount": Decimal("20.00")}))
    rows = [line.split(",") for line in order.payload.decode().splitlines()[1:]]
    assert [(row[3], row[4]) for row in rows] == [("12.50", "INV-1"), ("7.50", "")]
    assert push(files, replace(order, key="w2"))[1].seen.amount == 20


def test_a_payment_without_an_amount_is_not_written(files) -> None:
    with pytest.raises(MappingError, match="without an amount"):
        order_of(files, document().model_copy(update={"amount": None, "allocations": ()}))
    order = order_of(files, document().model_copy(update={"amount": None}))
    assert push(files, order)[1].seen.amount == Decimal("12.50")


def test_everything_else_is_only_read(files) -> None:
    account = Account(source=SourceMeta(system="books", source_id="1"), name="Bank")
    with pytest.raises(MappingError, match="only read"):
        plugin.mlc_render(files, account, RenderContext(Operation.CREATE, Probe(), KEY))
