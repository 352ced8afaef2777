"""A receiver on loopback, for a small system whose deliveries carry their time; databases of both kinds."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from mlc import (
    Capability,
    GrantKind,
    Notice,
    ObjectSupport,
    Secrets,
    Settings,
    System,
    WebhookRequest,
    Webhooks,
    hookimpl,
)
from mlc.config import Config, load_config
from mlc.errors import WebhookRejectedError
from mlc.http import Auth
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType
from mlc.serve.server import Served, serving
from mlc.store.credentials import Keys
from mlc.store.database import Database, open_database
from mlc.store.schema import inbox
from pydantic import SecretStr
from sqlalchemy import select

SECRET = "a-secret-of-this-test"
OTHER = "the-secret-of-another-connection"
LATEST = timedelta(minutes=5)
MAX_BYTES = 5_000
BILLS = ObjectSupport(ObjectType.BILL, frozenset({Capability.READ, Capability.WEBHOOKS}))


class TinySecrets(Secrets):
    webhook_secret: SecretStr


def signature(secret: str, moment: int, body: bytes) -> str:
    digest = hmac.digest(secret.encode(), f"{moment}.".encode() + body, "sha256")
    return f"t={moment},v1={base64.b64encode(digest).decode()}"


def tiny(**changes: Any) -> Found:
    """A system that sends webhooks: ``{"id": …, "event_id": …}``, 202 for an answer."""

    @hookimpl
    def mlc_describe() -> System:
        return System(
            name="tiny",
            title="Tiny",
            version="1",
            settings=Settings,
            secrets=TinySecrets,
            grants=(GrantKind.API_TOKEN,),
            objects=(BILLS,),
            hosts=lambda _settings: ("api.tiny.example",),
            webhooks=Webhooks(accepted=202, max_bytes=MAX_BYTES),
        )

    @hookimpl
    def mlc_auth(connection: Any, tokens: Any) -> Auth:
        return Auth()

    @hookimpl
    def mlc_fetch(connection: Any, object_type: Any, cursor: Any, mode: Any) -> Any:
        raise AssertionError("a receiver reads nothing")

    @hookimpl
    def mlc_map(payload: Any) -> Any:
        raise AssertionError("a receiver maps nothing")

    @hookimpl
    def mlc_verify_webhook(connection: Any, request: WebhookRequest) -> list[Notice]:
        return verified(connection.secrets.webhook_secret.get_secret_value(), request)

    module = ModuleType("tiny")
    given = {one.__name__: one for one in (mlc_describe, mlc_auth, mlc_fetch, mlc_map, mlc_verify_webhook)}
    for name, function in (given | changes).items():
        setattr(module, name, function)
    return Found("tiny", module)


def verified(secret: str, request: WebhookRequest) -> list[Notice]:
    stated = dict(part.partition("=")[::2] for part in request.headers.get("x-signature", "").split(","))
    moment = stated.get("t", "0")
    good = signature(secret, int(moment) if moment.isdigit() else 0, request.body)
    if not hmac.compare_digest(good.encode(), request.headers.get("x-signature", "").encode()):
        raise WebhookRejectedError("The signature does not match.")
    if abs((request.received_at - datetime.fromtimestamp(int(moment), UTC)).total_seconds()) > LATEST.total_seconds():
        raise WebhookRejectedError("The delivery is too old.")
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise WebhookRejectedError("The body is no JSON.") from error
    if not isinstance(told, dict):
        raise WebhookRejectedError("The body is no object.")
    if "id" not in told:
        return []
    delivery = str(told.get("event_id") or hashlib.sha256(request.body).hexdigest())
    return [Notice(ObjectType.BILL, str(told["id"]), "updated", delivery, None)]


CONFIG = """
home = "."
{database}
{serve}
[connections.books]
system = "tiny"
webhook_secret = "a-secret-of-this-test"
[connections.other]
system = "tiny"
webhook_secret = "the-secret-of-another-connection"
"""


@dataclass
class Desk:
    """One receiver and its database."""

    database: Database
    served: Served
    config: Config
    keys: Keys
    plugins: Plugins
    answers: list[int] = field(default_factory=list)

    def post(
        self,
        body: bytes = b'{"id": "1", "event_id": "e1"}',
        *,
        to: str = "books",
        secret: str = SECRET,
        at: float | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> int:
        """Sign and deliver; the status."""
        moment = int(time.time() if at is None else at)
        given = {"content-type": "application/json", "x-signature": signature(secret, moment, body)}
        return self.ask(method, f"/webhooks/{to}", body, given | dict(headers or {}))[0]

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        where = urlsplit(self.served.url)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            reply = connection.getresponse()
            return reply.status, reply.read(), {name.lower(): value for name, value in reply.getheaders()}
        finally:
            connection.close()

    def stored(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(inbox).order_by(inbox.c.id)).all())


Open = Callable[..., Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    return f'database = "{url}"'


@pytest.fixture
def opened(tmp_path: Path, where: str) -> Open:
    """Opens a receiver; ``serve`` is the table of that name, ``plugin`` another plugin than ``tiny``."""

    @contextmanager
    def opening(serve: str = "", plugin: Found | None = None, **options: Any) -> Iterator[Desk]:
        (tmp_path / "mlc.toml").write_text(CONFIG.format(database=where, serve=serve))
        plugins = Plugins([plugin or tiny()])
        config = load_config(tmp_path / "mlc.toml", plugins=plugins)
        database = open_database(config.database)
        keys = Keys(b"k" * 32)
        try:
            with serving(
                config, plugins=plugins, database=database, keys=keys, listen="127.0.0.1:0", **options
            ) as served:
                yield Desk(database, served, config, keys, plugins)
        finally:
            database.close()

    return opening


@pytest.fixture
def desk(opened: Open) -> Iterator[Desk]:
    with opened() as made:
        yield made
