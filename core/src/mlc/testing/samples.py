"""Payloads of one vendor as its connector hands them to map: whole, and as lists show them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

from mlc.records import ObjectType


@dataclass(frozen=True, slots=True)
class Sample:
    """One record: ``full`` as read whole, ``summary`` as a list row where that carries less."""

    full: Mapping[str, Any]
    summary: Mapping[str, Any] | None = None


def load_samples(package: str) -> dict[ObjectType, Sample]:
    """The samples among a package's files: ``bill.json`` is whole, ``bill.summary.json`` a list row."""
    whole: dict[ObjectType, Any] = {}
    rows: dict[ObjectType, Any] = {}
    for item in files(package).iterdir():
        stem, _, ending = item.name.partition(".")
        if ending not in ("json", "summary.json") or stem not in set(ObjectType):
            continue
        read = json.loads(item.read_text(encoding="utf-8"), parse_float=Decimal)
        (whole if ending == "json" else rows)[ObjectType(stem)] = read
    return {kind: Sample(payload, rows.get(kind)) for kind, payload in whole.items()}
