"""Tidewater Books: reads and writes its suppliers."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mlc import (
    Binding,
    Capability,
    Connection,
    Created,
    FetchMode,
    FindKey,
    GrantKind,
    Identity,
    ObjectSupport,
    Outcome,
    Page,
    Probe,
    RejectCause,
    Rejected,
    RenderContext,
    Rendered,
    RenderedPart,
    Secrets,
    Settings,
    SourceRecord,
    Strategy,
    System,
    Token,
    TokenStore,
    Updated,
    Write,
    hookimpl,
)
from mlc.errors import AuthError, ConflictError, RateLimitedError, TransientError
from mlc.http import Auth, Response, decode
from mlc.oauth import BearerAuth
from mlc.records import ObjectType, PartyStatus, Record, SourceMeta, Vendor
from pydantic import SecretStr

NAME = "tidewater"
API = "https://api.tidewater.example"
SUPPLIERS = f"{API}/v1/suppliers"


class TideSecrets(Secrets):
    client_id: SecretStr
    client_secret: SecretStr
    refresh_token: SecretStr


TideConnection = Connection[Settings, TideSecrets]


@hookimpl
def mlc_describe() -> System:
    can = frozenset({Capability.READ, Capability.CREATE, Capability.UPDATE, Capability.FIND})
    suppliers = ObjectSupport(ObjectType.VENDOR, can, natural_key=("name",), strategy=Strategy.SEARCH)
    return System(
        name=NAME,
        title="Tidewater Books",
        version="1",
        settings=Settings,
        secrets=TideSecrets,
        grants=(GrantKind.AUTHORIZATION_CODE,),
        objects=(suppliers,),
        hosts=lambda settings: ("api.tidewater.example",),
    )


@hookimpl
def mlc_auth(connection: TideConnection, tokens: TokenStore) -> Auth:
    return BearerAuth(tokens, lambda stored: mint(connection, stored), margin_s=60.0)


def mint(connection: TideConnection, stored: Token | None) -> Token:
    secrets = connection.secrets
    refresh = stored.refresh if stored is not None and stored.refresh is not None else secrets.refresh_token
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh.get_secret_value(),
        "client_id": secrets.client_id.get_secret_value(),
        "client_secret": secrets.client_secret.get_secret_value(),
    }
    response = connection.http.mint("POST", f"{API}/oauth/token", data=form)
    if response.status_code in (400, 401):
        raise AuthError("Tidewater refuses the refresh token; connect again.", system=NAME)
    body = answered(response)
    return Token(
        SecretStr(body["access_token"]),
        connection.now() + timedelta(seconds=body["expires_in"]),
        SecretStr(body["refresh_token"]),
    )


@hookimpl
def mlc_ping(connection: TideConnection) -> Identity:
    return Identity(account="tidewater")


@hookimpl
def mlc_probe(connection: TideConnection) -> Probe:
    return Probe(base_currency="USD")


@hookimpl
def mlc_fetch(connection: TideConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    since, _, page = (cursor or "").partition("|")
    wanted = {"page": page or "1"} | ({"since": since} if since and mode is FetchMode.CHANGES else {})
    answer = answered(connection.http.get(SUPPLIERS, params=wanted))
    rows = tuple(read_row(row) for row in answer["items"])
    if answer["next"]:
        return Page(rows, next_cursor=f"{since}|{int(page or 1) + 1}", total=answer["total"])
    return Page(rows, watermark=answer["now"], total=answer["total"])


@hookimpl
def mlc_read(connection: TideConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return [read_row(answered(connection.http.get(f"{SUPPLIERS}/{id}"))) for id in ids]


@hookimpl
def mlc_find(connection: TideConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    found = [answered(connection.http.get(SUPPLIERS, params={"name": key.name or ""})) for key in keys]
    return [[read_row(row) for row in answer["items"]] for answer in found]


@hookimpl
def mlc_map(connection: TideConnection, object_type: ObjectType, payload: dict[str, Any]) -> Record:
    return Vendor(
        source=SourceMeta(system=NAME, source_id=payload["id"], source_version=payload["changed"]),
        name=payload["name"],
        currency=payload.get("currency"),
        website=payload.get("website"),
        status=PartyStatus.ACTIVE if payload["active"] else PartyStatus.INACTIVE,
    )


@hookimpl
def mlc_render(connection: TideConnection, record: Record, binding: Binding | None, context: RenderContext) -> Rendered:
    names = ("name", "currency", "website")
    fields = {name: getattr(record, name) for name in names if context.fields is None or name in context.fields}
    return Rendered((RenderedPart("main", context.operation, json.dumps(fields).encode()),) if fields else ())


@hookimpl
def mlc_push(connection: TideConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    write = writes[0]
    headers = {"Content-Type": "application/json"}
    if write.external_id is None:
        response = connection.http.post(SUPPLIERS, content=write.payload, headers=headers)
    else:
        url = f"{SUPPLIERS}/{write.external_id}"
        now = connection.http.get(url)
        if write.expected_version not in (None, answered(now)["changed"]):
            raise ConflictError("The supplier has changed since it was read.", system=NAME)
        response = connection.http.patch(
            url, content=write.payload, headers=headers | {"If-Match": now.headers["etag"]}
        )
    if response.status_code == 409:
        return [Rejected(write.key, "Tidewater has a supplier of that name.", cause=RejectCause.DUPLICATE)]
    row = answered(response)
    seen = mlc_map(connection, object_type, row)
    made = Created if write.external_id is None else Updated
    return [made(write.key, row["id"], row["changed"], seen)]


def read_row(row: dict[str, Any]) -> SourceRecord:
    return SourceRecord(row["id"], row["changed"], row)


def answered(response: Response) -> Any:
    if response.status_code == 429:
        raise RateLimitedError(
            "Tidewater's quota is used up.", retry_after_s=float(response.headers["retry-after"]), system=NAME
        )
    if response.status_code == 412:
        raise ConflictError("The supplier has changed since it was read.", system=NAME)
    if response.status_code == 401:
        raise AuthError("Tidewater does not know us any more; connect again.", system=NAME)
    if not response.is_success:
        raise TransientError(f"Tidewater answered {response.status_code}.", system=NAME)
    return decode(response)
