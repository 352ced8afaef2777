"""``mlc.toml``: connections, pairings, the database. No secret in clear unless the operator insists."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from mlc.recipes import Pairing


class ConnectionConfig(BaseModel):
    """One connection: its system, the plugin's settings as written, secrets given as ``{ env = "NAME" }`` or (warned) in clear."""

    model_config = ConfigDict(frozen=True)
    name: str
    system: str
    settings: dict[str, Any] = {}
    secrets: dict[str, Any] = {}


class Config(BaseModel):
    """The whole file, checked, with recipes resolved. ``warnings`` are sentences for the operator."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    path: Path
    home: Path
    database: str
    connections: dict[str, ConnectionConfig] = {}
    pairings: dict[str, Pairing] = {}
    warnings: tuple[str, ...] = ()
