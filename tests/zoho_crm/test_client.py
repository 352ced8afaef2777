"""Calls as Zoho CRM documents them: nothing is 204, unchanged is 304, errors have codes, credits are counted."""

from collections.abc import Callable

import pytest
from mlc.errors import AuthError, NotFoundError, RateLimitedError, RejectedError, TransientError
from mlc.http import Response
from mlc_zoho.crm.client import CrmClient

from .conftest import NOW, CrmConnection, Desk, contact, listed, nothing, refusal, reply

NAMES = ("Last_Name", "Email")


def test_nothing_and_unchanged_are_empty_lists_with_the_vendors_clock(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", nothing(), nothing(304))
    client = CrmClient(connection)
    for since in (None, NOW):
        listing = client.page("Contacts", NAMES, page=1, token=None, since=since)
        assert (listing.rows, listing.more, listing.at) == ([], False, NOW)
    first, second = desk.asked("GET /Contacts")
    assert "if-modified-since" not in first.headers
    assert second.headers["if-modified-since"] == "2026-02-12T09:00:00+00:00"
    assert dict(first.url.params) == {
        "fields": "Last_Name,Email", "per_page": "200", "sort_by": "id", "sort_order": "asc", "page": "1",
    }  # fmt: skip


def test_unchanged_without_having_asked_for_changes_is_no_answer(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", nothing(304))
    with pytest.raises(TransientError):
        CrmClient(connection).page("Contacts", NAMES, page=1, token=None, since=None)


def test_records_are_read_a_hundred_per_call_and_strangers_dropped(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", listed(contact("1"), contact("999")), nothing())
    found = CrmClient(connection).records("Contacts", NAMES, [str(number) for number in range(150)])
    assert [row["id"] for row in found] == ["1"]
    assert [len(one.url.params["ids"].split(",")) for one in desk.asked("GET /Contacts")] == [100, 50]


def test_a_query_is_a_read_whatever_its_method(desk: Desk, connection: CrmConnection) -> None:
    desk.on("POST /coql", listed(contact("1")))
    assert CrmClient(connection).select("select id from Contacts where id > '0'").rows[0]["id"] == "1"
    assert desk.sent("POST /coql") == {"select_query": "select id from Contacts where id > '0'"}


REFUSALS: list[tuple[Response, type[Exception], str]] = [
    (refusal("INVALID_TOKEN", "invalid oauth token", 401), AuthError, "connect again"),
    (refusal("OAUTH_SCOPE_MISMATCH", "invalid oauth scope", 401), AuthError, "scope"),
    (
        refusal("NO_PERMISSION", "permission denied", 403, permissions=["Crm_Implied_Api_Access"]),
        AuthError,
        "Crm_Implied_Api_Access",
    ),
    (refusal("INVALID_MODULE", "the module name given seems to be invalid"), RejectedError, "edition"),
    (refusal("FEATURE_NOT_SUPPORTED", "not supported"), RejectedError, "edition"),
    (refusal("INVALID_DATA", "the id given seems to be invalid", resource_path_index=1), NotFoundError, "know"),
    (refusal("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields"),
     RejectedError, "expected parameter"),
    (refusal("TOO_MANY_REQUESTS", "too many concurrent requests", 429), RateLimitedError, "too many calls"),
    (refusal("TOO_MANY_REQUESTS", "You have reached the API credit limit.", 429), RateLimitedError, "credits"),
    (refusal("LIMIT_EXCEEDED", "You have reached the API credit limit."), RateLimitedError, "credits"),
    (refusal("INTERNAL_ERROR", "Internal Server Error", 500), TransientError, "internal error"),
    (refusal("INVALID_DATA", "an error in a good status", 200), RejectedError, "an error"),
    (reply([], status=200), TransientError, "no object"),
    (reply({}, status=302), TransientError, "redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "said"), REFUSALS)
def test_each_refusal_has_its_error_and_a_sentence(
    desk: Desk, connection: CrmConnection, answer: Response, kind: type[Exception], said: str
) -> None:
    desk.on("GET /Contacts", answer)
    with pytest.raises(kind, match=said) as told:
        CrmClient(connection).page("Contacts", NAMES, page=1, token=None, since=None)
    assert type(told.value) is kind
    assert (told.value.system, told.value.connection) == ("zoho-crm", "desk")  # type: ignore[attr-defined]


def test_credits_and_calls_at_once_close_different_windows(desk: Desk, connection: CrmConnection) -> None:
    windows = {}
    for message in ("too many concurrent requests", "You have reached the API credit limit."):
        desk.on("GET /Contacts", refusal("TOO_MANY_REQUESTS", message, 429))
        with pytest.raises(RateLimitedError) as told:
            CrmClient(connection).page("Contacts", NAMES, page=1, token=None, since=None)
        windows[told.value.window] = told.value.retry_after_s
    assert windows == {"concurrency": 2.0, "day": 3600.0}


def test_a_missing_scope_costs_no_new_token(desk: Desk, connect: Callable[..., CrmConnection]) -> None:
    """Ten tokens in ten minutes lock the authorisation out: what a fresh one cannot mend gets none."""
    desk.on("GET /Contacts", refusal("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL", 401))
    for _ in range(3):
        with pytest.raises(AuthError, match="scope"):
            CrmClient(connect()).page("Contacts", NAMES, page=1, token=None, since=None)
    assert desk.tokens.minted == 0


def test_what_is_left_of_the_credits_is_believed(
    desk: Desk, connection: CrmConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int | None]] = []
    monkeypatch.setattr(
        connection.http.quota, "observe", lambda window, remaining=None: told.append((window, remaining))
    )
    desk.on("GET /Contacts", reply(listed(contact()), headers={"X-API-CREDITS-REMAINING": "2400"}), nothing())
    for _ in range(2):
        CrmClient(connection).page("Contacts", NAMES, page=1, token=None, since=None)
    assert told == [("day", 2400)]
