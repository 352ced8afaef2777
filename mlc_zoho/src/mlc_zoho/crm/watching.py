"""Our notification channel: made, renewed well before it lapses, put right, ended. Strangers' are never touched.

One channel tells of every module that is read: its ids alone, with a token that it echoes. It lives a week at most and
is silent afterwards. A longer life is not shortened by Zoho but ignored: it would last an hour.

Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/notifications/overview.html
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from mlc import Watch, WatchChange, Watching
from mlc.errors import ConfigError, RejectedError, TransientError
from mlc.http import VendorClient
from mlc.records import ObjectType
from mlc.wire import Json
from pydantic import SecretStr

from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.errors import NOT_THERE, refused_row
from mlc_zoho.crm.modules import module_of
from mlc_zoho.crm.schemas import Row, inner, moment, rows, text
from mlc_zoho.crm.settings import NOTES
from mlc_zoho.crm.tenant import facts_of

#: A day short of the week, so that clocks may differ.
LIFE = timedelta(days=6)
TOKEN_BYTES = 20
WATCHED = (ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.DEAL, ObjectType.INVOICE)
#: A channel that was given a shorter life than was asked for is not renewed again and again.
PATIENCE = timedelta(minutes=10)

# When each channel was last given a new life, per live HTTP client.
_RENEWED: WeakKeyDictionary[VendorClient, dict[str, datetime]] = WeakKeyDictionary()


def watch(
    connection: CrmConnection, callback_url: str | None, watches: Sequence[Watch], renew_before: datetime
) -> Watching:
    """One step nearer to one good channel; ``change`` None when nothing is left to do."""
    if callback_url is not None and not callback_url.startswith("https://") and connection.settings.endpoint is None:
        raise ConfigError("Zoho CRM delivers to https addresses only.", connection=connection.name)
    keeper = _Keeper(connection, callback_url, watches)
    change = keeper.step(renew_before)
    return Watching(tuple(keeper.watches), change)


def events_of(connection: CrmConnection) -> tuple[str, ...]:
    """Every change of the modules that are there; notes tell of nothing."""
    names = dict.fromkeys(module_of(connection.settings, kind).api_name for kind in WATCHED)
    return tuple(f"{name}.all" for name in names if name != NOTES and _is_there(connection, name))


def _is_there(connection: CrmConnection, module: str) -> bool:
    try:
        facts_of(connection, module)
    except RejectedError as error:
        if error.code not in NOT_THERE:
            raise
        return False
    return True


class _Keeper:
    """Our channels, and the one thing that is to be done about them."""

    def __init__(self, connection: CrmConnection, callback_url: str | None, watches: Sequence[Watch]) -> None:
        self._connection = connection
        self._client = CrmClient(connection)
        self._url = callback_url
        self._kept = {watch.id: watch for watch in watches}
        ours = [row for row in self._client.channels() if self._is_ours(row)]
        self._ours = sorted(ours, key=lambda row: (self._token(row) is None, _id(row)))

    @property
    def watches(self) -> list[Watch]:
        return [self._watch(row) for row in self._ours]

    def step(self, renew_before: datetime) -> WatchChange | None:
        """Change one thing, in one request; None when all is well."""
        if self._url is None or len(self._ours) > 1:
            return self._end() if self._ours else None
        events = events_of(self._connection)
        if not self._ours:
            return self._make(events)
        row = self._ours[0]
        token = self._token(row)
        if token is None or not self._is_right(row, events):
            return self._replace(row, events, token)
        ends = moment(row, "channel_expiry")
        if (ends is None or ends < renew_before) and not self._was_just_renewed(_id(row)):
            return self._renew(row)
        return None

    def _is_ours(self, row: Row) -> bool:
        return _id(row) in self._kept or (self._url is not None and text(row, "notify_url") == self._url)

    def _token(self, row: Row) -> SecretStr | None:
        """The token that core keeps. One that only the vendor shows is not believed."""
        kept = self._kept.get(_id(row))
        return None if kept is None else kept.secret

    def _is_right(self, row: Row, events: Sequence[str]) -> bool:
        related = row.get("notify_on_related_action") is True
        return text(row, "notify_url") == self._url and set(_events(row)) == set(events) and not related

    def _make(self, events: Sequence[str]) -> WatchChange:
        token = SecretStr(secrets.token_hex(TOKEN_BYTES))
        channel_id = str(10**12 + secrets.randbelow(9 * 10**12))
        self._ours = [self._sent("POST", channel_id, events, token)]
        return WatchChange.MADE

    def _replace(self, row: Row, events: Sequence[str], token: SecretStr | None) -> WatchChange:
        """What is not sent with it is dropped there, so everything goes again."""
        fresh = token if token is not None else SecretStr(secrets.token_hex(TOKEN_BYTES))
        self._ours = [self._sent("PUT", _id(row), events, fresh)]
        return WatchChange.REPAIRED

    def _sent(self, method: str, channel_id: str, events: Sequence[str], token: SecretStr) -> Row:
        until = self._until()
        body: dict[str, Json] = {
            "channel_id": channel_id,
            "events": list(events),
            "notify_url": self._url,
            "token": token.get_secret_value(),
            "channel_expiry": until,
            "return_affected_field_values": False,
            "notify_on_related_action": False,
        }
        self._connection.http.hide(f"channel {channel_id}", [token.get_secret_value()])
        answer = self._asked(method, body)
        self._kept[channel_id] = Watch(channel_id, token)
        return {"channel_id": channel_id, "events": list(events), "channel_expiry": _ends(answer) or until}

    def _renew(self, row: Row) -> WatchChange:
        until = self._until()
        answer = self._asked("PATCH", {"channel_id": _id(row), "channel_expiry": until})
        _RENEWED.setdefault(self._connection.http, {})[_id(row)] = self._connection.now()
        self._ours = [{**row, "channel_expiry": _ends(answer) or until}]
        return WatchChange.RENEWED

    def _asked(self, method: str, body: dict[str, Json]) -> Row:
        """The answer's row. Raises RejectedError with the vendor's word for it."""
        answer = self._client.change_channel(method, body)
        if text(answer, "status") == "error":
            refused = refused_row("channel", answer)
            raise RejectedError(
                refused.reason, code=refused.code, field=refused.field, connection=self._connection.name
            )
        if text(answer, "code") != "SUCCESS":
            raise TransientError("Zoho CRM did not say what became of the channel.", connection=self._connection.name)
        return answer

    def _until(self) -> str:
        return (self._connection.now().astimezone(UTC) + LIFE).isoformat(timespec="seconds")

    def _was_just_renewed(self, channel_id: str) -> bool:
        at = _RENEWED.get(self._connection.http, {}).get(channel_id)
        return at is not None and self._connection.now() - at < PATIENCE

    def _end(self) -> WatchChange:
        """End the last of ours: all of them one by one, or those that are double."""
        self._client.end_channel(_id(self._ours.pop()))
        return WatchChange.REMOVED

    def _watch(self, row: Row) -> Watch:
        kept = self._kept.get(_id(row))
        secret = None if kept is None else kept.secret
        return Watch(_id(row), secret, moment(row, "channel_expiry"), tuple(sorted(_events(row))))


def _id(row: Row) -> str:
    return text(row, "channel_id") or ""


def _events(row: Row) -> list[str]:
    value = row.get("events")
    return [str(one) for one in value] if isinstance(value, list) else []


def _ends(answer: Row) -> str | None:
    """When the first of a channel's events lapses, as the answer says."""
    found = (text(one, "channel_expiry") for one in rows(inner(answer, "details"), "events"))
    return min((one for one in found if one is not None), default=None)
