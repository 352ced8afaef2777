"""Who we are at a tenant, and what it is set up with."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlc import Identity, Probe
from mlc.errors import AccessSuspendedError, AuthError

from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.client import Client
from mlc_procurify.codes import currency_code
from mlc_procurify.errors import http_date
from mlc_procurify.pages import crawl
from mlc_procurify.sources import CURRENCIES, LOCATIONS
from mlc_procurify.values import as_text, person


def identity(connection: ProcurifyConnection) -> Identity:
    """The user whose role the integration has, and how far the tenant's clock is from ours.

    Raises: AccessSuspendedError, RateLimitedError, TransientError.
    """
    user, response = Client(connection).me()
    moment = http_date(response.headers.get("date"))
    skew_s = None if moment is None else (moment - connection.now()).total_seconds()
    return Identity(
        account=as_text(user.get("email")) or person(user) or as_text(user.get("id")) or "unknown user",
        organisation=f"{connection.settings.subdomain}.procurify.com",
        clock_skew_s=skew_s,
    )


def probe(connection: ProcurifyConnection) -> Probe:
    """Base currency, currency ids (``currency:EUR`` in ``extra``, for writing vendors), the head office's time zone."""
    client, settings = Client(connection), connection.settings
    ids: dict[str, str] = {}
    base = None
    for row in crawl(client, CURRENCIES, settings):
        code, number = currency_code(as_text(row.get("name"))), as_text(row.get("id"))
        if code is None or number is None:
            continue
        if row.get("active") is not False:
            ids[f"currency:{code}"] = number
        if row.get("base") is True:
            base = code
    return Probe(
        entity_id=settings.subdomain,
        entity_name=settings.subdomain,
        base_currency=base,
        time_zone=_time_zone(connection, client),
        extra=ids,
    )


def _time_zone(connection: ProcurifyConnection, client: Client) -> str:
    """The zone of the head office or only location, else the setting's, also for a role that may not read them."""
    try:
        rows = list(crawl(client, LOCATIONS, connection.settings))
    except AccessSuspendedError:
        raise
    except AuthError:
        return connection.settings.time_zone
    return _zone_of(rows) or connection.settings.time_zone


def _zone_of(rows: Iterable[Mapping[str, Any]]) -> str | None:
    known = list(rows)
    chosen = [row for row in known if row.get("headquarter") is True] or (known if len(known) == 1 else [])
    name = as_text(chosen[0].get("locationTimezone")) if chosen else None
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return name
