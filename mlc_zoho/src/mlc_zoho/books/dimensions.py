"""Locations and reporting-tag options, both read as dimensions. An organisation without the feature has none."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from mlc.errors import NotFoundError, RejectedError

from mlc_zoho.books.client import BooksClient
from mlc_zoho.books.schemas import Row, flag, text

#: Refusals that say the organisation's plan or settings lack the feature.
_ABSENT = (NotFoundError, RejectedError)


def dimension_rows(client: BooksClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Id, version and payload of every location and tag option. A tag option carries its tag under ``tag``."""
    settings = client.connection.settings
    if settings.locations:
        for row in _if_there(client.locations):
            location_id = text(row, "location_id")
            if location_id is not None:
                yield location_id, _version(row), dict(row)
    if settings.reporting_tags:
        for tag in _if_there(client.reporting_tags):
            yield from _options(client, tag)


def _options(client: BooksClient, tag: Row) -> Iterator[tuple[str, str, dict[str, Any]]]:
    tag_id = text(tag, "tag_id")
    if tag_id is None or flag(tag, "is_draft"):
        return
    for row in _if_there(lambda: client.tag_options(tag_id)):
        option_id = text(row, "option_id") or text(row, "tag_option_id")
        if option_id is not None and option_id.isdigit():
            payload = {**row, "option_id": option_id, "tag": dict(tag)}
            yield option_id, _version(payload), payload


def _if_there(read: Callable[[], list[Row]]) -> list[Row]:
    try:
        return read()
    except _ABSENT:
        return []


def _version(row: Row) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:20]
