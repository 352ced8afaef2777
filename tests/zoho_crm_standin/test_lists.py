from __future__ import annotations

from typing import Any


def many(crm: Any, count: int) -> None:
    for start in range(0, count, 100):
        rows = [{"Last_Name": f"Person {number:04d}"} for number in range(start, min(start + 100, count))]
        crm.add("Contacts", *rows)


def test_list_without_fields_is_refused_and_an_empty_one_has_no_body(crm: Any) -> None:
    assert crm.refused("GET", "/Contacts") == (400, "REQUIRED_PARAM_MISSING", {"param_name": "fields"})
    response = crm.raw("GET", "/Contacts", params={"fields": "Last_Name"})
    assert (response.status_code, response.content) == (204, b"")


def test_list_is_in_pages_newest_id_first(crm: Any) -> None:
    many(crm, 5)
    reply = crm.get("/Contacts", fields="Last_Name,Nonsense", per_page=2)
    assert [row["Last_Name"] for row in reply["data"]] == ["Person 0004", "Person 0003"]
    assert set(reply["data"][0]) == {"Last_Name", "id"}
    assert reply["info"]["more_records"] is True
    reply = crm.get("/Contacts", fields="Last_Name", per_page=2, page=3, sort_by="Created_Time", sort_order="asc")
    assert reply["info"]["count"] == 1
    assert reply["info"]["next_page_token"] is None


def test_beyond_two_thousand_rows_only_a_page_token_leads_on(crm: Any) -> None:
    many(crm, 2100)
    asked = {"fields": "Last_Name", "per_page": 200}
    assert crm.refused("GET", "/Contacts", params={**asked, "page": 11})[1] == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
    token = crm.get("/Contacts", **asked, page=10)["info"]["next_page_token"]
    last = crm.get("/Contacts", **asked, page_token=token)
    assert (last["info"]["count"], last["info"]["more_records"]) == (100, False)
    assert last["data"][-1]["Last_Name"] == "Person 0000"
    changed = {**asked, "fields": "Email", "page_token": token}
    assert crm.refused("GET", "/Contacts", params=changed)[1] == "TOKEN_BOUND_DATA_MISMATCH"
    crm.later(86_400)
    crm.mint()
    assert crm.refused("GET", "/Contacts", params={**asked, "page_token": token})[1] == "EXPIRED_VALUE"


def test_page_token_goes_on_behind_the_row_told_last_whatever_came_meanwhile(crm: Any) -> None:
    many(crm, 4)
    asked = {"fields": "Last_Name", "per_page": 2}
    token = crm.get("/Contacts", **asked)["info"]["next_page_token"]
    crm.contact("Newcomer")
    rows = crm.get("/Contacts", **asked, page_token=token)["data"]
    assert [row["Last_Name"] for row in rows] == ["Person 0001", "Person 0000"]


def test_modified_since_gives_what_changed_and_304_when_nothing_did(crm: Any) -> None:
    many(crm, 2)
    crm.later(10)
    changed = crm.contact("Changed")
    since = {"If-Modified-Since": "2026-03-16T10:30:05+01:00"}
    reply = crm.call("GET", "/Contacts", params={"fields": "Last_Name"}, headers=since)
    assert [row["id"] for row in reply["data"]] == [changed]
    never = {"If-Modified-Since": "2026-03-16T12:00:00+01:00"}
    assert crm.raw("GET", "/Contacts", params={"fields": "Last_Name"}, headers=never).status_code == 304
    exactly = {"If-Modified-Since": "2026-03-16T09:30:10+00:00"}
    assert crm.raw("GET", "/Contacts", params={"fields": "id"}, headers=exactly).status_code == 200
    crm.switch(modified_since_inclusive=False)
    assert crm.raw("GET", "/Contacts", params={"fields": "id"}, headers=exactly).status_code == 304


def test_several_records_by_their_ids(crm: Any) -> None:
    first, _, third = crm.add("Contacts", *({"Last_Name": name} for name in "ABC"))
    reply = crm.get("/Contacts", fields="Last_Name", ids=f"{first},{third},5725767000000009999")
    assert {row["id"] for row in reply["data"]} == {first, third}


def test_coql_selects_over_lookups_and_compares_times(crm: Any) -> None:
    account = crm.account("North")
    crm.contact("Old", Account_Name={"id": account})
    crm.later(10)
    crm.contact("O'Neil", Account_Name={"id": account})
    crm.contact("Loner")
    query = (
        "select Last_Name, Account_Name.Account_Name, Account_Name from Contacts where "
        "(Modified_Time >= '2026-03-16T10:30:10+01:00' and Account_Name is not null) order by id asc limit 0, 200"
    )
    (row,) = crm.select(query)
    assert row["Last_Name"] == "O'Neil"
    assert (row["Account_Name.Account_Name"], row["Account_Name"]) == ("North", {"id": account})
    assert [row["Last_Name"] for row in crm.select("select Last_Name from Contacts where Last_Name = 'o\\'neil'")] == [
        "O'Neil"
    ]
    assert len(crm.select(f"select id from Contacts where Account_Name = '{account}'")) == 2
    assert len(crm.select("select id from Contacts where Last_Name like 'O%'")) == 2


