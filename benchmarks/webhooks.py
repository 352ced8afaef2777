"""Webhooks end to end: 50 deliveries a second from Zoho Books' stand-in's data into Procurify's, over real HTTP.

Prints how long the receiver took to answer, and how long it took from the answer to the vendor request that carries
the change. One process runs receiver and engine, as ``mlc run --serve`` does; both stand-ins are another process.
"""

import argparse
import hashlib
import hmac
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from mlc.config import load_config
from mlc.connections import SECRETS
from mlc.engine.run import run_pairing
from mlc.plugins import load_plugins
from mlc.recipes import Side
from mlc.runner.embedded import open_engine
from mlc.runner.followers import Followers
from mlc.serve.server import serving
from mlc.store.credentials import Credentials
from mlc.store.schema import bindings, intents
from mlc_sandbox.company import make_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import procurify_zoho_books as scenario
from mlc_sandbox.served import Served, serve
from sqlalchemy import select

SECRET = "abcdef123456"
#: Payment terms that both systems have.
TERMS = (15, 30, 45, 60)
WITHIN_S = 60.0


def shown(name: str, seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    if not ordered:
        return f"{name}: none"
    at = {share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 for share in (0.5, 0.95, 0.99)}
    return f"{name}: p50 {at[0.5]:.1f} ms, p95 {at[0.95]:.1f} ms, p99 {at[0.99]:.1f} ms ({len(ordered)} of them)"


def change(books: Served, contact: str, days: int) -> bytes:
    """A person changes a vendor's payment terms; the delivery that Zoho Books would send of it."""
    books.post("objects/contacts", {"id": contact, "payment_terms": days, "payment_terms_label": f"Net {days}"})
    return json.dumps({"entity": "vendor", "id": contact, "at": time.time_ns()}).encode()


def deliver(url: str, body: bytes) -> tuple[float, float]:
    """When it was answered (UTC seconds), and how long that took."""
    where = urlsplit(url)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    connection = HTTPConnection(where.hostname or "", where.port, timeout=30)
    began = time.perf_counter()
    connection.request(
        "POST",
        "/webhooks/zoho-books",
        body,
        {"content-type": "application/json", "x-zoho-webhook-signature": signature},
    )
    status = connection.getresponse().status
    took = time.perf_counter() - began
    connection.close()
    assert status == 200, status
    return time.time(), took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=500)
    parser.add_argument("--per-second", type=float, default=50.0)
    parser.add_argument("--records", type=int, default=200)
    asked = parser.parse_args()
    company, plugins = make_company(7, asked.records), load_plugins()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(("procurify", "zoho-books"), seed=7, records=asked.records) as stand_ins,
    ):
        path = write_config(Path(folder), plugins.recipes["procurify+zoho-books"], scenario, company, stand_ins)
        limits = f"\n[pairings.{PAIRING}.limits]\nupdates_min = 100000\n"
        path.write_text(path.read_text() + limits)
        with open_engine(load_config(path, plugins=plugins), plugins=plugins, limits=False) as engine:
            store_demo_secrets(engine, scenario, company)
            credentials = Credentials(engine.database, engine.keys, now=engine.clock.now)
            kept = credentials.get("zoho-books", SECRETS)
            assert kept is not None
            credentials.put("zoho-books", SECRETS, {**kept.value, "webhook_secret": SECRET})
            for _ in range(2):
                with engine.session(PAIRING) as session:
                    run_pairing(session, accept=True)
            with engine.database.read() as connection:
                vendors = connection.execute(
                    select(bindings.c.external_id, bindings.c.record_id).where(
                        bindings.c.side == Side.RIGHT.value, bindings.c.object_type == "vendor"
                    )
                ).all()
            accepted: list[tuple[int, float, float]] = []
            ended, came = threading.Event(), threading.Event()

            def follow() -> None:
                followers = Followers(engine, stop=ended.is_set)
                while not ended.is_set():
                    followers.follow()
                    came.wait(0.25)
                    came.clear()
                followers.close()

            with serving(
                engine.config,
                plugins=plugins,
                database=engine.database,
                keys=engine.keys,
                listen="127.0.0.1:0",
                wake=came.set,
            ) as served:
                engine_thread = threading.Thread(target=follow)
                engine_thread.start()
                began = time.monotonic()
                for number in range(asked.deliveries):
                    vendor = vendors[number % len(vendors)]
                    days = TERMS[(number // len(vendors)) % len(TERMS)]
                    body = change(stand_ins["zoho-books"], vendor.external_id, days)
                    pause = began + number / asked.per_second - time.monotonic()
                    time.sleep(max(0.0, pause))
                    answered, took = deliver(served.url, body)
                    accepted.append((vendor.record_id, answered, took))
                rate = asked.deliveries / (time.monotonic() - began)
                time.sleep(5.0)
                ended.set()
                came.set()
                engine_thread.join(WITHIN_S)
            with engine.database.read() as connection:
                sent = connection.execute(
                    select(intents.c.record_id, intents.c.sent_at)
                    .where(intents.c.run_id.is_(None), intents.c.sent_at.is_not(None))
                    .order_by(intents.c.sent_at)
                ).all()
    from mlc.clock import parse_stamp

    lags = []
    leaving = [(row.record_id, parse_stamp(row.sent_at).timestamp()) for row in sent]
    for record, answered, _took in accepted:
        after = next((moment for one, moment in leaving if one == record and moment >= answered), None)
        if after is not None:
            lags.append(after - answered)
    print(f"{asked.deliveries} deliveries, {rate:.1f} a second, about {len(vendors)} vendors; {len(sent)} writes")
    print(shown("answered within", [took for _record, _answered, took in accepted]))
    print(shown("accepted to vendor request", lags))
    return 0


if __name__ == "__main__":
    sys.exit(main())
