"""From the inbox to the archive: whole files only, in one step, each once."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from mlc import FetchMode, Page
from mlc.errors import ConfigError, MappingError, TransientError
from mlc.records import Bill, ObjectType
from mlc_csv import plugin

BILL = ObjectType.BILL
Fetch = Callable[..., Page]


def ids(page: Page) -> list[str]:
    return [row.id for row in page.records]


def sentence(connection, page: Page) -> str:
    """Why a file was left alone."""
    (row,) = page.records
    with pytest.raises(MappingError) as caught:
        plugin.mlc_map(connection, BILL, dict(row.payload))
    return caught.value.sentence


def test_a_good_file_is_moved_to_the_archive_and_read_once(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills-1.csv", bills_header + "V1,7,2026-11-05,10\nV1,8,2026-11-05,20\n")
    first = fetch(files, BILL)
    assert ids(first) == ["V1/7", "V1/8"]
    assert box.names("inbox") == []
    assert box.names("archive") == ["20261120100000000000-bill-bills-1.csv"]
    second = fetch(files, BILL, first.watermark)
    assert (ids(second), second.watermark) == ([], first.watermark)
    assert ids(fetch(files, BILL, first.watermark, FetchMode.SWEEP)) == ["V1/7", "V1/8"]


def test_what_is_filed_later_comes_after_the_watermark_whatever_the_clock_says(
    box, files, fetch: Fetch, bills_header: str
) -> None:
    mark = None
    for number in ("7", "8", "9"):
        box.drop(f"bills-{number}.csv", f"{bills_header}V1,{number},2026-11-05,10\n")
        page = fetch(files, BILL, mark)
        assert ids(page) == [f"V1/{number}"]
        mark = page.watermark


def test_a_crash_after_the_move_loses_nothing(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,10\n")
    fetch(files, BILL)  # its page was never committed
    assert ids(fetch(files, BILL)) == ["V1/7"]


def test_a_file_that_is_still_being_written_is_left_alone(box, files, fetch: Fetch, bills_header: str) -> None:
    path = box.drop("bills.csv", bills_header + "V1,7,2026-11-05,1", age_s=2)
    assert ids(fetch(files, BILL)) == []
    assert path.exists()
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,10.00\n", age_s=11)
    assert ids(fetch(files, BILL)) == ["V1/7"]


def test_a_file_from_a_clock_ahead_of_ours_waits_too(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,1", age_s=-3)
    assert ids(fetch(files, BILL)) == []


def test_hidden_and_half_named_files_and_links_are_nobodys(box, files, fetch: Fetch, bills_header: str) -> None:
    for name in (".bills.csv", "bills.csv.part", "notes.csv", "bills.CSV.tmp"):
        box.drop(name, bills_header + "V1,7,2026-11-05,1\n")
    outside = box.path / "outside.csv"
    outside.write_text(bills_header + "V1,7,2026-11-05,1\n")
    (box.inbox / "bills-link.csv").symlink_to(outside)
    assert ids(fetch(files, BILL)) == []
    assert len(box.names("inbox")) == 5


def test_a_checksum_that_agrees_is_enough_to_read_a_fresh_file(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,1\n", age_s=0, checksum=True)
    assert ids(fetch(files, BILL)) == ["V1/7"]
    assert box.names("inbox") == []


def test_a_checksum_that_differs_is_told_in_one_sentence_and_the_file_stays(
    box, files, fetch: Fetch, bills_header: str
) -> None:
    path = box.drop("bills.csv", bills_header + "V1,7,2026-11-05,10.00\n", checksum=True)
    content = path.read_bytes().replace(b"10.00", b"90.00")
    path.write_bytes(content)
    os.utime(path, (0, 0))
    page = fetch(files, BILL)
    assert ids(page) == ["bills.csv"]
    said = "bills.csv: it differs from its checksum in bills.csv.sha256; have it sent again."
    assert sentence(files, page) == said
    assert path.read_bytes() == content
    assert box.names("archive") == []


def test_with_checksums_asked_for_a_file_waits_for_its_own(box, connect, fetch: Fetch, bills_header: str) -> None:
    files = connect(checksums=True)
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,1\n")
    assert ids(fetch(files, BILL)) == []
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,1\n", checksum=True)
    assert ids(fetch(files, BILL)) == ["V1/7"]


def test_one_bad_file_holds_nobody_up(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills-bad.csv", bills_header + "V1,7,2026-11-05,ten\n")
    box.drop("bills-good.csv", bills_header + "V1,8,2026-11-05,10\n")
    page = fetch(files, BILL)
    assert ids(page) == ["V1/8", "bills-bad.csv"]
    assert box.names("inbox") == ["bills-bad.csv"]
    again = fetch(files, BILL, page.watermark)
    assert [row.version for row in again.records] == [page.records[1].version], "the same problem costs nothing more"


def test_the_same_bill_in_two_files_is_one_record(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills-1.csv", bills_header + "V1,7,2026-11-05,10\n", age_s=90)
    box.drop("bills-2.csv", bills_header + "V1,7,2026-11-05,10\n", age_s=60)
    page = fetch(files, BILL)
    assert ids(page) == ["V1/7"]
    box.drop("bills-3.csv", bills_header + "V1,7,2026-11-05,10\n")
    again = fetch(files, BILL, page.watermark)
    assert [row.version for row in again.records] == [row.version for row in page.records]


def test_of_two_files_with_one_bill_the_later_is_right(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills-b.csv", bills_header + "V1,7,2026-11-05,10\n", age_s=90)
    box.drop("bills-a.csv", bills_header + "V1,7,2026-11-05,11\n", age_s=60)
    for page in (fetch(files, BILL), fetch(files, BILL, mode=FetchMode.SWEEP)):
        (row,) = page.records
        bill = plugin.mlc_map(files, BILL, dict(row.payload))
        assert isinstance(bill, Bill)
        assert bill.total == 11


def test_kinds_do_not_meet_whatever_a_file_is_called(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills-payment-x.csv", bills_header + "V1,7,2026-11-05,10\n")
    assert ids(fetch(files, BILL)) == ["V1/7"]
    assert ids(fetch(files, ObjectType.PAYMENT)) == []


def test_a_long_list_comes_in_pages(box, files, fetch: Fetch, bills_header: str, monkeypatch) -> None:
    monkeypatch.setattr(plugin, "PAGE_ROWS", 2)
    box.drop("bills.csv", bills_header + "".join(f"V1,{n},2026-11-05,1\n" for n in range(5)))
    found, cursor = [], None
    for _ in range(3):
        page = fetch(files, BILL, cursor)
        found += ids(page)
        cursor = page.next_cursor
        box.drop("bills-later.csv", f"{bills_header}V2,1,2026-11-05,1\n")
    assert cursor is None
    assert found == [f"V1/{n}" for n in range(5)]
    assert ids(fetch(files, BILL, page.watermark)) == ["V2/1"]


def test_a_record_that_no_file_has_is_gone(box, files, bills_header: str) -> None:
    (row,) = plugin.mlc_read(files, BILL, ["V1/7"])
    assert row.deleted is not None
    assert row.deleted.evidence == "http_404"


def test_a_folder_that_is_not_there_is_a_matter_of_configuration(box, files, fetch: Fetch) -> None:
    box.inbox.rmdir()
    with pytest.raises(ConfigError, match="inbox is no folder"):
        fetch(files, BILL)


def test_a_folder_that_fails_may_work_later(box, files, fetch: Fetch, bills_header: str, monkeypatch) -> None:
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,10\n")

    def full(*_paths: object) -> None:
        raise OSError(28, "No space left on device", "archive")

    monkeypatch.setattr("mlc.dropfolder.os.replace", full)
    with pytest.raises(TransientError, match="archive cannot be used: No space left on device"):
        fetch(files, BILL)
    assert box.names("inbox") == ["bills.csv"]


def test_a_ping_tells_where_the_folder_is(box, files) -> None:
    assert plugin.mlc_ping(files).account == str(box.path)


def test_the_clock_of_the_archive_is_that_of_the_connection(box, files, fetch: Fetch, bills_header: str) -> None:
    box.drop("bills.csv", bills_header + "V1,7,2026-11-05,10\n")
    (name,) = (fetch(files, BILL), box.names("archive"))[1]
    filed = datetime.strptime(name.split("-")[0] + "+0000", "%Y%m%d%H%M%S%f%z")
    assert filed - files.now() < timedelta(seconds=1)
