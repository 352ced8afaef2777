"""The pass ``webhook``: what arrives of fifty people, and a judge who is content with nothing less."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time
from typing import Any

from mlc_sandbox.company import make_selling_company
from mlc_sandbox.scenarios import watchpass
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

from .conftest import Crm

PUBLIC = "https://hooks.example"


def objects(standin: Any) -> dict[str, list[dict[str, Any]]]:
    return {type: loads(dumps(standin.store.all(type))) for type in standin.store.types()}


def test_fifty_people_arrive_some_twice_some_late_and_some_never(listener: Any) -> None:
    company = make_selling_company(3, 1)
    known = company.relations
    assert known is not None
    clock = Clock(frozen_at=datetime.combine(company.today, time(12), tzinfo=UTC))
    books, standin = ZohoBooksStandIn(clock=clock, company=company), ZohoCrmStandIn(clock=clock, company=company)
    with Server(standin) as server:
        crm = Crm(server)
        crm.mint()
        local = listener.url.partition("/hook")[0]
        watchpass.set_up(lambda path, body: crm.control("POST", path, body), public=PUBLIC, local=local)
        channel = {"channel_id": "1", "events": ["Contacts.all"], "notify_url": f"{PUBLIC}/webhooks/x", "token": "t"}
        crm.call("POST", "/actions/watch", {"watch": [{**channel, "notify_on_related_action": False}]})
        crm.control("POST", "faults", watchpass.faults())
        for change in watchpass.changes(known):
            crm.screen(change.type, **change.body)
        standin.notifier.sender.flush()
        told = Counter(key for message in listener.told for key in message["ids"])
        log = [entry.as_json() for entry in standin.log.entries(since=0)]
        lost = watchpass.lost_of(log, told)
        assert (len(lost), len(told), max(told.values())) == (5, 45, 2)
        assert [message["ids"][0] for message in listener.told] != sorted(m["ids"][0] for m in listener.told)

        def judged(*, by_poll: list[str]) -> dict[str, str]:
            log = [entry.as_json() for entry in standin.log.entries(since=0)]
            results = watchpass.check(known, objects(books), objects(standin), log, lost=lost, by_poll=by_poll)
            return {one.name: one.got for one in results if not one.ok}

        assert set(judged(by_poll=[])) == {"watch_people_in_the_books", "watch_lost_came_by_poll"}
        for place, change in enumerate(watchpass.changes(known), start=1):
            customer = next(one for one in known.customers if one.desk_id == change.body["Account_Name"]["id"])
            person = {"last_name": f"Watched-{place:03d}", "email": change.name}
            books.ui_change("contacts", {"id": customer.books_id, "action": "person", **person})
        assert judged(by_poll=lost) == {}
        person = crm.select("select id from Contacts where Email = 'watch-001@customer02.example'")[0]["id"]
        crm.call("PUT", f"/Contacts/{person}", {"data": [{"Books_Id": "9"}], "trigger": []})
        assert judged(by_poll=lost) == {}
        crm.call("PUT", f"/Contacts/{person}", {"data": [{"Phone": "+44 1"}], "trigger": []})
        assert judged(by_poll=lost) == {"watch_echoes": "1 writes"}
        assert watchpass.lapses_at(objects(standin)) == datetime(2026, 11, 20, 13, tzinfo=UTC)
        crm.http.close()
