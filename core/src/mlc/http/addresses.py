"""Where calls may go: the allow-list of hosts, and the endpoint that replaces them all."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import httpx

from mlc.errors import ConfigError, PluginError

#: Strict on purpose: no user info, no port but 443, no fragment, nothing two URL parsers could read differently.
_VENDOR_URL = re.compile(r"https://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::443)?((?:[/?][^\s\\#]*)?)")


class Addresses:
    """Turns the vendor's URLs into those that are called, and refuses all others.

    Args:
        hosts: exact host names, from the system's description.
        endpoint: base URL that replaces scheme and host of every call; its own path comes in front.
    """

    def __init__(self, hosts: Iterable[str], *, endpoint: str | None = None) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)
        self.endpoint = None if endpoint is None else endpoint.rstrip("/")
        self._endpoint_origin = None if endpoint is None else _origin(_endpoint_url(endpoint))

    def resolve(self, url: str, *, params: Any = None) -> httpx.URL:
        """The address to call for a vendor URL; ``params`` are added to its query.

        Raises: PluginError for a URL that is not absolute https, or whose host the system did not declare.
        """
        match = _VENDOR_URL.fullmatch(url)
        if match is None:
            raise PluginError("The plugin asked for a URL that is not a plain absolute https address.")
        host, rest = match.groups()
        if host.lower() not in self.hosts:
            raise PluginError(f"The plugin asked for host {host}, which its system does not declare.")
        asked = url if self.endpoint is None else self.endpoint + rest
        query = tuple(params.items() if isinstance(params, Mapping) else params or ())
        if all(isinstance(value, str) for _, value in query):
            return _known_address(asked, query)
        return _address(asked, params)

    def redirected(self, current: httpx.URL, location: str) -> httpx.URL | None:
        """Where a redirect of a read leads, None when it must not be followed."""
        try:
            target = current.join(location).copy_with(fragment=None)
        except (httpx.InvalidURL, ValueError):
            return None
        if self._endpoint_origin is not None and _origin(target) == self._endpoint_origin:
            return target
        match = _VENDOR_URL.fullmatch(str(target))
        if match is None or match.group(1).lower() not in self.hosts:
            return None
        return self.resolve(str(target))


def _address(url: str, params: Any) -> httpx.URL:
    try:
        address = httpx.URL(url)
        return address.copy_merge_params(params) if params else address
    except httpx.InvalidURL as error:
        raise PluginError("The plugin asked for a URL that cannot be read.") from error


@lru_cache(maxsize=256)
def _known_address(url: str, query: tuple[tuple[str, str], ...]) -> httpx.URL:
    """All creates of a type go to one address: taking it apart each time cost a tenth of a request."""
    return _address(url, list(query))


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether credentials for one address may go to the other."""
    return _origin(one) == _origin(other)


def _endpoint_url(endpoint: str) -> httpx.URL:
    try:
        url = httpx.URL(endpoint)
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigError(f"endpoint is not a URL: {endpoint!r}.") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ConfigError(
            "endpoint must be a plain base URL such as http://127.0.0.1:8900, without query or user name."
        )
    return url


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
