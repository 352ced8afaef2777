"""connect, ping, connections, budget: against a vendor on loopback."""

import json
import re
import socket
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import Installation, Vendor

SECRETS = "client_id=id-1\nclient_secret=s3cret\n"


def test_connecting_keeps_the_secrets_and_pings(configured: Installation, vendor: Vendor, tmp_path: Path) -> None:
    done = configured.say("connect", "main", "--stdin", stdin=SECRETS)
    assert done.returncode == 0, done.stderr
    assert "Ada" in done.stdout
    assert "EUR" in done.stdout
    assert done.stdout.endswith("main is connected.\n")
    assert vendor.asked == [("/token", {"secret": "s3cret"}), ("/me", {"authorization": "Bearer token-1"})]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").iterdir())
    assert b"s3cret" not in kept
    assert b"token-1" not in kept


def test_connections_shows_state_and_expiry(configured: Installation) -> None:
    (before,) = json.loads(configured.say("connections", "--json").stdout)
    assert (before["state"], before["token_until"]) == ("not connected", None)
    configured.say("connect", "main", "--stdin", stdin=SECRETS)
    (after,) = json.loads(configured.say("connections", "--json").stdout)
    assert (after["state"], after["account"], after["tokens_today"]) == ("ready", "Ada", 1)
    assert after["token_until"]


def test_a_ping_uses_the_stored_token(configured: Installation, vendor: Vendor) -> None:
    configured.say("connect", "main", "--stdin", stdin=SECRETS)
    vendor.asked.clear()
    (answer,) = json.loads(configured.say("ping", "--json").stdout)
    assert (answer["account"], answer["can"]["base_currency"]) == ("Ada", "EUR")
    assert [path for path, _ in vendor.asked] == ["/me"]


def test_missing_permissions_need_a_person(configured: Installation, vendor: Vendor) -> None:
    vendor.missing = ["bills.write"]
    done = configured.say("connect", "main", "--stdin", stdin=SECRETS)
    assert done.returncode == 1
    assert "bills.write" in done.stdout


def test_wrong_credentials_are_exit_code_three_and_pause_until_connected_again(
    configured: Installation, vendor: Vendor
) -> None:
    done = configured.say("connect", "main", "--stdin", stdin="client_id=id-1\nclient_secret=wrong\n")
    assert (done.returncode, done.stderr) == (3, "main: Tiny refuses these credentials.\n")
    paused = configured.say("ping")
    assert paused.returncode == 3
    assert "To go on: mlc connect main" in paused.stderr
    assert len(vendor.asked) == 1
    assert configured.say("connect", "main", "--stdin", stdin=SECRETS).returncode == 0


def test_a_vendor_that_does_not_answer_is_exit_code_four(mlc: Installation) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    mlc.configure(f'[connections.main]\nsystem = "tiny"\ntenant = "acme"\nendpoint = "http://127.0.0.1:{port}"\n')
    done = mlc.say("connect", "main", "--stdin", stdin=SECRETS)
    assert done.returncode == 4, done.stderr
    assert done.stderr.count("\n") == 1


def test_secrets_may_come_from_the_environment_and_are_then_not_stored(
    configured: Installation, vendor: Vendor
) -> None:
    with (configured.folder / "mlc.toml").open("a") as file:
        file.write('client_id = { env = "TINY_ID" }\nclient_secret = { env = "TINY_SECRET" }\n')
    missing = configured.say("ping")
    assert missing.returncode == 2
    assert re.search("the environment variable TINY_(ID|SECRET) is not set", missing.stderr)
    configured.environ |= {"TINY_ID": "id-1", "TINY_SECRET": "s3cret"}
    assert configured.say("connect", "main").returncode == 0
    del configured.environ["TINY_SECRET"]
    assert configured.say("ping").returncode == 2


@pytest.mark.parametrize(
    ("stdin", "sentence"),
    [
        ("client_id=id-1\n", "main has no usable client_secret; give it and try again."),
        ("clientid=id-1\n", "clientid is not known; did you mean client_id?"),
        ("client_id\n", "Line 1 of standard input is not key=value."),
    ],
)
def test_secrets_that_do_not_fit_are_told(configured: Installation, stdin: str, sentence: str) -> None:
    done = configured.say("connect", "main", "--stdin", stdin=stdin)
    assert (done.returncode, done.stderr) == (2, f"{sentence}\n")


def test_without_a_terminal_the_ways_to_give_secrets_are_told(configured: Installation) -> None:
    done = configured.say("connect", "main")
    assert done.returncode == 2
    assert (
        'client_id is missing; run this in a terminal, use --stdin, or write client_id = { env = "…" }.' in done.stderr
    )


