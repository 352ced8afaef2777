"""Intuit's description of its OAuth endpoints, read once a day per process.

A URL in it is followed only where it leads to one of Intuit's hosts that this connector declares. Without the
document, the endpoints that Intuit documents are used.

Vendor doc: https://developer.api.intuit.com/.well-known/openid_configuration
"""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from mlc.errors import MlcError
from mlc.http import VendorClient, decode

from mlc_quickbooks.schemas import text
from mlc_quickbooks.settings import DISCOVERY_HOST, OAUTH_HOST, QuickBooksSettings, hosts

TOKEN_URL = f"https://{OAUTH_HOST}/oauth2/v1/tokens/bearer"
_PATHS = {
    "production": "/.well-known/openid_configuration",
    "sandbox": "/.well-known/openid_sandbox_configuration",
}
KEPT_S = 86_400.0
#: After a failure the documented endpoints do for so long.
RETRY_S = 3_600.0


@dataclass(frozen=True, slots=True)
class _Known:
    token_url: str
    until: float


_KNOWN: WeakKeyDictionary[VendorClient, _Known] = WeakKeyDictionary()


def token_endpoint(http: VendorClient, settings: QuickBooksSettings) -> str:
    """Where tokens are made."""
    known = _KNOWN.get(http)
    if known is None or known.until < time.monotonic():
        known = _KNOWN[http] = _read(http, settings)
    return known.token_url


def _read(http: VendorClient, settings: QuickBooksSettings) -> _Known:
    """The document's token endpoint; the documented one when it cannot be had, or leads elsewhere."""
    now = time.monotonic()
    try:
        response = http.mint("GET", f"https://{DISCOVERY_HOST}{_PATHS[settings.environment]}")
        body = decode(response) if response.is_success else None
    except MlcError:
        body = None
    stated = text(body, "token_endpoint") if isinstance(body, dict) else None
    if stated is None:
        return _Known(TOKEN_URL, now + RETRY_S)
    return _Known(_allowed(stated, settings), now + KEPT_S)


def _allowed(stated: str, settings: QuickBooksSettings) -> str:
    """The endpoint as an address of a declared host. At a stand-in its path counts, since all hosts are one there."""
    parts = urlsplit(stated)
    if parts.scheme == "https" and parts.hostname in hosts(settings) and not parts.query and parts.port in (None, 443):
        return stated
    if settings.endpoint and stated.startswith(settings.endpoint.rstrip("/") + "/"):
        return f"https://{OAUTH_HOST}{stated.removeprefix(settings.endpoint.rstrip('/'))}"
    return TOKEN_URL
