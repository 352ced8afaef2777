"""JSON as vendors send it and want it: lenient readers of objects that came, exact text of what is sent. Pure data.

A connector whose rows stay the dicts that came reads their fields with these, and names itself once::

    money = partial(wire.money, sender="Tiny Books")
"""

from mlc.wire.reading import (
    Row,
    day,
    fact,
    flag,
    inner,
    instant,
    moment,
    money,
    number,
    rows,
    text,
    whole,
)
from mlc.wire.writing import Body, Json, encode, filled, members, midnight, plain

__all__ = [
    "Body",
    "Json",
    "Row",
    "day",
    "encode",
    "fact",
    "filled",
    "flag",
    "inner",
    "instant",
    "members",
    "midnight",
    "moment",
    "money",
    "number",
    "plain",
    "rows",
    "text",
    "whole",
]
