"""Numbered steps: places where a test may crash, freeze or raise (R44b). Nothing happens in production.

The steps are on only when ``MLC_TEST_STEP`` is set: ``name:action[:nth]`` with action ``crash`` (``os._exit``),
``freeze``
(SIGSTOP to oneself) or ``raise``. ``MLC_TEST_STEPS_VISITED`` names a file that collects every step passed.
"""

import os
import signal

_PLAN = os.environ.get("MLC_TEST_STEP")
_VISITED = os.environ.get("MLC_TEST_STEPS_VISITED")
_count = 0

#: Every step of the engine, in the order of a write. A step that no test visits fails the suite.
STEPS = (
    "intake.page.read",
    "intake.page.committed",
    "intake.finished",
    "deliver.planned",
    "intent.sending.before",
    "intent.sending.committed",
    "push.permit.open",
    "push.answered",
    "outcome.before",
    "outcome.committed",
    "settle.looked",
    "settle.committed",
    "run.finished",
)

#: Further steps where a target tells later what became of a write (R9).
ACCEPTED_STEPS = ("settle.asked",)

#: Every step of a refresh of a token, in its order; the last one only where the vendor refuses.
REFRESH_STEPS = (
    "refresh.begun",
    "refresh.sending",
    "refresh.answered",
    "refresh.recorded",
    "refresh.minted",
    "refresh.stored",
    "refresh.refused",
)


class StepError(Exception):
    """Raised at a step on a test's request."""


if _PLAN is None and _VISITED is None:

    def step(name: str) -> None:
        """Pass a numbered step."""

else:

    def step(name: str) -> None:
        """Pass a numbered step; do what the environment asks for there."""
        global _count
        if _VISITED is not None:
            with open(_VISITED, "a", encoding="utf-8") as file:
                file.write(name + "\n")
        if _PLAN is None:
            return
        wanted, action, *nth = _PLAN.split(":")
        if wanted != name:
            return
        _count += 1
        if _count != (int(nth[0]) if nth else 1):
            return
        if action == "crash":
            os._exit(137)
        elif action == "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif action == "raise":
            raise StepError(name)
