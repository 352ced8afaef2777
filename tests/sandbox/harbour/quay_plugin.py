"""Quay Desk: reads its partners."""

from collections.abc import Generator, Sequence
from typing import Any

from mlc import (
    Capability,
    Connection,
    FetchMode,
    GrantKind,
    Identity,
    ObjectSupport,
    Page,
    Probe,
    Secrets,
    Settings,
    SourceRecord,
    System,
    TokenStore,
    hookimpl,
)
from mlc.errors import TransientError
from mlc.http import Auth, Request, Response, decode
from mlc.records import ObjectType, PartyStatus, Record, SourceMeta, Vendor
from pydantic import SecretStr

NAME = "quay"
API = "https://api.quay.example"


class QuaySecrets(Secrets):
    key: SecretStr


QuayConnection = Connection[Settings, QuaySecrets]


class KeyAuth(Auth):
    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        request.headers["X-Quay-Key"] = self._key.get_secret_value()
        yield request


@hookimpl
def mlc_describe() -> System:
    partners = ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ}), natural_key=("name",))
    return System(
        name=NAME,
        title="Quay Desk",
        version="1",
        settings=Settings,
        secrets=QuaySecrets,
        grants=(GrantKind.API_TOKEN,),
        objects=(partners,),
        hosts=lambda settings: ("api.quay.example",),
    )


@hookimpl
def mlc_auth(connection: QuayConnection, tokens: TokenStore) -> Auth:
    return KeyAuth(connection.secrets.key)


@hookimpl
def mlc_ping(connection: QuayConnection) -> Identity:
    return Identity(account="quay")


@hookimpl
def mlc_probe(connection: QuayConnection) -> Probe:
    return Probe()


@hookimpl
def mlc_fetch(connection: QuayConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    after, _, offset = (cursor or "").partition("|")
    wanted = {"offset": offset or "0"} | ({"after": after} if after and mode is FetchMode.CHANGES else {})
    response = connection.http.get(f"{API}/partners", params=wanted)
    if response.status_code != 200:
        raise TransientError(f"Quay Desk answered {response.status_code}.", system=NAME)
    answer: Any = decode(response)
    rows = tuple(SourceRecord(row["id"], row["at"], row) for row in answer["rows"])
    if answer["following"]:
        return Page(rows, next_cursor=f"{after}|{answer['following']}")
    return Page(rows, watermark=answer["clock"])


@hookimpl
def mlc_read(connection: QuayConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    page = mlc_fetch(connection, object_type, None, FetchMode.SWEEP)
    return [row for row in page.records if row.id in ids]


@hookimpl
def mlc_map(connection: QuayConnection, object_type: ObjectType, payload: dict[str, Any]) -> Record:
    return Vendor(
        source=SourceMeta(system=NAME, source_id=payload["id"], source_version=payload["at"]),
        name=payload["title"],
        currency=payload["money"],
        website=payload["web"],
        status=PartyStatus.ACTIVE if payload["open"] else PartyStatus.INACTIVE,
    )
