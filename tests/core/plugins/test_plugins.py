"""What installed plugins must keep to, and how they are called."""

import time
from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any

import pytest
from mlc import Capability, hookimpl
from mlc.errors import ExitCode, PluginError, TransientError
from mlc.plugins import Found, Plugins, Wrapper
from mlc.recipes import Flow, Recipe, Side
from mlc.records import ObjectType

from .conftest import describe

Make = Callable[..., Found]


def _refusal(*found: Found, recipes: tuple[Recipe, ...] = ()) -> str:
    with pytest.raises(PluginError) as caught:
        Plugins(found, recipes)
    assert caught.value.exit_code is ExitCode.PLUGIN
    assert caught.value.sentence.count("\n") == 0
    return caught.value.sentence


def _fetch(plugins: Plugins, system: str) -> object:
    return plugins.call(system, "mlc_fetch", connection=None, object_type="bill", cursor=None, mode="changes")


def _map(plugins: Plugins, system: str) -> object:
    return plugins.call(system, "mlc_map", connection=None, object_type="bill", payload={"id": 1})


def _extension(**functions: object) -> Found:
    module = ModuleType("extension")
    for name, function in functions.items():
        setattr(module, name, function)
    return Found("extension", module)


@hookimpl(wrapper=True)
def _loud(payload: Any) -> Generator[None, Any, Any]:
    answer = yield
    return ("louder", *answer)


def test_a_call_reaches_the_system_it_is_for_and_no_other(make: Make) -> None:
    plugins = Plugins([make("books"), make("buying")])
    assert _fetch(plugins, "books") == ("books", "bill", None, "changes")
    assert _fetch(plugins, "buying") == ("buying", "bill", None, "changes")


def test_a_wrapper_changes_what_every_system_maps(make: Make) -> None:
    plugins = Plugins([make("books"), make("buying"), _extension(mlc_map=_loud)])
    assert _map(plugins, "books") == ("louder", "books", {"id": 1})
    assert _map(plugins, "buying") == ("louder", "buying", {"id": 1})
    assert plugins.wrappers("books") == [Wrapper("extension", "mlc_map")]
    assert "extension" not in plugins.systems


def test_a_system_may_also_wrap_other_systems(make: Make) -> None:
    wrapping = hookimpl(wrapper=True, specname="mlc_map")(lambda payload: (yield))

    plugins = Plugins([make("books"), make("buying", wrap_map=wrapping)])
    assert _map(plugins, "books") == ("books", {"id": 1})
    assert plugins.all_wrappers == (Wrapper("buying", "mlc_map"),)


@pytest.mark.parametrize("hook", ["mlc_push", "mlc_auth", "mlc_settle", "mlc_fetch"])
def test_wrapping_anything_but_map_and_render_is_refused(make: Make, hook: str) -> None:
    def wrapping() -> Generator[None, Any, Any]:
        return (yield)

    sentence = _refusal(make(), _extension(**{hook: hookimpl(wrapper=True)(wrapping)}))
    assert sentence == f"The plugin 'extension' wraps {hook}; only mlc_map and mlc_render can be wrapped."


def test_the_old_kind_of_wrapper_is_refused_in_the_same_places(make: Make) -> None:
    def wrapping() -> Generator[None, Any, Any]:
        yield

    assert "wraps mlc_push" in _refusal(make(), _extension(mlc_push=hookimpl(hookwrapper=True)(wrapping)))


def test_two_plugins_of_one_name_are_refused(make: Make) -> None:
    assert "Two plugins are named 'books'" in _refusal(make("books"), make("books"))


def test_a_misspelt_hook_is_refused_with_the_right_name(make: Make) -> None:
    misspelt = hookimpl(lambda: None)
    assert "function mlc_fecth, which is no hook; did you mean mlc_fetch?" in _refusal(make(mlc_fecth=misspelt))


def test_a_hook_under_another_name_that_does_not_exist_is_refused(make: Make) -> None:
    assert "does not fit" in _refusal(make(fetching=hookimpl(specname="mlc_fecth")(lambda: None)))


