"""How plugins are found, checked and called.

Systems come from the entry-point group ``mlc.systems``, recipes from ``mlc.pairings``. An addressed hook reaches one
system: each has a pluggy manager of its own with its answers and everybody's wrappers, so that a call looks nothing up.
Whatever is wrong with a plugin stops the program with one sentence, before anything is read or written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from inspect import getattr_static, isroutine
from itertools import pairwise
from types import ModuleType
from typing import Any

import pluggy
from stevedore import ExtensionManager

from mlc import hookspecs
from mlc.compatibility import refuse_misfit
from mlc.errors import MlcError, PluginError
from mlc.hookspecs import BROADCAST, PROJECT, WRAPPABLE
from mlc.pairings import parse_recipe
from mlc.recipes import Recipe
from mlc.system import Capability, System

SYSTEMS = "mlc.systems"
RECIPES = "mlc.pairings"
HOOKS = frozenset(name for name in dir(hookspecs) if name.startswith("mlc_"))

_NEEDED: Mapping[Capability, tuple[str, ...]] = {
    Capability.READ: ("mlc_fetch", "mlc_map"),
    Capability.CREATE: ("mlc_render", "mlc_push"),
    Capability.UPDATE: ("mlc_render", "mlc_push"),
    Capability.VOID: ("mlc_render", "mlc_push"),
    Capability.REVERSE: ("mlc_render", "mlc_push"),
    Capability.FIND: ("mlc_find",),
    Capability.WEBHOOKS: ("mlc_verify_webhook",),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin as its entry point names it. ``plugin`` is the object with the hooks, usually a module."""

    name: str
    plugin: object
    value: str = ""
    distribution: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A plugin that changes what a hook of other systems answers."""

    plugin: str
    hook: str


class Plugins:
    """Every installed plugin, checked. Immutable once built; safe to share between threads."""

    def __init__(self, found: Iterable[Found], recipes: Iterable[Recipe] = ()) -> None:
        """Raises: PluginError naming the plugin and what is wrong with it."""
        self.found = tuple(sorted(found, key=lambda one: one.name))
        _refuse_doubles(self.found)
        described = {one.name: _description(one) for one in self.found if hasattr(one.plugin, "mlc_describe")}
        self._all = _manager()
        for one in self.found:
            _register(self._all, one)
        self.all_wrappers = _wrappers(self._all)
        self._managers = {one.name: self._of_one_system(one) for one in self.found if one.name in described}
        self.systems: Mapping[str, System] = {name: self._checked(name, one) for name, one in described.items()}
        self.recipes: Mapping[str, Recipe] = _by_name(recipes)
        self._callers: dict[tuple[str, str], pluggy.HookCaller] = {}

    def system(self, name: str) -> System:
        """What a system says about itself. Raises PluginError when no plugin of that name is installed."""
        if name not in self.systems:
            there = ", ".join(sorted(self.systems)) or "none"
            raise PluginError(f"No plugin for the system {name!r} is installed (installed: {there}); pip install it.")
        return self.systems[name]

    def answers(self, system: str, hook: str) -> bool:
        """Whether a system implements a hook."""
        caller = getattr(self._managers[system].hook, hook)
        return any(not _wraps(impl) for impl in caller.get_hookimpls())

    def call(self, system: str, hook: str, **arguments: Any) -> Any:
        """Ask one system, through whatever wraps the hook.

        Raises: what the plugin raises, with system and connection named; PluginError when it has no answer or
        answers None.
        """
        caller = self._callers.get((system, hook)) or self._caller(system, hook)
        try:
            answer = caller(**arguments)
        except MlcError as error:
            error.system = error.system or system
            error.connection = error.connection or getattr(arguments.get("connection"), "name", None)
            raise
        if answer is None:
            raise PluginError(f"The plugin {system!r} gave no answer to {hook}.", system=system)
        return answer

    def broadcast(self, hook: str, **arguments: Any) -> list[Any]:
        """Tell everybody; the answers that are not None."""
        if hook not in BROADCAST:
            raise PluginError(f"{hook} goes to one system, never to all.")
        answers: list[Any] = getattr(self._all.hook, hook)(**arguments)
        return answers

    def wrappers(self, system: str) -> list[Wrapper]:
        """Which plugins wrap a hook of this system. A plugin that is no system wraps every system."""
        return [wrapper for wrapper in self.all_wrappers if self.answers(system, wrapper.hook)]

    def _caller(self, system: str, hook: str) -> pluggy.HookCaller:
        self.system(system)
        if hook not in HOOKS or hook in BROADCAST:
            raise PluginError(f"{hook} is no hook that goes to one system.")
        if not self.answers(system, hook):
            raise PluginError(f"The plugin {system!r} does not answer {hook}.", system=system)
        caller: pluggy.HookCaller = getattr(self._managers[system].hook, hook)
        self._callers[system, hook] = caller
        return caller

    def _of_one_system(self, system: Found) -> pluggy.PluginManager:
        """A manager with this system's answers and the wrappers of all plugins."""
        manager = _manager()
        manager.register(system.plugin, system.name)
        for one in self.found:
            wrapping = ModuleType(one.name)
            for caller in self._all.get_hookcallers(one.plugin) or ():
                for impl in caller.get_hookimpls():
                    if impl.plugin is one.plugin and _wraps(impl):
                        setattr(wrapping, caller.name, impl.function)
            if one is not system and any(name in HOOKS for name in vars(wrapping)):
                manager.register(wrapping, f"{one.name} (wrapper)")
        return manager

    def _checked(self, name: str, described: object) -> System:
        if not isinstance(described, System):
            raise PluginError(f"The plugin {name!r} does not describe itself with a System.")
        if described.name != name:
            raise PluginError(
                f"The plugin {name!r} describes a system {described.name!r}: both names must be the same."
            )
        if not self.answers(name, "mlc_auth"):
            raise PluginError(f"The plugin {name!r} has no mlc_auth.", system=name)
        for support in described.objects:
            for capability in sorted(support.can & _NEEDED.keys()):
                for hook in _NEEDED[capability]:
                    if not self.answers(name, hook):
                        raise PluginError(
                            f"The plugin {name!r} says it can {capability} {support.object_type}, but has no {hook}.",
                            system=name,
                        )
        return described