def test_coql_wants_a_where_and_brackets_in_pairs(crm: Any) -> None:
    def refused(query: str) -> str:
        return crm.refused("POST", "/coql", {"select_query": query})[1]

    assert refused("select id from Contacts") == "SYNTAX_ERROR"
    assert refused("select id from Contacts where id = '1' and id = '2' and id = '3'") == "SYNTAX_ERROR"
    assert refused("select Nonsense from Contacts where id = '1'") == "INVALID_QUERY"
    assert refused("select id from Contacts where Created_Time > 'yesterday'") == "INVALID_QUERY"
    assert refused("select id from Contacts where id = '1' limit 2001") == "LIMIT_EXCEEDED"
    assert refused("select id from Nonsense where id = '1'") == "INVALID_MODULE"
    pairs = "id = '1'"
    for number in range(25):
        pairs = f"({pairs} or id = '{number}')"
    assert refused(f"select id from Contacts where {pairs}") == "LIMIT_EXCEEDED"


def test_coql_tells_of_nothing_without_a_body(crm: Any) -> None:
    response = crm.raw("POST", "/coql", {"select_query": "select id from Contacts where Last_Name = 'x'"})
    assert (response.status_code, response.content) == (204, b"")


def test_search_lags_behind_writes(crm: Any) -> None:
    person = crm.contact("Okafor", Email="emma@north.example")
    asked = {"criteria": "((Email:equals:emma@north.example)and(Last_Name:starts_with:oka))"}
    assert crm.raw("GET", "/Contacts/search", params=asked).status_code == 204
    crm.later(6)
    assert [row["id"] for row in crm.get("/Contacts/search", **asked)["data"]] == [person]
    crm.call("PUT", f"/Contacts/{person}", {"data": [{"Email": "new@north.example"}]})
    assert crm.get("/Contacts/search", email="emma@north.example")["data"][0]["Email"] == "emma@north.example"
    assert crm.get("/Contacts/search", word="okaf")["info"]["count"] == 1


def test_search_takes_ten_criteria_of_known_fields(crm: Any) -> None:
    eleven = "(" + "or".join(f"(Last_Name:equals:{number})" for number in range(11)) + ")"
    assert crm.refused("GET", "/Contacts/search", params={"criteria": eleven})[1] == "LIMIT_EXCEEDED"
    assert crm.refused("GET", "/Contacts/search", params={"criteria": "(Nonsense:equals:1)"})[1] == "INVALID_QUERY"
    assert crm.refused("GET", "/Contacts/search")[1] == "REQUIRED_PARAM_MISSING"


def test_deleted_records_are_listed_with_who_and_when_until_they_are_forgotten(crm: Any) -> None:
    first, second = crm.contact("Okafor"), crm.contact("Smith")
    crm.call("DELETE", "/Contacts", params={"ids": first, "wf_trigger": "false"})
    crm.later(10)
    crm.screen("Contacts", id=second, action="erase")
    told = {row["id"]: row for row in crm.get("/Contacts/deleted", type="all")["data"]}
    assert (told[first]["type"], told[first]["display_name"]) == ("recycle", "Okafor")
    assert (told[second]["type"], told[second]["display_name"]) == ("permanent", None)
    since = {"If-Modified-Since": "2026-03-16T10:30:05+01:00"}
    reply = crm.call("GET", "/Contacts/deleted", params={"type": "all"}, headers=since)
    assert [row["id"] for row in reply["data"]] == [second]
    crm.later(61 * 86_400)
    crm.mint()
    assert {row["type"] for row in crm.get("/Contacts/deleted")["data"]} == {"permanent"}
    crm.later(60 * 86_400)
    crm.mint()
    assert crm.raw("GET", "/Contacts/deleted").status_code == 204


def test_deleting_an_account_leaves_its_people_without_one_and_restore_brings_back_the_same_id(crm: Any) -> None:
    account = crm.account()
    person = crm.contact("Okafor", Account_Name={"id": account})
    crm.screen("Accounts", id=account, action="delete")
    assert crm.get(f"/Contacts/{person}")["data"][0]["Account_Name"] is None
    crm.screen("Accounts", id=account, action="restore")
    assert crm.get(f"/Accounts/{account}")["data"][0]["id"] == account


def test_merge_keeps_the_winner_moves_the_children_and_lists_the_loser_as_told(crm: Any) -> None:
    winner, loser = crm.account("North"), crm.account("North Hospital", Phone="+1 617 555 0100")
    person = crm.contact("Okafor", Account_Name={"id": loser})
    crm.screen("Accounts", id=winner, action="merge", loser_id=loser)
    assert crm.get(f"/Contacts/{person}")["data"][0]["Account_Name"]["id"] == winner
    assert crm.get(f"/Accounts/{winner}")["data"][0]["Phone"] == "+1 617 555 0100"
    assert crm.get("/Accounts/deleted", type="permanent")["data"][0]["id"] == loser
    assert crm.raw("GET", f"/Accounts/{loser}").status_code == 204


def test_lead_converts_into_account_contact_and_deal(crm: Any) -> None:
    lead = crm.add("Leads", {"Last_Name": "Okafor", "Company": "North", "Email": "emma@north.example"})[0]
    made = crm.screen("Leads", id=lead, action="convert", deal="Lab")
    deal = crm.get(f"/Deals/{made['deal']}")["data"][0]
    assert (deal["Account_Name"]["name"], deal["Contact_Name"]["name"]) == ("North", "Okafor")


def test_person_moves_to_another_account_and_opts_out(crm: Any) -> None:
    first, second = crm.account("North"), crm.account("South")
    person = crm.contact("Okafor", Account_Name={"id": first})
    crm.screen("Contacts", id=person, action="move", to=second)
    crm.screen("Contacts", id=person, action="opt_out")
    told = crm.get(f"/Contacts/{person}")["data"][0]
    assert (told["Account_Name"]["name"], told["Email_Opt_Out"]) == ("South", True)
