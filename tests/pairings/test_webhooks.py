"""Webhooks end to end: the stand-in fires and signs them, the receiver stores them, the engine reads and writes."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import mlc.runner.embedded as embedded
import pytest
from mlc import Notice
from mlc.clock import parse_stamp
from mlc.config import load_config
from mlc.connections import SECRETS
from mlc.engine.pauses import pause
from mlc.engine.run import run_pairing
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.runner.embedded import Engine
from mlc.runner.followers import Followers
from mlc.serve.server import Served, serving
from mlc.store.credentials import Credentials
from mlc.store.inbox import put as put_notices
from mlc.store.schema import audit, bindings, inbox, intents, notices, records, registers, sightings
from sqlalchemy import func, select, update

from .conftest import World

SECRET = "abcdef123456"


@dataclass
class Followed:
    """The engine and the receiver of one process, one step at a time."""

    world: World
    engine: Engine
    served: Served
    followers: Followers

    @property
    def books(self) -> Any:
        return self.world.served["zoho-books"]

    def count(self, query: Any) -> int:
        with self.engine.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def arrived(self, at_least: int, within_s: float = 10.0) -> None:
        """Wait until so many rows came into the inbox in all."""
        until = time.monotonic() + within_s
        while self.count(select(func.count()).select_from(inbox)) < at_least:
            assert time.monotonic() < until, "the deliveries did not come"
            time.sleep(0.02)

    def follow(self, at_least: int) -> None:
        """Wait for so many rows of the inbox, then do what is due."""
        self.arrived(at_least)
        self.followers.follow()

    def quiet(self) -> None:
        """Nothing is left to read."""
        assert self.count(select(func.count()).select_from(notices)) == 0

    def writes(self, system: str = "procurify") -> list[Any]:
        return list(self.world.served[system].get("log?cause=request"))


@pytest.fixture
def followed(world: World) -> Iterator[Followed]:
    """The first run is done; from now on both know each other's records."""
    for _ in range(2):
        assert world.say("run", "--once", "--accept")[0] in (0, 1)
    with following(world) as made:
        yield made


@contextmanager
def following(world: World) -> Iterator[Followed]:
    config = load_config(world.config, plugins=world.plugins)
    with embedded.open_engine(config, plugins=world.plugins) as engine:
        credentials = Credentials(engine.database, engine.keys, now=engine.clock.now)
        kept = credentials.get("zoho-books", SECRETS)
        assert kept is not None
        credentials.put("zoho-books", SECRETS, {**kept.value, "webhook_secret": SECRET})
        followers = Followers(engine, stop=lambda: False)
        with serving(
            config,
            plugins=world.plugins,
            database=engine.database,
            keys=engine.keys,
            listen="127.0.0.1:0",
        ) as served:
            subscribe(world, engine, f"{served.url}/webhooks/zoho-books")
            yield Followed(world, engine, served, followers)
        followers.close()


def subscribe(world: World, engine: Engine, url: str) -> None:
    """What the operator types into the vendor's forms: the webhook, and a rule for each module that fires it."""
    with engine.session("demo") as session:
        connection = session.connections[Side.RIGHT]
        where = "https://www.zohoapis.com/books/v3/settings/webhooks"
        hook = {"webhook_name": "all", "entity": "", "url": url, "secret": SECRET}
        organisation = {"organization_id": connection.settings.organization_id}
        with connection.http.permit("the operator"):
            made = connection.http.post(where, params=organisation, json=hook)
        assert made.status_code == 201, made.text
    webhook = made.json()["webhook"]["webhook_id"]
    for entity in ("contact", "bill", "vendor_credit", "purchaseorder", "vendorpayment"):
        rule = {"entity": entity, "webhook_id": webhook, "rule_event": "any"}
        world.served["zoho-books"].post("objects/workflows", rule)


def changed_vendor(followed: Followed, terms: int = 45, number: int = 0) -> dict[str, Any]:
    """A person changes the payment terms of a vendor in the books."""
    bound = bound_vendors(followed)
    change = {"id": bound[number], "payment_terms": terms, "payment_terms_label": f"Net {terms}"}
    return dict(followed.books.post("objects/contacts", change))


def bound_vendors(followed: Followed) -> list[str]:
    with followed.engine.database.read() as connection:
        return list(
            connection.execute(
                select(bindings.c.external_id)
                .where(bindings.c.side == "right", bindings.c.object_type == "vendor", bindings.c.part == "main")
                .order_by(bindings.c.id)
            ).scalars()
        )


def put(followed: Followed, object_type: str, external_id: str, *, occurred_at: datetime | None = None) -> None:
    """A notice as a receiver stores it."""
    now = followed.engine.clock.now()
    notice = Notice(ObjectType(object_type), external_id, "updated", uuid.uuid4().hex, occurred_at)
    with followed.engine.database.write() as tx:
        put_notices(tx, "zoho-books", [notice], now)


def reads(followed: Followed) -> int:
    """How often the books were read at all."""
    return int(followed.books.get("calls")["reads"])


def test_a_change_at_the_vendor_is_written_at_once_and_its_echo_writes_nothing(followed: Followed) -> None:
    before = len(followed.writes())
    changed_vendor(followed)
    followed.follow(1)
    assert len(followed.writes()) == before + 1
    followed.quiet()
    ours = bound_vendors(followed)[0]
    for _ in range(2):
        put(followed, "vendor", ours)
        followed.followers.follow()
    followed.quiet()
    assert len(followed.writes()) == before + 1


