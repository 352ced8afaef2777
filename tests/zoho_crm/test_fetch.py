"""Passes over lists: tokens, what was changed, what was deleted, what goes wrong between two pages."""

from typing import Any

import pytest
from mlc import FetchMode, Page
from mlc.errors import PluginError, RejectedError, TransientError
from mlc.records import ObjectType
from mlc_zoho.crm.fetch import fetch
from mlc_zoho.crm.reading import read

from .conftest import CrmConnection, Desk, contact, listed, nothing, refusal

SINCE = "2026-02-11T08:00:00+00:00"
PEOPLE = ObjectType.CONTACT


def passed(connection: CrmConnection, cursor: str | None = None, mode: FetchMode = FetchMode.CHANGES) -> list[Page]:
    pages = [fetch(connection, PEOPLE, cursor, mode)]
    while pages[-1].next_cursor is not None:
        pages.append(fetch(connection, PEOPLE, pages[-1].next_cursor, mode))
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def params(desk: Desk, key: str) -> list[dict[str, Any]]:
    return [dict(one.url.params) for one in desk.asked(key)]


def test_a_first_pass_follows_the_tokens_and_asks_for_no_deletions(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", listed(contact("1"), more=True, token="T2"), listed(contact("2"), page=2))
    pages = passed(connection)
    assert ids(pages) == ["1", "2"]
    assert pages[-1].watermark == "2026-02-12T08:58:00+00:00"
    first, second = params(desk, "GET /Contacts")
    assert (first["page"], second["page_token"]) == ("1", "T2")
    assert "page" not in second
    assert not desk.asked("GET /Contacts/deleted")


def test_without_tokens_pages_are_numbered_up_to_two_thousand_rows_and_then_found_by_id(
    desk: Desk, connection: CrmConnection
) -> None:
    pages = [listed(contact(str(number)), more=True, page=number) for number in range(1, 11)]
    desk.on("GET /Contacts", *pages)
    desk.on("POST /coql", listed(contact("11")))
    assert ids(passed(connection)) == [str(number) for number in range(1, 12)]
    assert [one["page"] for one in params(desk, "GET /Contacts")] == [str(number) for number in range(1, 11)]
    query = desk.sent("POST /coql")["select_query"]
    assert query.endswith("from Contacts where id > '10' order by id asc limit 0, 200")


def test_a_token_that_has_expired_begins_the_pass_again(desk: Desk, connection: CrmConnection) -> None:
    """Rows come twice then, and are known by their versions."""
    desk.on(
        "GET /Contacts",
        listed(contact("1"), more=True, token="T2"),
        refusal("EXPIRED_VALUE", "the page token has expired"),
        listed(contact("1"), contact("2")),
    )
    assert ids(passed(connection)) == ["1", "1", "2"]


def test_a_page_that_comes_twice_ends_the_pass(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", listed(contact("1"), more=True, token="T2"))
    first = fetch(connection, PEOPLE, None, FetchMode.CHANGES)
    with pytest.raises(TransientError, match="twice over"):
        fetch(connection, PEOPLE, first.next_cursor, FetchMode.CHANGES)


def test_changes_are_checked_again_and_followed_by_deletions(desk: Desk, connection: CrmConnection) -> None:
    old = contact("1", at="2026-02-10T10:00:00+01:00")
    desk.on("GET /Contacts", listed(old, contact("2")))
    gone = [
        {"id": "8", "type": "recycle", "deleted_time": "2026-02-11T12:00:00+01:00"},
        {"id": "9", "type": "permanent", "deleted_time": "2026-02-01T12:00:00+01:00"},
    ]
    desk.on("GET /Contacts/deleted", listed(*gone))
    pages = passed(connection, SINCE)
    assert ids(pages) == ["2", "8"]
    deletion = pages[-1].records[0].deleted
    assert deletion is not None
    assert (deletion.evidence, deletion.at and deletion.at.hour) == ("event", 11)
    assert desk.asked("GET /Contacts")[0].headers["if-modified-since"] == "2026-02-11T08:00:00+00:00"
    assert desk.asked("GET /Contacts/deleted")[0].headers["if-modified-since"] == "2026-02-11T08:00:00+00:00"
    assert pages[-1].watermark == "2026-02-12T08:58:00+00:00"


def test_nothing_new_costs_two_calls(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", nothing(304))
    desk.on("GET /Contacts/deleted", nothing(304))
    assert ids(passed(connection, SINCE)) == []
    desk.requests.clear()
    passed(connection, SINCE)
    assert len(desk.requests) == 2


def test_a_sweep_asks_for_everything(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", listed(contact("1", at="2020-01-01T00:00:00+00:00")))
    assert ids(passed(connection, SINCE, FetchMode.SWEEP)) == ["1"]
    assert "if-modified-since" not in desk.asked("GET /Contacts")[0].headers


def test_only_fields_that_are_there_are_asked_for(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Deals", nothing())
    fetch(connection, ObjectType.DEAL, None, FetchMode.CHANGES)
    asked = params(desk, "GET /Deals")[0]["fields"].split(",")
    assert asked == ["Created_Time", "Modified_Time", "Deal_Name", "Stage", "Account_Name", "Amount", "Books_Id"]


def test_a_module_that_the_edition_lacks_is_told_in_a_sentence(desk: Desk, connect: Any) -> None:
    with pytest.raises(RejectedError, match="no module Ledger_Invoices"):
        fetch(connect(invoice_module="Ledger_Invoices"), ObjectType.INVOICE, None, FetchMode.CHANGES)


def test_a_cursor_of_somebody_else_is_refused(connection: CrmConnection) -> None:
    with pytest.raises(PluginError):
        fetch(connection, PEOPLE, '{"page": 3}', FetchMode.CHANGES)


def test_a_hundred_changed_people_are_read_by_one_call(desk: Desk, connection: CrmConnection) -> None:
    wanted = [str(number) for number in range(1, 101)]
    desk.on("GET /Contacts", listed(*(contact(one) for one in reversed(wanted[:-1]))))
    found = read(connection, PEOPLE, wanted)
    assert [one.id for one in found] == wanted
    assert [one.id for one in found if one.deleted is not None] == ["100"]
    assert len(desk.asked("GET /Contacts")) == 1
