"""Requests that a receiver has to survive: genuine deliveries with one thing broken, and plain rubbish, by a seed."""

import json
import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Sign = Callable[[bytes], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Shot:
    """One request. ``genuine``: signed as the vendor would, and unbroken; only these may be stored."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    genuine: bool = False


def shots(rng: random.Random, *, path: str, sign: Sign, good: Callable[[int], bytes], many: int) -> Iterator[Shot]:
    """``many`` requests to ``path`` and its neighbours; about one in fifty is genuine.

    Args:
        sign: headers of a genuine delivery of these bytes.
        good: the body of a genuine delivery, another record for each number.
    """
    breaks = (_flipped, _cut, _longer, _unsigned, _wrongly_signed, _elsewhere, _method, _headers, _rubbish, _nested)
    for number in range(many):
        body = good(number)
        if rng.random() < 0.02:
            yield Shot("POST", path, dict(sign(body)), body, genuine=True)
        else:
            yield rng.choice(breaks)(rng, path, sign, body)


def _flipped(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    bent = bytearray(body)
    bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
    return Shot("POST", path, dict(sign(body)), bytes(bent))


def _cut(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    return Shot("POST", path, dict(sign(body)), body[: rng.randrange(len(body))])


def _longer(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    return Shot("POST", path, dict(sign(body)), body + rng.randbytes(rng.choice((1, 100, 20_000))))


def _unsigned(_rng: random.Random, path: str, _sign: Sign, body: bytes) -> Shot:
    return Shot("POST", path, {"content-type": "application/json"}, body)


def _wrongly_signed(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    bent = {
        name: value if name == "content-type" else "".join(rng.choice(string.hexdigits) for _ in value)
        for name, value in sign(body).items()
    }
    return Shot("POST", path, bent, body)


def _elsewhere(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    other = rng.choice(("x", "/..", "%00", "/", "%2e%2e", "?a=b", "?=&&", "%ff", ";v=1"))
    return Shot("POST", path + other, dict(sign(body + b" ")), body)


def _method(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    return Shot(rng.choice(("GET", "PUT", "DELETE", "PATCH", "OPTIONS")), path, dict(sign(body)), body)


def _headers(rng: random.Random, path: str, sign: Sign, body: bytes) -> Shot:
    kinds = (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/xml",
        "application/json; charset=utf-7",
        "",
    )
    noise = {f"x-{number}": "v" * rng.randrange(200) for number in range(rng.randrange(20))}
    return Shot(
        "POST", path, {**noise, "content-type": rng.choice(kinds), "x-signature": "t=,v1=", "cookie": "a"}, body
    )


def _rubbish(rng: random.Random, path: str, _sign: Sign, _body: bytes) -> Shot:
    return Shot("POST", path, {"content-type": "application/json"}, rng.randbytes(rng.randrange(2_000)))


def _nested(rng: random.Random, path: str, _sign: Sign, _body: bytes) -> Shot:
    depth = rng.choice((10, 1_000, 4_000))
    return Shot("POST", path, {"content-type": "application/json"}, rng.choice((b"[", b'{"a":')) * depth)


def numbered(number: int) -> bytes:
    """A small body that names another record each time."""
    return json.dumps({"id": str(10_000 + number), "event_id": f"event-{number}"}).encode()
