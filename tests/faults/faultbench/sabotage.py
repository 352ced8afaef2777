"""What a test takes out of the engine, or lets a plugin do wrong, inside a run of its own process.

``FAULTS_PUSH``: what becomes of the pushes of this run, one after the other, after the vendor has answered: the name of
an error to raise, ``None`` to return nothing, ``twice`` to send the same write again. ``FAULTS_WITHOUT``: a guard that
is removed.
"""

import builtins
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from mlc import errors
from mlc.engine import settle
from mlc.engine.session import Session
from mlc.http import permits
from mlc.plugins import Plugins


def commit_sabotage(session: Session) -> None:
    """Do what the environment asks for, in this process."""
    without = os.environ.get("FAULTS_WITHOUT")
    if without is not None:
        {"quarantine": _without_quarantine, "permit": _without_permit}[without]()
    pushes = os.environ.get("FAULTS_PUSH")
    if pushes is not None:
        _spoil_pushes(session.plugins, iter(pushes.split(",")))


def _without_quarantine() -> None:
    def over_at_once(*_of: object) -> timedelta:
        return timedelta()

    settle.left_of_quarantine = over_at_once  # type: ignore[attr-defined]


def _without_permit() -> None:
    def claim_again_and_again(self: permits.Permit, request: Any) -> None:
        pass

    permits.Permit.claim = claim_again_and_again  # type: ignore[method-assign]


def _spoil_pushes(plugins: Plugins, pushes: Iterator[str]) -> None:
    call = plugins.call

    def spoilt(system: str, hook: str, **arguments: Any) -> Any:
        answer = call(system, hook, **arguments)
        wanted = next(pushes, None) if hook == "mlc_push" else None
        if wanted is None:
            return answer
        if wanted == "None":
            return None
        if wanted == "twice":
            return call(system, hook, **arguments)
        raise error_named(wanted)

    plugins.call = spoilt  # type: ignore[method-assign]


def error_named(name: str) -> BaseException:
    """An error of core or of Python, made as a plugin would make it."""
    kind = getattr(errors, name, None) or getattr(builtins, name)
    if issubclass(kind, errors.RateLimitedError):
        return kind("said by a plugin that is wrong", retry_after_s=0.1)  # type: ignore[no-any-return]
    return kind("said by a plugin that is wrong")  # type: ignore[no-any-return]
