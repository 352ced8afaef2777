"""Which version of the hook contract a plugin may be written for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from mlc import hookimpl
from mlc.compatibility import HOOK_API, OLDEST_HOOK_API, refuse_misfit
from mlc.errors import ExitCode, PluginError
from mlc.plugins import Found, Plugins

from .conftest import describe

Make = Callable[..., Found]


def _speaking(hook_api: Any) -> Any:
    return hookimpl(lambda: replace(describe("books"), hook_api=hook_api))


def _refusal(hook_api: Any, **limits: int) -> str:
    with pytest.raises(PluginError) as caught:
        refuse_misfit("books", replace(describe("books"), hook_api=hook_api), **limits)
    assert caught.value.exit_code is ExitCode.PLUGIN
    return caught.value.sentence


def test_a_description_that_names_no_version_means_the_first() -> None:
    assert describe("books").hook_api == 1


@pytest.mark.parametrize("hook_api", range(OLDEST_HOOK_API, HOOK_API + 1))
def test_every_version_that_core_keeps_is_let_in(make: Make, hook_api: int) -> None:
    assert Plugins([make(mlc_describe=_speaking(hook_api))]).systems["books"].hook_api == hook_api


def test_a_plugin_for_a_later_contract_is_refused_with_what_to_upgrade(make: Make) -> None:
    with pytest.raises(PluginError) as caught:
        Plugins([make(mlc_describe=_speaking(HOOK_API + 1))])
    assert caught.value.sentence == (
        f"The plugin 'books' needs hook API {HOOK_API + 1}, but this ml-connector has {HOOK_API}; upgrade ml-connector."
    )


def test_the_version_is_told_before_a_hook_that_this_core_does_not_know(make: Make) -> None:
    later = make(mlc_describe=_speaking(HOOK_API + 1), mlc_of_tomorrow=hookimpl(lambda: None))
    with pytest.raises(PluginError, match="upgrade ml-connector"):
        Plugins([later])


def test_a_plugin_for_a_contract_that_is_gone_is_refused_with_what_to_upgrade() -> None:
    assert _refusal(1, current=3, oldest=2) == (
        "The plugin 'books' is written for hook API 1, but this ml-connector needs 2 or later; upgrade 'books'."
    )
    refuse_misfit("books", replace(describe("books"), hook_api=2), current=3, oldest=2)


@pytest.mark.parametrize("hook_api", [0, -1, "1", True, None])
def test_a_version_that_is_no_number_is_refused(hook_api: Any) -> None:
    assert _refusal(hook_api).endswith("it must be a whole number from 1.")


def test_describe_is_called_once(make: Make) -> None:
    calls = []

    def counted() -> Any:
        calls.append(1)
        return describe("books")

    Plugins([make(mlc_describe=hookimpl(counted))])
    assert len(calls) == 1
