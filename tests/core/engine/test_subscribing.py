"""Subscriptions: made, renewed, repaired and ended one request at a time; the secret stored before the next step."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mlc import Capability, GrantKind, ObjectSupport, Secrets, Settings, System, Watch, WatchChange, Watching, hookimpl
from mlc.connection import AnyConnection
from mlc.engine.subscribing import STEPS, Subscribed, subscribe
from mlc.errors import PluginError, RejectedError
from mlc.http import Auth, Request, Response, decode
from mlc.plugins import Plugins
from mlc.records import ObjectType
from mlc.store.audit import read_events
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import Database, open_database
from mlc.store.schema import credentials as kept_rows
from mlc.store.subscriptions import Subscriptions
from mlc.testing.connecting import open_test_connection, plugins_of
from pydantic import SecretStr
from sqlalchemy import select

API = "https://api.tiny.example"
URL = "https://hooks.example.com/webhooks/books"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


class Vendor:
    """Subscriptions as a vendor keeps them: its key is shown once, it disables what fails, they lapse after a week."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.now = NOON
        self.asked: list[str] = []
        self.most = 10

    def answer(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}")
        body = json.loads(request.content) if request.content else {}
        key = request.url.path.rpartition("/")[2]
        if request.method == "GET":
            return Response(200, json=[{k: v for k, v in row.items() if k != "key"} for row in self.rows.values()])
        if request.method == "POST":
            if len(self.rows) >= self.most:
                return Response(400, json={"error": "too many"})
            return Response(200, json=self.add(body["url"]))
        if request.method == "DELETE":
            del self.rows[key]
            return Response(200, json={})
        self.rows[key] |= body | {"expires": (self.now + WEEK).isoformat()}
        return Response(200, json=self.rows[key])

    def add(self, url: str) -> dict[str, Any]:
        number = str(len(self.rows) + 1)
        ends = (self.now + WEEK).isoformat()
        self.rows[number] = {"id": number, "url": url, "on": True, "key": f"key-{number}-shown-once", "expires": ends}
        return self.rows[number]

    @property
    def changes(self) -> int:
        return sum(not asked.startswith("GET") for asked in self.asked)


def plugin(**changes: Any) -> ModuleType:
    @hookimpl
    def mlc_describe() -> System:
        return System(
            name="tiny",
            title="Tiny",
            version="1",
            settings=Settings,
            secrets=Secrets,
            grants=(GrantKind.API_TOKEN,),
            objects=(ObjectSupport(ObjectType.BILL, frozenset({Capability.READ, Capability.WEBHOOKS})),),
            hosts=lambda _settings: ("api.tiny.example",),
        )

    @hookimpl
    def mlc_auth(connection: Any, tokens: Any) -> Auth:
        return Auth()

    @hookimpl
    def mlc_fetch(connection: Any, object_type: Any, cursor: Any, mode: Any) -> Any: ...

    @hookimpl
    def mlc_map(payload: Any) -> Any: ...

    @hookimpl
    def mlc_verify_webhook(connection: Any, request: Any) -> list[Any]:
        return []

    @hookimpl
    def mlc_watch(
        connection: AnyConnection, callback_url: str | None, watches: Sequence[Watch], renew_before: datetime
    ) -> Watching:
        http = connection.http
        kept = {watch.id: watch for watch in watches}
        ours = [row for row in decode(http.get(f"{API}/hooks")) if row["id"] in kept or row["url"] == callback_url]
        standing = tuple(Watch(row["id"], None, datetime.fromisoformat(row["expires"])) for row in ours)
        if callback_url is None:
            if not ours:
                return Watching(())
            http.delete(f"{API}/hooks/{ours[0]['id']}")
            return Watching(standing[1:], WatchChange.REMOVED)
        if not ours:
            answer = http.post(f"{API}/hooks", json={"url": callback_url})
            if answer.status_code != 200:
                raise RejectedError("Tiny allows no more subscriptions.")
            row = decode(answer)
            made = Watch(row["id"], SecretStr(row["key"]), datetime.fromisoformat(row["expires"]), ("bill",))
            return Watching((made,), WatchChange.MADE)
        (row,) = ours
        if not row["on"] or row["url"] != callback_url:
            http.patch(f"{API}/hooks/{row['id']}", json={"on": True, "url": callback_url})
            return Watching(standing, WatchChange.REPAIRED)
        if datetime.fromisoformat(row["expires"]) < renew_before:
            shown = decode(http.patch(f"{API}/hooks/{row['id']}", json={}))
            return Watching((Watch(row["id"], None, datetime.fromisoformat(shown["expires"])),), WatchChange.RENEWED)
        return Watching(standing)

    module = ModuleType("tiny")
    for function in (mlc_describe, mlc_auth, mlc_fetch, mlc_map, mlc_verify_webhook, mlc_watch):
        setattr(module, function.__name__, changes.get(function.__name__, function))
    return module