def test_a_function_without_its_mark_is_refused(make: Make) -> None:
    assert "mlc_find that is not marked @hookimpl" in _refusal(make(mlc_find=lambda: None))


def test_an_argument_that_the_hook_does_not_have_is_refused(make: Make) -> None:
    sentence = _refusal(make(mlc_map=hookimpl(lambda payloads: None)))
    assert "'books' does not fit" in sentence
    assert "payloads" in sentence


def test_a_system_without_auth_is_refused(make: Make) -> None:
    assert _refusal(make(mlc_auth=None)) == "The plugin 'books' has no mlc_auth."


def test_a_capability_without_its_hook_is_refused(make: Make) -> None:
    assert "says it can read bill, but has no mlc_map" in _refusal(make(mlc_map=None))
    able = hookimpl(lambda: describe("books", frozenset({Capability.CREATE})))
    assert "says it can create bill, but has no mlc_render" in _refusal(make(mlc_describe=able))


def test_an_answer_without_a_description_is_refused(make: Make) -> None:
    assert "answers mlc_map but describes no system" in _refusal(make(), _extension(mlc_map=hookimpl(lambda: 1)))


def test_a_description_under_another_name_is_refused(make: Make) -> None:
    other = hookimpl(lambda: describe("ledger"))
    assert "'books' describes a system 'ledger'" in _refusal(make(mlc_describe=other))


def test_a_description_that_fails_or_is_none_is_refused(make: Make) -> None:
    def failing() -> None:
        raise KeyError("plan")

    assert "'books' fails when it describes itself" in _refusal(make(mlc_describe=hookimpl(failing)))
    assert "does not describe itself" in _refusal(make(mlc_describe=hookimpl(lambda: {"name": "books"})))


def test_an_answer_of_none_is_an_error(make: Make) -> None:
    plugins = Plugins([make(mlc_map=hookimpl(lambda: None))])
    with pytest.raises(PluginError, match="'books' gave no answer to mlc_map"):
        _map(plugins, "books")


def test_a_hook_that_the_system_does_not_have_is_an_error(make: Make) -> None:
    plugins = Plugins([make()])
    assert not plugins.answers("books", "mlc_ping")
    with pytest.raises(PluginError, match="'books' does not answer mlc_ping"):
        plugins.call("books", "mlc_ping", connection=None)
    with pytest.raises(PluginError, match="No plugin for the system 'crm'"):
        plugins.call("crm", "mlc_ping", connection=None)


def test_what_a_plugin_raises_reaches_the_caller_unchanged(make: Make) -> None:
    error = TransientError("Later.")

    def failing() -> None:
        raise error

    plugins = Plugins([make(mlc_map=hookimpl(failing)), _extension(mlc_map=_loud)])
    with pytest.raises(TransientError) as caught:
        _map(plugins, "books")
    assert caught.value is error


def test_a_broadcast_reaches_everybody(make: Make) -> None:
    heard = []
    listening = hookimpl(lambda pairing, summary: heard.append((pairing, summary)))
    plugins = Plugins([make(mlc_run_finished=listening), _extension(mlc_run_finished=listening)])
    plugins.broadcast("mlc_run_finished", pairing="main", summary={"created": 1})
    assert heard == [("main", {"created": 1})] * 2
    with pytest.raises(PluginError, match="goes to one system"):
        plugins.broadcast("mlc_map")


def test_two_recipes_of_one_name_are_refused(make: Make) -> None:
    recipe = Recipe(
        name="r", title="R", left="a", right="b", flows=(Flow(name="bills", object=ObjectType.BILL, source=Side.LEFT),)
    )
    assert "The recipe 'r' is installed twice" in _refusal(make(), recipes=(recipe, recipe))


def test_a_call_costs_less_than_ten_microseconds(make: Make) -> None:
    plugins = Plugins([make("books"), make("buying")])
    arguments = {"connection": None, "object_type": "bill", "payload": {}}
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(2_000):
            plugins.call("books", "mlc_map", **arguments)
        best = min(best, (time.perf_counter() - started) / 2_000)
    assert best < 10e-6
