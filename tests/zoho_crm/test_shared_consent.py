"""One consent for Zoho Books and Zoho CRM: one custody, one refresh, one revocation, one reconnect."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mlc.config import load_config
from mlc.errors import ConfigError
from mlc.oauth.shared import with_scopes
from mlc.plugins import load_plugins
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.zoho.tokens import CLIENT_ID, CLIENT_SECRET, CODE
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn
from mlc_zoho.books.settings import SCOPES as BOOKS_SCOPES
from mlc_zoho.crm.settings import SCOPES as CRM_SCOPES

MLC = [sys.executable, "-c", "from mlc.cli.main import main; main()"]


@dataclass
class House:
    """Both products of one Zoho user, whose accounts server is one."""

    path: Path
    books: ZohoBooksStandIn

    def start(self, *words: str) -> "subprocess.Popen[str]":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*MLC, "--config", str(self.path), *words], text=True, **pipes)

    def mlc(self, *words: str, given: str = "") -> tuple[int, str]:
        process = self.start(*words)
        out, err = process.communicate(given, timeout=120)
        return process.returncode, " ".join((out + err).split())

    def connect(self, code: str) -> tuple[int, str]:
        given = f"client_id={CLIENT_ID}\nclient_secret={CLIENT_SECRET}\n"
        return self.mlc("connect", "books", "--stdin", "--code", code, given=given)

    def connections(self) -> dict[str, dict[str, Any]]:
        process = self.start("--json", "connections")
        return {row["connection"]: row for row in json.loads(process.communicate(timeout=120)[0])}


def config(books: str, organisation: str, crm: str, *, of_crm: str = 'consent = "books"') -> str:
    return (
        f'home = "."\n[connections.books]\nsystem = "zoho-books"\nendpoint = "{books}"\n'
        f'organization_id = "{organisation}"\n'
        f'[connections.crm]\nsystem = "zoho-crm"\nendpoint = "{crm}"\n{of_crm}\n'
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    books, crm = ZohoBooksStandIn(), ZohoCrmStandIn()
    crm.tokens = books.tokens
    with Server(books) as one, Server(crm) as other:
        path = tmp_path / "mlc.toml"
        path.write_text(config(one.url, books.organization_id, other.url), encoding="utf-8")
        yield House(path, books)


def test_two_processes_share_one_token_and_one_revocation_is_mended_by_one_reconnect(house: House) -> None:
    scopes = (*BOOKS_SCOPES, *CRM_SCOPES)
    assert house.connect(house.books.tokens.self_client(scopes, life_s=60.0))[0] == 0
    house.books.tokens.revoke_all(refresh=False)
    both = [house.start("ping", name) for name in ("books", "crm", "books", "crm")]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0, 0, 0], said
    shown = house.connections()
    assert (shown["crm"]["consent"], shown["books"]["consent"]) == ("of books", None)
    assert shown["crm"]["token_until"] == shown["books"]["token_until"]
    assert shown["crm"]["tokens_today"] == shown["books"]["tokens_today"] == 1, "of four processes one refreshed"
    house.books.tokens.revoke_all(refresh=True)
    for name in ("crm", "books"):
        code, told = house.mlc("ping", name)
        assert code != 0
        assert "mlc connect books" in told or "run mlc connect again" in told
    code, told = house.mlc("doctor", "--offline")
    assert (code != 0, "mlc connect books" in told, "mlc connect crm" in told) == (True, True, False)
    assert house.mlc("connect", "crm", "--code", CODE)[1].startswith("crm uses the consent of books")
    assert house.connect(house.books.tokens.self_client(scopes, life_s=60.0))[0] == 0
    assert [house.mlc("ping", name)[0] for name in ("crm", "books")] == [0, 0]


def test_one_consent_asks_for_the_scopes_of_both() -> None:
    one = f"https://accounts.zoho.eu/oauth/v2/auth?client_id=1&scope={'%2C'.join(BOOKS_SCOPES)}&state=s"
    other = f"https://accounts.zoho.eu/oauth/v2/auth?client_id=1&scope={'%2C'.join(CRM_SCOPES)}&state=s"
    asked = parse_qs(urlsplit(with_scopes(one, [other])).query)
    assert asked["scope"] == [",".join(dict.fromkeys((*BOOKS_SCOPES, *CRM_SCOPES)))]
    assert (asked["client_id"], asked["state"]) == (["1"], ["s"])


@pytest.mark.parametrize(
    ("of_crm", "sentence"),
    [
        ('consent = "ledger"', "names no other connection"),
        ('consent = "crm"', "names no other connection"),
        ('consent = ["books"]', "consent must be the name of a connection"),
        ('consent = "books"\nclient_id = "1000.OTHER"', "client_id is that of books; leave it out here"),
        ('consent = "desk"\n[connections.desk]\nsystem = "zoho-crm"\nconsent = "books"', "has none of its own"),
        (
            'consent = "desk"\n[connections.desk]\nsystem = "procurify"\nsubdomain = "acme"',
            "are not authorised in one place",
        ),
    ],
)
def test_a_consent_that_cannot_be_shared_is_refused_with_its_reason(tmp_path: Path, of_crm: str, sentence: str) -> None:
    path = tmp_path / "mlc.toml"
    path.write_text(config("http://127.0.0.1:1", "1", "http://127.0.0.1:1", of_crm=of_crm), encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence):
        load_config(path, plugins=load_plugins())
