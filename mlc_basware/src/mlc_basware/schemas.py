"""Basware's wire format: plain JSON objects, read leniently. Unknown fields are ignored; what is empty is left out."""

from datetime import UTC
from functools import partial

from mlc import wire
from mlc.wire import Row, fact, flag, inner, number, rows, text

__all__ = ["FACTS", "Row", "day", "fact", "flag", "inner", "moment", "money", "number", "rows", "text"]

#: What a payload carries beside Basware's own fields: what was looked up when it was read.
FACTS = "_facts"

money = partial(wire.money, sender="Basware")
day = partial(wire.day, sender="Basware")
#: Basware states no zone with most of its timestamps: they are read as UTC.
moment = partial(wire.moment, zoneless=UTC)
