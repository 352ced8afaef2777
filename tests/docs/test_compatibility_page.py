"""docs/compatibility.md: the numbers and the sentences on the page are those of the program."""

import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from mlc import Capability, GrantKind, ObjectSupport, Secrets, Settings, System, hookimpl
from mlc.compatibility import HOOK_API, OLDEST_HOOK_API, refuse_misfit
from mlc.errors import ExitCode, PluginError
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType

from .conftest import ROOT

PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
SENTENCES = re.findall(
    r"^\| [^|`]*(?:`[^`|]*`[^|`]*)*\| `(The plugin [^`]*|Two plugins [^`]*)` \|$", PAGE, re.MULTILINE
)
SYSTEM = System(
    "tiny-books", "Tiny Books", "0.1.0", Settings, Secrets, (GrantKind.API_TOKEN,),
    (ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ})),), lambda settings: ("api.example.com",),
)  # fmt: skip


def _plugin(system: System = SYSTEM, distribution: str = "mlc-tiny-books", **changes: Any) -> Found:
    module = ModuleType("tiny_books")
    hooks = {"mlc_describe": lambda: system} | dict.fromkeys(("mlc_auth", "mlc_fetch", "mlc_map"), lambda: None)
    for name, function in (hooks | changes).items():
        if function is not None:
            setattr(module, name, function if name == "mlc_push" else hookimpl(lambda given=function: given()))
    return Found("tiny-books", module, distribution=distribution)


@hookimpl(wrapper=True)
def _wrapping() -> Any:
    return (yield)


def _finding() -> System:
    able = frozenset({Capability.READ, Capability.FIND})
    return replace(SYSTEM, objects=(ObjectSupport(ObjectType.VENDOR, able),))


CASES: dict[str, Callable[[], object]] = {
    "needs hook API": lambda: refuse_misfit("tiny-books", replace(SYSTEM, hook_api=2), current=1),
    "is written for hook API": lambda: refuse_misfit("tiny-books", replace(SYSTEM, hook_api=1), current=2, oldest=2),
    "it must be a whole number": lambda: Plugins([_plugin(replace(SYSTEM, hook_api="1"))]),  # type: ignore[arg-type]
    "did you mean mlc_fetch": lambda: Plugins([_plugin(mlc_fecth=lambda: None)]),
    "wraps mlc_push": lambda: Plugins([_plugin(mlc_push=_wrapping)]),
    "has no mlc_find": lambda: Plugins([_plugin(_finding())]),
    "has no mlc_auth": lambda: Plugins([_plugin(mlc_auth=None)]),
    "Two plugins are named": lambda: Plugins([_plugin(distribution="mlc-tiny"), _plugin(distribution="mlc-books")]),
}


@pytest.mark.parametrize("words", CASES)
def test_a_refusal_is_worded_as_the_page_says(words: str) -> None:
    (sentence,) = (one for one in SENTENCES if words in one)
    with pytest.raises(PluginError) as caught:
        CASES[words]()
    assert caught.value.sentence == sentence
    assert caught.value.exit_code is ExitCode.PLUGIN


def test_the_page_has_no_refusal_that_is_not_tried() -> None:
    assert len(SENTENCES) == len(CASES)
    assert f"exit code {int(ExitCode.PLUGIN)}" in PAGE


def test_the_numbers_on_the_page_are_those_of_core() -> None:
    assert f"has hook API **{HOOK_API}** and keeps every one from **{OLDEST_HOOK_API}**" in PAGE
    assert SYSTEM.hook_api == 1
