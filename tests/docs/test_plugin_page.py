"""The plugin of docs/writing-a-plugin.md is installed as it stands there, and works over real HTTP."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mlc.clock import Clock
from mlc.connections import open_connection
from mlc.contract import FetchMode
from mlc.errors import AuthError, MappingError
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType, Vendor
from mlc.store.credentials import load_keys
from mlc.store.database import open_database

from .conftest import ROOT, fences

PAGE = ROOT / "docs" / "writing-a-plugin.md"
KEY = "tiny-key-1"


class TinyBooks(BaseHTTPRequestHandler):
    """Two pages of one supplier each, behind a key."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if self.headers.get("X-Api-Key") != KEY:
            return self._answer(401, {"error": "no"})
        if url.path == "/api/me":
            return self._answer(200, {"company": "Northwind"})
        (sample,) = fences(PAGE.read_text(encoding="utf-8"), "json")
        body = json.loads(sample)
        if "since" in query:
            return self._answer(200, body | {"data": []})
        if query["page"] == "1":
            return self._answer(200, body | {"next": "2"})
        return self._answer(200, body | {"data": [body["data"][0] | {"id": "s2", "name": "", "active": False}]})

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), TinyBooks)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder that looks like an installation of the page's package."""
    (module,) = (block for block in fences(PAGE.read_text(encoding="utf-8"), "python") if "mlc_describe" in block)
    project, _ = fences(PAGE.read_text(encoding="utf-8"), "toml")
    folder = tmp_path / "site"
    (folder / "mlc_tiny_books").mkdir(parents=True)
    (folder / "mlc_tiny_books" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "mlc_tiny_books" / "plugin.py").write_text(module, encoding="utf-8")
    info = folder / "mlc_tiny_books-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mlc-tiny-books\nVersion: 0.1.0\n", encoding="utf-8")
    points = project.partition('[project.entry-points."mlc.systems"]')[2].replace('"', "")
    (info / "entry_points.txt").write_text(f"[mlc.systems]{points}", encoding="utf-8")
    return folder


@pytest.fixture
def plugins(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    monkeypatch.syspath_prepend(str(installed))
    import importlib

    module = importlib.import_module("mlc_tiny_books.plugin")
    yield Plugins([Found("tiny-books", module)])
    for name in [name for name in sys.modules if name.startswith("mlc_tiny_books")]:
        del sys.modules[name]


def test_it_is_small(installed: Path) -> None:
    lines = (installed / "mlc_tiny_books" / "plugin.py").read_text(encoding="utf-8").splitlines()
    assert sum(1 for line in lines if line.strip() and not line.startswith(("from ", "import "))) <= 65


def test_it_fetches_maps_and_refuses_over_http(plugins: Plugins, service: str, tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "mlc.db"))
    keys = load_keys(tmp_path / "key", {})

    def connect(key: str) -> Any:
        table = {"system": "tiny-books", "endpoint": service, "api_key": key}
        return open_connection("books", table, plugins=plugins, database=database, keys=keys, clock=Clock())

    connection = connect(KEY)
    call = {"connection": connection, "object_type": ObjectType.VENDOR}
    first = plugins.call("tiny-books", "mlc_fetch", cursor=None, mode=FetchMode.CHANGES, **call)
    last = plugins.call("tiny-books", "mlc_fetch", cursor=first.next_cursor, mode=FetchMode.CHANGES, **call)
    later = plugins.call("tiny-books", "mlc_fetch", cursor=last.watermark, mode=FetchMode.CHANGES, **call)
    assert [row.id for page in (first, last) for row in page.records] == ["s1", "s2"]
    assert (last.next_cursor, last.watermark) == (None, "2026-11-20T10:00:00Z")
    assert later.records == ()
    vendor = plugins.call("tiny-books", "mlc_map", payload=first.records[0].payload, **call)
    assert isinstance(vendor, Vendor)
    assert (vendor.name, vendor.tax_number, vendor.currency) == ("Harbour Paper Ltd", "GB123456789", "GBP")
    with pytest.raises(MappingError, match="s2 has no name"):
        plugins.call("tiny-books", "mlc_map", payload=last.records[0].payload, **call)
    connection.http.close()
    stranger = connect("wrong")
    with pytest.raises(AuthError, match="does not accept the key"):
        plugins.call("tiny-books", "mlc_ping", connection=stranger)
    stranger.http.close()
    database.close()


def test_the_command_line_knows_it_once_it_is_installed(installed: Path, service: str, tmp_path: Path) -> None:
    _, configuration = fences(PAGE.read_text(encoding="utf-8"), "toml")
    path = tmp_path / "mlc.toml"
    path.write_text(configuration.replace("http://127.0.0.1:8000", service), encoding="utf-8")
    environ = os.environ | {"PYTHONPATH": str(installed), "MLC_HOME": str(tmp_path), "TINY_BOOKS_KEY": KEY}

    def mlc(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", "from mlc.cli.main import main; main()", "--config", str(path), *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)

    shown = mlc("plugins", "info", "tiny-books")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Settings, Developers, API key." in shown.stdout
    pinged = mlc("ping", "books")
    assert (pinged.returncode, pinged.stderr) == (0, "")
    assert "Northwind" in pinged.stdout
    environ["TINY_BOOKS_KEY"] = "wrong"
    refused = mlc("ping", "books")
    assert refused.returncode == 3
    assert refused.stderr == (
        "books (tiny-books): Tiny Books does not accept the key; make one under Settings, Developers.\n"
    )