def test_doubled_reordered_and_lost_deliveries_end_in_one_write_each(followed: Followed) -> None:
    before, many = len(followed.writes()), 4
    for kind, after in (("webhook_duplicate", 0), ("webhook_reorder", 1), ("webhook_lost", 3)):
        followed.books.post("faults", {"match": "*", "kind": kind, "times": 1, "after": after})
    for number in range(many):
        changed_vendor(followed, terms=20 + number, number=number)
    followed.follow(2)
    time.sleep(0.5)
    followed.followers.follow()
    written = len(followed.writes()) - before
    assert 0 < written < many, "one was lost"
    with followed.engine.session("demo") as session:
        run_pairing(session)
    assert len(followed.writes()) - before == many, "the lost one came with the next look"


def test_many_notices_of_one_record_are_one_read(followed: Followed) -> None:
    vendor = bound_vendors(followed)[1]
    for _ in range(20):
        put(followed, "vendor", vendor)
    followed.followers.follow()
    first = followed.followers.done[-1].taken
    assert first.read == 1
    put(followed, "vendor", vendor)
    before = reads(followed)
    followed.followers.follow()
    assert reads(followed) - before == 1, "an unchanged record costs one call, and the tenant is not probed again"


def test_a_version_that_is_older_than_its_notice_is_looked_at_again_and_then_left_to_the_next_pass(
    followed: Followed,
) -> None:
    vendor = bound_vendors(followed)[0]
    put(followed, "vendor", vendor, occurred_at=followed.engine.clock.now() + timedelta(days=1))
    waits = []
    for _look in range(4):
        followed.followers.follow()
        with followed.engine.database.read() as connection:
            row = connection.execute(select(notices)).first()
        if row is None:
            break
        waits.append(round((parse_stamp(row.due_at) - followed.engine.clock.now()).total_seconds()))
        with followed.engine.database.write() as tx:
            tx.execute(update(notices).values(due_at=row.noted_at))
    assert [min((5, 30, 120), key=lambda one, wait=wait: abs(one - wait)) for wait in waits] == [5, 30, 120]
    followed.quiet()


def test_a_notice_of_a_create_whose_answer_was_lost_settles_it(followed: Followed) -> None:
    """Our own bill comes back as news while nobody knows yet whether it arrived."""
    with followed.engine.database.read() as connection:
        bound = connection.execute(
            select(bindings.c.external_id, bindings.c.record_id, intents.c.id.label("intent"))
            .join(intents, intents.c.record_id == bindings.c.record_id)
            .where(bindings.c.side == "right", bindings.c.object_type == "bill", bindings.c.part == "main")
            .where(intents.c.operation == "create", intents.c.part == "main")
            .limit(1)
        ).one()
    intent = bound.intent
    with followed.engine.database.write() as tx:
        tx.execute(update(intents).where(intents.c.id == intent).values(state="uncertain", external_id=None))
        tx.execute(sightings.delete().where(sightings.c.intent_id == intent))
        tx.execute(bindings.delete().where(bindings.c.record_id == bound.record_id, bindings.c.side == "right"))
        tx.execute(registers.delete().where(registers.c.external_id == bound.external_id))
        tx.execute(update(records).where(records.c.id == bound.record_id).values(state="writing"))
    before = len(followed.writes("zoho-books"))
    put(followed, "bill", bound.external_id)
    followed.followers.follow()
    with followed.engine.database.read() as connection:
        state = connection.execute(select(intents.c.state).where(intents.c.id == intent)).scalar_one()
        seen = connection.execute(select(sightings.c.source).where(sightings.c.intent_id == intent)).scalars().all()
        home = connection.execute(
            select(bindings.c.external_id).where(bindings.c.record_id == bound.record_id, bindings.c.side == "right")
        ).scalars()
        assert (state, set(home)) == ("confirmed", {bound.external_id})
    assert "webhook" in seen
    assert len(followed.writes("zoho-books")) == before, "nothing was sent again"


def test_what_cannot_be_read_now_is_put_off_and_nothing_is_lost(followed: Followed) -> None:
    vendor = bound_vendors(followed)[0]
    followed.books.post("faults", {"match": "GET", "kind": "status", "status": 503, "times": 20})
    put(followed, "vendor", vendor)
    assert followed.followers.follow() is not None
    with followed.engine.database.read() as connection:
        kept = connection.execute(select(notices.c.due_at)).scalars().all()
    assert len(kept) == 1


def test_a_paused_pairing_keeps_its_notices(followed: Followed) -> None:
    vendor = bound_vendors(followed)[0]
    now = followed.engine.clock.now()
    with followed.engine.database.write() as tx:
        pause(tx, "demo", None, reason="month end", by="test", now=now)
    put(followed, "vendor", vendor)
    due = followed.followers.follow()
    assert due is not None
    assert due > now + timedelta(seconds=20)
    assert followed.count(select(func.count()).select_from(notices)) == 1


def test_a_forged_delivery_reads_nothing(followed: Followed) -> None:
    where = urlsplit(followed.served.url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=10)
    body = json.dumps({"bill": {"bill_id": "460000000012345"}})
    connection.request("POST", "/webhooks/zoho-books", body, {"x-zoho-webhook-signature": "0" * 64})
    assert connection.getresponse().status == 401
    connection.close()
    followed.followers.follow()
    assert followed.count(select(func.count()).select_from(inbox)) == 0
    events = select(func.count()).select_from(audit).where(audit.c.event == "webhook_refused")
    assert followed.count(events) == 1
