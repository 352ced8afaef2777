"""What never leaves: credentials in texts, headers and URLs are masked before anybody can log or print them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

MASK = "***"

_NAMES = (
    r"access_?token|refresh_?token|id_?token|api_?token|auth_?token|session_?token|session_?id|token|"
    r"client_?secret|secret|password|passwd|dev_?key|api_?key|app_?key|signature|code_verifier|code|state|assertion"
)
_HEADER = re.compile(
    r"(?im)\b((?:proxy-)?authorization|cookie|set-cookie|x-api-key|apitoken|sessionid|devkey)"
    r"(\s*['\"]?\s*[:=,]\s*(?:b?['\"])?)(?!\*\*\*)([^\r\n'\"]+)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic|[a-z]+-oauthtoken)(\s+)(?!\*\*\*)[A-Za-z0-9._~+/=-]{4,}")
_JSON = re.compile(rf"(?i)(['\"](?:{_NAMES})['\"]\s*:\s*)(['\"])(?:\\.|(?!\2).)*\2")
_QUERY = re.compile(rf"(?i)((?:^|[?&;\s])(?:{_NAMES})=)[^&#\s'\")]+")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask what looks like a credential, and every one of ``secrets`` wherever it stands."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    text = _JSON.sub(rf"\1\2{MASK}\2", text)
    text = _QUERY.sub(rf"\1{MASK}", text)
    return _JWT.sub(MASK, text)


class Redactor:
    """``redact`` with the secrets of one connection, in groups that are replaced as they change."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._groups = {"secrets": tuple(secrets)}

    def hide(self, group: str, secrets: Iterable[str]) -> None:
        """Mask these values from now on, instead of the earlier ones of the same group."""
        self._groups[group] = tuple(secrets)

    def redact(self, text: str) -> str:
        """Mask this connection's secrets and whatever else looks like one."""
        return redact(text, [secret for group in list(self._groups.values()) for secret in group])


class QuietHeaders(httpx.Headers):
    """Headers whose repr names them without their values."""

    def __repr__(self) -> str:
        return f"QuietHeaders({', '.join(self.keys())})"


_PLAIN = frozenset({"content"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

#: Arguments of a request's body, as httpx names them.
Body = dict[str, Any]


def body_of(*, content: bytes | None, json: Any, data: Mapping[str, Any] | None, files: Any) -> Body:
    """Those that were given."""
    given = {"content": content, "json": json, "data": data, "files": files}
    return {name: value for name, value in given.items() if value is not None}


class QuietRequest(httpx.Request):
    """A request whose repr shows method, host and path, never the query; nor its headers' values."""

    def __init__(self, method: str, url: httpx.URL, *, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
        if body.keys() <= _PLAIN:
            self._begin(method, url, headers, body.get("content", b""))
        else:
            super().__init__(method, url, headers=headers, **body)
            self.headers = QuietHeaders(self.headers)

    def _begin(self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> None:
        """What httpx does for a body of bytes or none, without looking through the headers for each it adds: that took
        longer than all the rest of making a request."""
        pairs = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        given = {name.lower() for name, _ in pairs}
        if b"host" not in given:
            pairs.insert(0, (b"Host", url.netloc))
        if (content or method in _WITH_BODY) and not given & {b"content-length", b"transfer-encoding"}:
            pairs.append((b"Content-Length", str(len(content)).encode("ascii")))
        super().__init__(method, url, stream=httpx.ByteStream(content))
        self.headers = QuietHeaders(pairs, encoding="ascii")
        self.read()

    def __repr__(self) -> str:
        return f"<Request({self.method!r}, '{self.url.host}{self.url.path}')>"
