"""From method and path to a handler, by a tree of path segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from mlc_sandbox.toolkit.http import WRITE_METHODS, Response

Handler = Callable[..., Response]
F = TypeVar("F", bound=Callable[..., Any])
_MARK = "__stand_in_routes__"


def route(method: str, template: str, *, kind: str | None = None) -> Callable[[F], F]:
    """Mark ``handler(standin, request, **path_values)`` as the answer to a method and path template.

    ``{name}`` stands for one segment. A trailing slash belongs to the template. ``kind`` is what the call counts as:
    "read" or "write" by method, or "auth".
    """

    def mark(handler: F) -> F:
        marks = getattr(handler, _MARK, ())
        setattr(handler, _MARK, (*marks, (method, template, kind)))
        return handler

    return mark


@dataclass(slots=True)
class Route:
    """One line of the routing table."""

    method: str
    template: str
    handler: Handler
    kind: str
    names: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a path led to. ``route`` is None when the path exists but not for this method."""

    route: Route | None
    values: dict[str, str]
    methods: tuple[str, ...]


class Router:
    """A table of routes. A fixed segment wins over a ``{name}``."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, template: str, handler: Handler, *, kind: str | None = None) -> None:
        """Add one route. Raises ValueError when the same method and template is taken."""
        names = []
        node = self._root
        for segment in template.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment.strip("{}"))
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.fixed.setdefault(segment, _Node())
        if method in node.routes:
            raise ValueError(f"two handlers for {method} {template}")
        counted = kind or ("write" if method in WRITE_METHODS else "read")
        node.routes[method] = Route(method, template, handler, counted, tuple(names))

    def collect(self, *places: ModuleType | type) -> Router:
        """Add every function that ``route`` has marked in these modules or classes."""
        for place in places:
            for handler in vars(place).values():
                for method, template, kind in getattr(handler, _MARK, ()):
                    self.add(method, template, handler, kind=kind)
        return self

    def routes(self) -> list[Route]:
        """Every route, in no order that matters."""
        nodes = [self._root]
        found: list[Route] = []
        while nodes:
            node = nodes.pop()
            found += node.routes.values()
            nodes += [*node.fixed.values(), *([] if node.any is None else [node.any])]
        return found

    def find(self, method: str, path: str) -> Found | None:
        """The route of a path, None when no template matches."""
        found = self._walk(self._root, path.split("/")[1:], ())
        if found is None:
            return None
        node, values = found
        hit = node.routes.get(method)
        names: Iterable[str] = () if hit is None else hit.names
        return Found(hit, dict(zip(names, values, strict=False)), tuple(sorted(node.routes)))

    def _walk(self, node: _Node, segments: list[str], values: tuple[str, ...]) -> tuple[_Node, tuple[str, ...]] | None:
        if not segments:
            return (node, values) if node.routes else None
        child = node.fixed.get(segments[0])
        if child is not None:
            found = self._walk(child, segments[1:], values)
            if found is not None:
                return found
        if node.any is not None and segments[0]:
            return self._walk(node.any, segments[1:], (*values, segments[0]))
        return None
