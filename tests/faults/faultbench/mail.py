"""Webhook messages of the ledgers, as they come on a bad day: twice, and the newer before the older."""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from mlc.clock import Clock
from mlc.config import load_config
from mlc.plugins import load_plugins
from mlc.serve.server import serving
from mlc.store.credentials import load_keys

from faultbench.station import HOOK_SECRET, Station
from faultbench.world import SECRETS, TARGET


class Mail:
    """Delivers to the receiver of a station."""

    def __init__(self, url: str, station: Station) -> None:
        self._where = urlsplit(url)
        self._station = station

    def disorder(self, chance: random.Random) -> int:
        """Of one ledger: messages about some of its documents, each twice, shuffled. How many were taken."""
        name = chance.choice(sorted(self._station.worlds))
        ledger = self._station.worlds[name].target
        about = [("bill", row["bill_id"]) for row in ledger.get("objects/bills")[-3:]]
        about += [("vendor", row["contact_id"]) for row in ledger.get("objects/contacts")[-2:]]
        bodies = [json.dumps({"entity": kind, "id": id, "at": time.time_ns()}).encode() for kind, id in about] * 2
        chance.shuffle(bodies)
        return sum(self._deliver(f"{name}-{TARGET}", body) for body in bodies)

    def _deliver(self, connection: str, body: bytes) -> bool:
        signature = hmac.new(HOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-zoho-webhook-signature": signature}
        line = HTTPConnection(self._where.hostname or "", self._where.port, timeout=30)
        try:
            line.request("POST", f"/webhooks/{connection}", body, headers)
            return line.getresponse().status == 200
        except (OSError, HTTPException):
            return False  # a vendor would send it again; a message that is lost costs nothing but time
        finally:
            line.close()


@contextmanager
def receiving(station: Station) -> Iterator[Mail]:
    """A receiver in this process, as ``mlc serve`` has it."""
    plugins = load_plugins()
    config = load_config(station.config, plugins=plugins)
    environ = {**SECRETS, "ZOHO_HOOK": HOOK_SECRET}
    with serving(
        config,
        plugins=plugins,
        database=station.database,
        keys=load_keys(config.home / "key", environ),
        clock=Clock(),
        listen="127.0.0.1:0",
        environ=environ,
    ) as served:
        yield Mail(served.url, station)
