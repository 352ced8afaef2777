"""Pairings of an invented vendor whose lists are empty: what runs cost, and who waits for whom, without any records.

A connection whose name begins with ``hanging`` answers after a while, one that begins with ``throttled`` refuses.
"""

import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from mlc import (
    Capability,
    Connection,
    FetchMode,
    GrantKind,
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
from mlc.config import Config, ConnectionConfig
from mlc.errors import RateLimitedError
from mlc.http import Auth, Request, Response
from mlc.plugins import Found, Plugins
from mlc.recipes import Flow, Pairing, Policy, Side
from mlc.records import ObjectType, Record, Vendor

NAME = "quiet"


class _NoAuth(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request


class Quiet:
    """The plugin. ``on_fetch`` hears of every list that is read."""

    def __init__(
        self, *, takes_s: float = 0.0, hangs_s: float = 5.0, on_fetch: Callable[[str], None] | None = None
    ) -> None:
        self.takes_s = takes_s
        self.hangs_s = hangs_s
        self.on_fetch = on_fetch

    @hookimpl
    def mlc_describe(self) -> System:
        vendors = ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ}))
        return System(
            NAME, "Quiet", "1", Settings, Secrets, (GrantKind.API_TOKEN,), (vendors,), lambda settings: ("a.invalid",)
        )  # fmt: skip

    @hookimpl
    def mlc_auth(self, connection: Connection[Any, Any], tokens: TokenStore) -> Auth:
        return _NoAuth()

    @hookimpl
    def mlc_probe(self, connection: Connection[Any, Any]) -> Probe:
        return Probe()

    @hookimpl
    def mlc_fetch(
        self, connection: Connection[Any, Any], object_type: ObjectType, cursor: str | None, mode: FetchMode
    ) -> Page:
        if self.on_fetch is not None:
            self.on_fetch(connection.name)
        if connection.name.startswith("throttled"):
            raise RateLimitedError("Quiet asks us to wait.", retry_after_s=30.0)
        time.sleep(self.hangs_s if connection.name.startswith("hanging") else self.takes_s)
        return Page((), watermark="0")

    @hookimpl
    def mlc_read(
        self, connection: Connection[Any, Any], object_type: ObjectType, ids: Sequence[str]
    ) -> list[SourceRecord]:
        return []

    @hookimpl
    def mlc_map(self, connection: Connection[Any, Any], object_type: ObjectType, payload: Any) -> Record:
        return Vendor.model_validate(payload)


def plugins_of(quiet: Quiet) -> Plugins:
    return Plugins([Found(NAME, quiet)])


def config_of(
    folder: Path,
    names: Sequence[str],
    *,
    every: str = "1h",
    database: str = "",
    broker: str | None = None,
    shared: str | None = None,
) -> Config:
    """One pairing per name, each with two connections of its own.

    Args:
        shared: A connection that all pairings have on their left.
    """
    connections, pairings = {}, {}
    vendors = Flow(name="vendors", object=ObjectType.VENDOR, source=Side.LEFT)
    for name in names:
        left, right = shared or f"{name}-left", f"{name}-right"
        for one in (left, right):
            connections[one] = ConnectionConfig(name=one, system=NAME)
        policy = Policy(every=every, jitter="0s")
        pairings[name] = Pairing(name=name, recipe=NAME, left=left, right=right, policy=policy, flows=(vendors,))
    return Config(
        path=folder / "mlc.toml",
        home=folder,
        database=database or str(folder / "mlc.db"),
        broker=broker,
        broker_may_forget=True,
        connections=connections,
        pairings=pairings,
    )
