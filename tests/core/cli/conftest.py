"""A vendor on loopback, its plugin as pip would install it, and ``mlc`` as a person calls it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

PLUGIN = """
import os
from datetime import timedelta
from pydantic import Field, SecretStr
from mlc import (
    Capability, Consent, GrantKind, Identity, ObjectSupport, Probe, Quota, QuotaWindow, Secrets, Settings, System,
    Token, hookimpl
)
from mlc.errors import AuthError
from mlc.http import decode
from mlc.oauth import BearerAuth
from mlc.records import ObjectType

class TinySettings(Settings):
    tenant: str = Field(description="The name in your address.")
    page_size: int = Field(default=100, description="Rows per page.")

class TinySecrets(Secrets):
    client_id: SecretStr = Field(description="Client ID")
    client_secret: SecretStr = Field(description="Client secret")
    refresh_token: SecretStr | None = Field(default=None, description="Refresh token")

def mint(connection, data):
    secret = connection.secrets.client_secret.get_secret_value()
    answer = connection.http.mint("POST", "https://api.tiny.example/token", data={**data, "secret": secret})
    if answer.status_code != 200:
        raise AuthError("Tiny refuses these credentials.", connection=connection.name)
    until = connection.now() + timedelta(hours=1)
    return Token(SecretStr(decode(answer)["access"]), until)

@hookimpl
def mlc_describe():
    consent = None
    if os.environ.get("TINY_REDIRECT"):
        consent = Consent(
            lambda settings, secrets, uri, state: f"https://tiny.example/authorise?redirect_uri={uri}&state={state}",
            lambda connection, callback, uri: mint(connection, {"code": callback["code"]}),
            os.environ["TINY_REDIRECT"],
        )
    return System(
        name=NAME, title="Tiny", version="1.0", settings=TinySettings, secrets=TinySecrets,
        grants=(GrantKind.CLIENT_CREDENTIALS,), consent=consent,
        objects=(ObjectSupport(ObjectType.BILL, frozenset({Capability.ATTACH})),),
        hosts=lambda settings: ("api.tiny.example",),
        quotas=(Quota(QuotaWindow.DAY, 1000), Quota(QuotaWindow.MINUTE, 60)),
    )

@hookimpl
def mlc_auth(connection, tokens):
    return BearerAuth(tokens, lambda stored: mint(connection, {}))

@hookimpl
def mlc_ping(connection):
    who = decode(connection.http.get("https://api.tiny.example/me"))
    return Identity(account=who["account"], organisation=who["organisation"], permissions_missing=tuple(who["missing"]))

@hookimpl
def mlc_probe(connection):
    return Probe(base_currency="EUR", time_zone="Europe/Berlin")
"""
RECIPE = '''
def recipe():
    return """
name = "tiny+small"
title = "Tiny into Small"
left = "tiny"
right = "small"
requires = ["since", "money_accounts", "freight_account"]
[[flows]]
name = "bills"
object = "bill"
from = "left"
"""
'''


@dataclass
class Vendor:
    """What the vendor on loopback answers, and what it was asked."""

    secret: str = "s3cret"
    missing: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    here = Vendor()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            here.asked.append((self.path, data))
            good = data.get("secret") == here.secret
            self._answer(200 if good else 400, {"access": "token-1"} if good else {"error": "invalid_client"})

        def do_GET(self) -> None:
            here.asked.append((self.path, {"authorization": self.headers["Authorization"]}))
            self._answer(200, {"account": "Ada", "organisation": "Acme", "missing": here.missing})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    here.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield here
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Installation:
    """An installed ``mlc`` with a home of its own. ``say`` runs it; ``start`` leaves it running."""

    folder: Path
    environ: dict[str, str]

    def say(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self._line(arguments),
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self._line(arguments), cwd=self.folder, env=self.environ, text=True, stdin=pipe, stdout=pipe, stderr=pipe
        )

    def configure(self, text: str) -> None:
        (self.folder / "mlc.toml").write_text(text)

    @staticmethod
    def _line(arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-c", "from mlc.cli.main import main; main()", *arguments]


@pytest.fixture
def mlc(tmp_path: Path) -> Installation:
    packages = tmp_path / "packages"
    home = packages / "mlc_tiny-1.0.dist-info"
    home.mkdir(parents=True)
    (home / "METADATA").write_text("Metadata-Version: 2.1\nName: mlc-tiny\nVersion: 1.0\n")
    (home / "entry_points.txt").write_text(
        "[mlc.systems]\ntiny = mlc_tiny\nsmall = mlc_small\n[mlc.pairings]\ntiny+small = mlc_recipe:recipe\n"
        "[mlc.commands]\nhello = mlc_hello:hello\nbroken = mlc_nowhere:hello\n"
    )
    (packages / "mlc_tiny.py").write_text(PLUGIN + "\nNAME = 'tiny'\n")
    (packages / "mlc_small.py").write_text(PLUGIN + "\nNAME = 'small'\n")
    (packages / "mlc_recipe.py").write_text(RECIPE)
    hello = "import click\n@click.command()\ndef hello():\n    '''Say hello.'''\n    click.echo('hello')\n"
    (packages / "mlc_hello.py").write_text(hello)
    folder = tmp_path / "here"
    folder.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLC_", "TINY_"))}
    environ = kept | {
        "PYTHONPATH": str(packages),
        "MLC_HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NO_PROXY": "*",
    }
    return Installation(folder, environ)


@pytest.fixture
def configured(mlc: Installation, vendor: Vendor) -> Installation:
    """``mlc`` with one connection to the vendor on loopback."""
    mlc.configure(f'[connections.main]\nsystem = "tiny"\ntenant = "acme"\nendpoint = "{vendor.url}"\n')
    return mlc