class Bench:
    def __init__(self, database: Database, vendor: Vendor, module: ModuleType) -> None:
        self.database = database
        self.vendor = vendor
        self.plugins: Plugins = plugins_of(module)
        self.connection = open_test_connection(self.plugins, respond=vendor.answer, name="books")
        self.subscriptions = Subscriptions(Credentials(database, Keys(b"k" * 32), now=lambda: vendor.now))

    def look(self, url: str | None = URL) -> Subscribed:
        return subscribe(
            self.connection,
            plugins=self.plugins,
            database=self.database,
            subscriptions=self.subscriptions,
            callback_url=url,
            now=self.vendor.now,
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, Vendor(), plugin())


def test_a_subscription_is_made_once_and_its_secret_is_kept_encrypted(bench: Bench) -> None:
    assert bench.look().changes == (WatchChange.MADE,)
    for _ in range(3):
        assert bench.look().changes == ()
    assert bench.vendor.changes == 1
    (watch,) = bench.subscriptions.kept("books")
    assert watch.secret is not None
    assert watch.secret.get_secret_value() == "key-1-shown-once"
    with bench.database.read() as connection:
        stored = b"".join(connection.execute(select(kept_rows.c.ciphertext)).scalars())
    assert b"shown-once" not in stored


def test_it_is_renewed_well_before_it_lapses(bench: Bench) -> None:
    bench.look()
    bench.vendor.now += timedelta(days=5)
    assert bench.look().changes == ()
    bench.vendor.now += timedelta(days=1, hours=1)
    done = bench.look()
    assert done.changes == (WatchChange.RENEWED,)
    assert done.watches[0].expires_at == bench.vendor.now + WEEK


def test_what_the_vendor_switched_off_is_switched_on_again(bench: Bench) -> None:
    bench.look()
    bench.vendor.rows["1"]["on"] = False
    assert bench.look().changes == (WatchChange.REPAIRED,)
    assert bench.vendor.rows["1"]["on"]


def test_a_receiver_that_moved_takes_its_subscription_along(bench: Bench) -> None:
    bench.look()
    assert bench.look("https://new.example.com/webhooks/books").changes == (WatchChange.REPAIRED,)
    assert [row["url"] for row in bench.vendor.rows.values()] == ["https://new.example.com/webhooks/books"]


def test_strangers_are_never_touched_and_ours_are_ended(bench: Bench) -> None:
    bench.vendor.add("https://stranger.example.com/in")
    bench.look()
    assert bench.look(None).changes == (WatchChange.REMOVED,)
    assert [row["url"] for row in bench.vendor.rows.values()] == ["https://stranger.example.com/in"]
    assert bench.subscriptions.kept("books") == ()
    with bench.database.read() as connection:
        assert connection.execute(select(kept_rows.c.field)).scalars().all() == []


def test_a_vendor_that_allows_no_more_is_told_in_its_words(bench: Bench) -> None:
    bench.vendor.most = 0
    with pytest.raises(RejectedError, match="no more subscriptions"):
        bench.look()


def test_a_secret_that_was_replaced_counts_for_a_day_more(bench: Bench) -> None:
    watch = Watch("1", SecretStr("the-first-key"))
    bench.subscriptions.keep("books", [watch], NOON)
    bench.subscriptions.keep("books", [Watch("1", SecretStr("the-second-key"))], NOON)
    bench.subscriptions.keep("books", [Watch("1", None)], NOON)

    def signing(at: datetime) -> list[str]:
        return [one.secret.get_secret_value() for one in bench.subscriptions.signing("books", at) if one.secret]

    assert signing(NOON + timedelta(hours=23)) == ["the-second-key", "the-first-key"]
    assert signing(NOON + timedelta(hours=25)) == ["the-second-key"]


def test_a_plugin_that_changes_two_things_in_one_step_is_stopped(database: Database) -> None:
    @hookimpl
    def mlc_watch(connection: AnyConnection) -> Watching:
        for _ in range(2):
            connection.http.post(f"{API}/hooks", json={"url": URL})
        return Watching(())

    bench = Bench(database, Vendor(), plugin(mlc_watch=mlc_watch))
    with pytest.raises(PluginError, match="second mutating request"):
        bench.look()
    assert len(bench.vendor.rows) == 1


def test_a_plugin_that_never_ends_is_stopped(database: Database) -> None:
    @hookimpl
    def mlc_watch() -> Watching:
        return Watching((), WatchChange.RENEWED)

    with pytest.raises(PluginError, match=f"{STEPS} steps"):
        Bench(database, Vendor(), plugin(mlc_watch=mlc_watch)).look()


def test_the_audit_names_what_was_changed_and_no_secret(bench: Bench) -> None:
    bench.look()
    (event,) = [one for one in read_events(bench.database) if one.event == "subscription"]
    assert event.detail == {"connection": "books", "change": "made", "subscriptions": ["1"]}
