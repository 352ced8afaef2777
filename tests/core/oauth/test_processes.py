"""The same promise with real processes on one database file."""

import subprocess
import sys
from datetime import timedelta

from mlc.connection import Token
from pydantic import SecretStr

SCRIPT = """
import sys
from datetime import timedelta
from pydantic import SecretStr
from mlc.clock import Clock
from mlc.connection import Token
from mlc.http import VendorClient, decode
from mlc.oauth.tokens import StoredTokens
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import open_database

path, endpoint = sys.argv[1:]
clock, database = Clock(), open_database(path)
client = VendorClient("acme", "vendor", hosts=("api.vendor.example",), endpoint=endpoint)
tokens = StoredTokens(
    "acme", "vendor", credentials=Credentials(database, Keys(b"k" * 32), now=clock.now), client=client, clock=clock
)

def mint(stored):
    form = {"refresh_token": stored.refresh.get_secret_value()}
    reply = decode(client.mint("POST", "https://api.vendor.example/token", data=form))
    expires_at = clock.now() + timedelta(seconds=3600)
    return Token(SecretStr(reply["access_token"]), expires_at, SecretStr(reply["refresh_token"]))

print("ready", flush=True)
sys.stdin.readline()
print(tokens.obtain(mint, margin_s=300).access.get_secret_value(), flush=True)
client.close()
database.close()
"""


def test_four_processes_that_need_a_token_at_once_refresh_once(custody, vendor, database, clock):
    vendor.delay_s = 0.3
    custody.tokens.store(Token(SecretStr("old"), clock.now() - timedelta(hours=1), SecretStr("refresh-0")))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(database.path), vendor.endpoint],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [each.stdout.readline() for each in started] == ["ready\n"] * 4
    for each in started:
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=30)[0] for each in started] == ["access-1\n"] * 4
    assert vendor.mints == 1
    assert not vendor.dead
