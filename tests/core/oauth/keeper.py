"""A worker process that needs a token: ``python keeper.py DATABASE ENDPOINT``. Asks each time it is told ``go``.

Prints the token, or why there is none. It alerts as a run does: when it is refused, unless that alert is open.
"""

import sys
from datetime import timedelta

from mlc.clock import Clock
from mlc.connection import Token
from mlc.errors import AuthError, MlcError
from mlc.http import VendorClient, decode
from mlc.oauth import tokens as custody
from mlc.store.alerts import raise_in
from mlc.store.audit import AuditGroup
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import open_database
from pydantic import SecretStr

#: Short, so that tests need not wait a minute for what a dead process held.
LEASE_S = 1.0


def main(path: str, endpoint: str) -> None:
    """Obtain a token for every line read."""
    custody.LEASE_S = LEASE_S
    clock, database = Clock(), open_database(path)
    client = VendorClient("acme", "vendor", hosts=("api.vendor.example",), endpoint=endpoint)

    def alert(sentence: str) -> None:
        with database.write() as tx:
            audit = AuditGroup(run_id=None, pairing="main")
            raise_in(tx, audit, code="credentials", cause="acme", sentence=sentence, now=clock.now(), pairing="main")
            audit.write(tx, clock.now())

    kept = custody.StoredTokens(
        "acme",
        "vendor",
        credentials=Credentials(database, Keys(b"k" * 32), now=clock.now),
        client=client,
        clock=clock,
        on_paused=alert,
    )

    def mint(stored: Token | None) -> Token:
        assert stored is not None
        assert stored.refresh is not None
        form = {"refresh_token": stored.refresh.get_secret_value()}
        reply = decode(client.mint("POST", "https://api.vendor.example/token", data=form))
        if "error" in reply:
            raise AuthError(f"The grant is gone: {reply['error']}.", connection="acme")
        expires_at = clock.now() + timedelta(seconds=3600)
        return Token(SecretStr(reply["access_token"]), expires_at, SecretStr(reply["refresh_token"]))

    print("ready", flush=True)
    for _line in sys.stdin:
        try:
            said = kept.obtain(mint, margin_s=300).access.get_secret_value()
        except AuthError as error:
            alert(error.sentence)
            said = f"refused: {error.sentence}"
        except MlcError as error:
            said = f"not now: {error.sentence}"
        print(said, flush=True)
    client.close()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