def load_plugins() -> Plugins:
    """Every installed plugin. Raises PluginError: one that fails to import, is doubled or breaks the contract."""
    return Plugins(_found(SYSTEMS), (_recipe(one) for one in _found(RECIPES)))


def _found(group: str) -> list[Found]:
    homes = {(entry.name, entry.value): entry.dist for entry in entry_points(group=group)}
    manager: ExtensionManager[Any] = ExtensionManager(group, on_load_failure_callback=_refuse_broken)
    found = []
    for extension in manager.extensions:
        home = homes.get((extension.name, extension.entry_point.value))
        found.append(
            Found(
                extension.name,
                extension.plugin,
                extension.entry_point.value,
                home.name if home else None,
                home.version if home else None,
            )
        )
    return found


def _refuse_broken(_manager: Any, entry: EntryPoint, error: BaseException) -> None:
    raise PluginError(
        f"The plugin {entry.name!r} ({entry.value}) cannot be loaded: {error}. Repair or uninstall it.", repr(error)
    ) from error


def _recipe(one: Found) -> Recipe:
    if not callable(one.plugin):
        raise PluginError(f"The recipe {one.name!r} ({one.value}) is no function that returns its text.")
    text: Callable[[], str] = one.plugin
    recipe = parse_recipe(text(), f"The recipe {one.name!r} ({one.value})")
    if recipe.name != one.name:
        raise PluginError(f"The recipe {one.name!r} calls itself {recipe.name!r}: both names must be the same.")
    return recipe


def _by_name(recipes: Iterable[Recipe]) -> dict[str, Recipe]:
    named: dict[str, Recipe] = {}
    for recipe in recipes:
        if recipe.name in named:
            raise PluginError(f"The recipe {recipe.name!r} is installed twice; uninstall one of the packages.")
        named[recipe.name] = recipe
    return named


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _refuse_doubles(found: tuple[Found, ...]) -> None:
    for one, other in pairwise(found):
        if one.name == other.name:
            homes = " and ".join(sorted(each.distribution or each.value for each in (one, other)))
            raise PluginError(f"Two plugins are named {one.name!r}, from {homes}; uninstall one of them.")


def _description(one: Found) -> object:
    """What a plugin says of itself, asked once and before its hooks are looked at: it may know others than we do."""
    describe: Callable[[], object] = one.plugin.mlc_describe  # type: ignore[attr-defined]
    try:
        described = describe()
    except Exception as error:  # a stranger's code: whatever it raises is the same broken promise
        raise PluginError(f"The plugin {one.name!r} fails when it describes itself: {error}.", repr(error)) from error
    if isinstance(described, System):
        refuse_misfit(one.name, described)
    return described


def _register(manager: pluggy.PluginManager, one: Found) -> None:
    _check_names(one)
    try:
        manager.register(one.plugin, one.name)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise PluginError(f"The plugin {one.name!r} does not fit: {reason}.", str(error)) from error
    for caller in manager.get_hookcallers(one.plugin) or ():
        for impl in caller.get_hookimpls():
            if impl.plugin is not one.plugin or caller.name in BROADCAST:
                continue
            if _wraps(impl) and caller.name not in WRAPPABLE:
                allowed = " and ".join(sorted(WRAPPABLE))
                raise PluginError(f"The plugin {one.name!r} wraps {caller.name}; only {allowed} can be wrapped.")
            if not _wraps(impl) and not hasattr(one.plugin, "mlc_describe"):
                raise PluginError(f"The plugin {one.name!r} answers {caller.name} but describes no system.")


def _check_names(one: Found) -> None:
    for name in dir(one.plugin):
        if not name.startswith("mlc_") or not isroutine(getattr_static(one.plugin, name, None)):
            continue
        if name not in HOOKS:
            near = get_close_matches(name, HOOKS, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise PluginError(f"The plugin {one.name!r} has a function {name}, which is no hook{hint}")
        if not hasattr(getattr(one.plugin, name), f"{PROJECT}_impl"):
            raise PluginError(f"The plugin {one.name!r} has a function {name} that is not marked @hookimpl.")


def _wrappers(manager: pluggy.PluginManager) -> tuple[Wrapper, ...]:
    found = []
    for hook in sorted(WRAPPABLE):
        caller: pluggy.HookCaller = getattr(manager.hook, hook)
        found += [Wrapper(impl.plugin_name, hook) for impl in caller.get_hookimpls() if _wraps(impl)]
    return tuple(found)


def _wraps(impl: pluggy.HookImpl) -> bool:
    return bool(impl.wrapper or impl.hookwrapper)
