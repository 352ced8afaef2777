"""JSON for Basware: days as midnight UTC, empty texts left out."""

from collections.abc import Mapping
from functools import partial

from mlc import wire
from mlc.wire import Body, Json, midnight

__all__ = ["Body", "Json", "encode", "filled", "members"]

encode = partial(wire.encode, days=midnight)
members = partial(wire.members, days=midnight)


def filled(body: Mapping[str, Json]) -> Body:
    """The body without empty fields."""
    return {key: value for key, value in body.items() if value is not None and value != ""}