def test_an_unknown_connection_is_told_with_the_closest(configured: Installation) -> None:
    done = configured.say("connect", "mian")
    assert done.returncode == 2
    assert done.stderr.endswith("there is no connection 'mian'; there is main.\n")


def test_a_code_from_the_vendors_console_is_exchanged(configured: Installation, vendor: Vendor) -> None:
    configured.environ["TINY_REDIRECT"] = "http://localhost:8976/callback"
    done = configured.say("connect", "main", "--stdin", "--code", "abc", stdin=SECRETS)
    assert done.returncode == 0, done.stderr
    assert vendor.asked[0] == ("/token", {"code": "abc", "secret": "s3cret"})


@pytest.mark.parametrize("environment", [False, True])
def test_a_refresh_token_that_came_along_needs_no_browser(
    configured: Installation, vendor: Vendor, environment: bool
) -> None:
    configured.environ |= {"TINY_REDIRECT": "http://localhost:8976/callback", "TINY_REFRESH": "r-1"}
    if environment:
        with (configured.folder / "mlc.toml").open("a") as file:
            file.write('refresh_token = { env = "TINY_REFRESH" }\n')
    given = SECRETS if environment else f"{SECRETS}refresh_token=r-1\n"
    done = configured.say("connect", "main", "--stdin", stdin=given)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("main is connected.\n")


def test_the_doctor_says_which_connection_cannot_sign_in_yet(configured: Installation, vendor: Vendor) -> None:
    def found() -> tuple[int, dict[str, str]]:
        done = configured.say("doctor", "--offline", "--json")
        told = {one["what"]: f"{one['level']}: {one['sentence']}" for one in json.loads(done.stdout)}
        return done.returncode, told

    code, told = found()
    assert (code, told["credentials of main"]) == (
        1,
        "wrong: main has no usable client_id, client_secret; run: mlc connect main",
    )
    assert configured.say("connect", "main", "--stdin", stdin=SECRETS).returncode == 0
    assert found()[1]["credentials of main"] == "ok: given, and accepted when they were used last"
    vendor.secret = "another"
    assert configured.say("connect", "main", "--stdin", stdin=SECRETS).returncode == 3
    assert "To go on: mlc connect main" in found()[1]["credentials of main"]
    assert len([path for path, _ in vendor.asked if path == "/token"]) == 2


def test_consent_comes_back_from_the_browser(configured: Installation, vendor: Vendor, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import sys, urllib.parse, urllib.request\n"
        "query = urllib.parse.parse_qs(urllib.parse.urlsplit(sys.argv[1]).query)\n"
        "urllib.request.urlopen(query['redirect_uri'][0] + '?code=xyz&state=' + query['state'][0])\n"
    )
    configured.environ |= {
        "TINY_REDIRECT": f"http://localhost:{port}/callback",
        "BROWSER": f"{sys.executable} {browser} %s &",
    }
    done = configured.say("connect", "main", "--stdin", stdin=SECRETS)
    assert done.returncode == 0, done.stderr
    assert vendor.asked[0] == ("/token", {"code": "xyz", "secret": "s3cret"})


def test_consent_may_be_pasted_where_there_is_no_browser(configured: Installation, vendor: Vendor) -> None:
    configured.environ["TINY_REDIRECT"] = "http://localhost:8976/callback"
    configured.environ |= {"TINY_ID": "id-1", "TINY_SECRET": "s3cret"}
    with (configured.folder / "mlc.toml").open("a") as file:
        file.write('client_id = { env = "TINY_ID" }\nclient_secret = { env = "TINY_SECRET" }\n')
    running = configured.start("connect", "main", "--paste")
    assert running.stderr is not None
    url = running.stderr.readline().rpartition(" ")[2].strip()
    state = parse_qs(urlsplit(url).query)["state"][0]
    out, err = running.communicate(f"http://localhost:8976/callback?code=pasted&state={state}\n", timeout=30)
    assert running.returncode == 0, out + err
    assert vendor.asked[0] == ("/token", {"code": "pasted", "secret": "s3cret"})


def test_the_budget_counts_calls_across_processes(configured: Installation) -> None:
    configured.say("connect", "main", "--stdin", stdin=SECRETS)
    configured.say("ping")
    rows = {row["window"]: row for row in json.loads(configured.say("budget", "--json").stdout)["windows"]}
    assert rows["day"]["limit"] == 1000
    assert 2 <= rows["day"]["used"] <= 4
