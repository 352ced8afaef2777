"""A worker that needs a token of a QuickBooks company, in a process of its own. Alerts as a run does."""

from mlc.clock import Clock
from mlc.connection import Connection
from mlc.errors import AuthError, MlcError
from mlc.http import VendorClient
from mlc.oauth import tokens as custody
from mlc.store.alerts import raise_in
from mlc.store.audit import AuditGroup
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import open_database
from mlc_quickbooks.auth import MARGIN_S, refresh
from mlc_quickbooks.settings import QuickBooksSecrets, QuickBooksSettings, hosts

REALM = "9130000000000001"
#: Short, so that tests need not wait a minute for what a dead process held.
LEASE_S = 1.0


def once(path: str, endpoint: str, client_id: str, client_secret: str) -> int:
    """Ask for a token; print it, or why there is none."""
    custody.LEASE_S = LEASE_S
    clock, database = Clock(), open_database(path)
    settings = QuickBooksSettings(realm_id=REALM, endpoint=endpoint)
    client = VendorClient("acme", "quickbooks", hosts=hosts(settings), endpoint=endpoint)

    def alert(sentence: str) -> None:
        with database.write() as tx:
            audit = AuditGroup(run_id=None, pairing="main")
            raise_in(tx, audit, code="credentials", cause="acme", sentence=sentence, now=clock.now(), pairing="main")
            audit.write(tx, clock.now())

    tokens = custody.StoredTokens(
        "acme",
        "quickbooks",
        credentials=Credentials(database, Keys(b"k" * 32), now=clock.now),
        client=client,
        clock=clock,
        on_paused=alert,
    )
    secrets = QuickBooksSecrets.model_validate({"client_id": client_id, "client_secret": client_secret})
    connection = Connection("acme", "quickbooks", settings, secrets, client, tokens, clock.now)
    try:
        said = tokens.obtain(lambda stored: refresh(connection, stored), margin_s=MARGIN_S).access.get_secret_value()
    except AuthError as error:
        alert(error.sentence)
        said = f"refused: {error.sentence}"
    except MlcError as error:
        said = f"not now: {error.sentence}"
    print(said, flush=True)
    client.close()
    database.close()
    return 0
