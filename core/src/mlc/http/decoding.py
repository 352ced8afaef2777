"""Bodies become data here. No float ever holds an amount."""

import json
from decimal import Decimal
from typing import Any, NoReturn

import httpx

from mlc.errors import TransientError


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


#: Made once: with every call of its own, making it took a tenth of reading a bill.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def decode(response: httpx.Response) -> Any:
    """Parse a JSON body; numbers come as Decimal or int.

    Raises: TransientError with a sentence for an empty body, an HTML page, or JSON that is broken or cut off.
    """
    body = response.content
    start = body[:64].lstrip()
    if not start and not body.strip():
        raise _unreadable(response, "an empty body where JSON was expected", None)
    if start.startswith(b"<") or "html" in response.headers.get("content-type", ""):
        raise _unreadable(response, "a web page where JSON was expected (an outage, or a gateway in between)", None)
    try:
        return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        # The parser's own message quotes no text, only positions; its ``doc`` would hold the whole body.
        where = f"{type(error).__name__} at {getattr(error, 'pos', '?')} of {len(body)} bytes"
        raise _unreadable(response, "a body that is not whole JSON", where) from None


def _unreadable(response: httpx.Response, what: str, detail: str | None) -> TransientError:
    return TransientError(
        f"The vendor answered {response.status_code} with {what}.",
        detail,
        status=response.status_code,
        system=response.extensions.get("system"),
        connection=response.extensions.get("connection"),
        request_id=response.headers.get("x-request-id"),
    )
