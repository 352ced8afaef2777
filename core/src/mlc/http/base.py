"""httpx without its command line, which would bring colours and a highlighter for terminals into every process of ours:
5 MB, and a fifth of its start. Imported before any other module here, so that httpx is loaded from this one."""

import sys

_COMMAND_LINE = "httpx._main"

# httpx does without it where its extra is not installed, which is what an entry of None tells Python's import.
_was_loaded = _COMMAND_LINE in sys.modules
if not _was_loaded:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]

from httpx import (  # noqa: E402
    Auth,
    BaseTransport,
    ConnectError,
    Headers,
    MockTransport,
    ReadError,
    Request,
    Response,
)

if not _was_loaded:
    del sys.modules[_COMMAND_LINE]

__all__ = [
    "Auth",
    "BaseTransport",
    "ConnectError",
    "Headers",
    "MockTransport",
    "ReadError",
    "Request",
    "Response",
]
