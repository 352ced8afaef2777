"""A small plugin to break in one place."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from mlc import Capability, GrantKind, ObjectSupport, Secrets, Settings, System, hookimpl
from mlc.plugins import Found
from mlc.records import ObjectType


def describe(name: str, can: frozenset[Capability] = frozenset({Capability.READ})) -> System:
    return System(
        name=name,
        title=name.title(),
        version="1.0",
        settings=Settings,
        secrets=Secrets,
        grants=(GrantKind.API_TOKEN,),
        objects=(ObjectSupport(ObjectType.BILL, can),),
        hosts=lambda _settings: ("api.example.com",),
    )


@pytest.fixture
def make() -> Callable[..., Found]:
    """A plugin that reads bills; keywords replace its functions, None takes one away."""

    def making(name: str = "books", **changes: Any) -> Found:
        @hookimpl
        def mlc_describe() -> System:
            return describe(name)

        @hookimpl
        def mlc_auth(connection: Any, tokens: Any) -> object:
            return object()

        @hookimpl
        def mlc_fetch(connection: Any, object_type: Any, cursor: Any, mode: Any) -> object:
            return (name, object_type, cursor, mode)

        @hookimpl
        def mlc_map(payload: Any) -> object:
            return (name, payload)

        module = ModuleType(name)
        given = {"mlc_describe": mlc_describe, "mlc_auth": mlc_auth, "mlc_fetch": mlc_fetch, "mlc_map": mlc_map}
        for key, function in (given | changes).items():
            if function is not None:
                setattr(module, key, function)
        return Found(name, module, f"{name}.plugin", f"mlc-{name}", "1.0")

    return making
