"""A connection is built from its table, checked, and calls nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from mlc.clock import Clock
from mlc.config import ConnectionConfig
from mlc.connection import Token
from mlc.connections import open_configured, open_connection, store_secrets
from mlc.errors import AuthError, ConfigError, RateLimitedError
from mlc.http import MockTransport, Response
from mlc.oauth import BearerAuth
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import open_database
from mlc.store.quotas import Ledger
from mlc.system import Quota, QuotaWindow, Secrets, Settings, System
from pydantic import Field, SecretStr

KEYS = Keys(b"k" * 32)


class AcmeSettings(Settings):
    organisation: str = Field(description="The organisation's id.")
    region: str = Field(default="eu", description="Where the data lives.")


class AcmeSecrets(Secrets):
    client_id: SecretStr
    client_secret: SecretStr


SYSTEM = System(
    name="acme",
    title="Acme",
    version="1",
    settings=AcmeSettings,
    secrets=AcmeSecrets,
    grants=(),
    objects=(),
    hosts=lambda settings: (f"api.{settings.region}.acme.example",),
    quotas=(Quota(QuotaWindow.MINUTE, 2),),
)


class Plugins:
    """The two things a connection asks of the registry."""

    def system(self, name):
        assert name == "acme"
        return SYSTEM

    def call(self, system, hook, *, connection, tokens):
        assert (system, hook) == ("acme", "mlc_auth")

        def mint(stored):
            secret = connection.secrets.client_secret.get_secret_value()
            connection.http.mint("POST", "https://api.eu.acme.example/token", data={"client_secret": secret})
            return Token(SecretStr("access-1"), datetime.now(UTC) + timedelta(hours=1))

        return BearerAuth(tokens, mint)


@pytest.fixture
def database(tmp_path):
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


@pytest.fixture
def build(database):
    made = []

    def make(table, **options):
        options.setdefault("environ", {})
        options.setdefault("transport", MockTransport(lambda request: Response(200, json={"path": request.url.path})))
        made.append(
            open_connection("main", table, plugins=Plugins(), database=database, keys=KEYS, clock=Clock(), **options)
        )
        return made[-1]

    yield make
    for connection in made:
        connection.http.close()


TABLE = {"system": "acme", "organisation": "42", "client_id": "id-1", "client_secret": "hunter2hunter2"}


def test_a_connection_signs_its_calls_and_keeps_its_token(build, database):
    seen = []

    def vendor(request):
        seen.append((request.url.path, request.headers.get("authorization")))
        return Response(200, json={})

    connection = build(TABLE, transport=MockTransport(vendor))
    assert seen == []
    connection.http.get("https://api.eu.acme.example/bills")
    assert seen == [("/token", None), ("/bills", "Bearer access-1")]
    assert connection.settings.organisation == "42"
    assert build(TABLE).tokens.current().access == SecretStr("access-1")


def test_secrets_come_from_the_environment_or_the_store(build, database):
    store_secrets(
        Credentials(database, KEYS, now=lambda: datetime.now(UTC)),
        "main",
        AcmeSecrets(client_id="stored-id", client_secret="stored-secret"),
    )
    table = {"system": "acme", "organisation": "42", "client_secret": {"env": "ACME_SECRET"}}
    secrets = build(table, environ={"ACME_SECRET": "from-environment"}).secrets
    assert secrets.client_id == SecretStr("stored-id")
    assert secrets.client_secret == SecretStr("from-environment")


def test_missing_secrets_say_how_to_connect(build):
    with pytest.raises(AuthError, match="client_id, client_secret; run: mlc connect main"):
        build({"system": "acme", "organisation": "42"})


def test_a_secret_of_the_wrong_kind_is_never_quoted(build):
    with pytest.raises(AuthError) as caught:
        build({**TABLE, "client_secret": 4711471147})
    assert "4711" not in f"{caught.value} {caught.value.detail} {caught.value.__cause__}"


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({**TABLE, "regoin": "us"}, "regoin"),
        ({key: value for key, value in TABLE.items() if key != "organisation"}, "organisation"),
        ({**TABLE, "client_secret": {"env": "MISSING"}}, "MISSING"),
        ({**TABLE, "endpoint": "http://u:p@127.0.0.1/"}, "endpoint"),
    ],
)
def test_a_wrong_setting_names_the_key_and_the_file(build, table, key):
    with pytest.raises(ConfigError, match=key) as caught:
        build(table, where="/etc/mlc.toml")
    if key != "endpoint":
        assert "/etc/mlc.toml: [connections.main]" in str(caught.value)


def test_no_repr_of_a_connection_shows_a_secret(build):
    connection = build(TABLE)
    connection.http.get("https://api.eu.acme.example/bills")
    shown = repr(connection) + repr(vars(connection.http))
    assert "hunter2" not in shown
    assert "access-1" not in shown


def test_limits_hold_unless_switched_off_and_are_shared_through_a_ledger(build, database):
    url = "https://api.eu.acme.example/bills"
    ledger = Ledger(database, now=Clock().now)
    first, second = build(TABLE, ledger=ledger), build(TABLE, ledger=ledger)
    first.http.get(url)
    with pytest.raises(RateLimitedError):
        second.http.get(url)
    free = build(TABLE, limits=False)
    for _ in range(10):
        free.http.get(url)


def test_a_configured_connection_is_opened_from_what_the_file_said(database):
    config = ConnectionConfig(
        name="main",
        system="acme",
        settings={"organisation": "42"},
        secrets={"client_id": {"env": "ID"}, "client_secret": "hunter2"},
    )
    connection = open_configured(
        config,
        plugins=Plugins(),
        database=database,
        keys=KEYS,
        clock=Clock(),
        environ={"ID": "id-1"},
        transport=MockTransport(lambda _: Response(200)),
    )
    assert connection.name == "main"
    assert connection.secrets.client_id == SecretStr("id-1")


def test_tenants_with_a_region_are_reached_at_their_hosts_only(build):
    connection = build({**TABLE, "region": "us"})
    with pytest.raises(Exception, match=r"api\.eu\.acme\.example"):
        connection.http.mint("POST", "https://api.eu.acme.example/token")
