"""What long-running processes say: one line per thing that happened, as text or as JSON."""

import logging
from typing import IO

from mlc.engine.runreport import RunReport
from mlc.errors import MlcError, OvertakenError
from mlc.logs import json_lines, text_lines
from mlc.runner.work import Claim

_log = logging.getLogger("mlc.runner")
MOVED = ("created", "updated", "adopted", "voided", "held", "dead")


class Log:
    """What happens, line by line, from any thread; ``handler`` takes what libraries log to the same lines."""

    def __init__(self, *, as_json: bool, stream: IO[str] | None = None) -> None:
        self._as_json = as_json
        self.handler = json_lines(stream) if as_json else text_lines(stream)

    def say(self, event: str, sentence: str, *, level: str = "info", **facts: object) -> None:
        """Note one thing that happened: as JSON the ``message`` is the event, ``said`` the sentence for people."""
        known = {name: value for name, value in facts.items() if value is not None}
        text, more = (event, {"said": sentence, **known}) if self._as_json else (sentence, {})
        number = logging.getLevelNamesMapping()[level.upper()]
        self.handler.handle(_log.makeRecord(_log.name, number, __file__, 0, text, (), None, extra=more))

    def pairing_ended(self, pairing: str, news: RunReport | MlcError) -> None:
        if isinstance(news, OvertakenError):
            self.say("run.overtaken", news.sentence, level="warning", pairing=pairing)
        elif isinstance(news, MlcError):
            self.say("run.failed", f"{pairing}: {news.sentence}", level="error", pairing=pairing)
        elif not news.paused:
            self.say("run.finished", in_one_line(news), pairing=pairing, run=news.run_id, report=news.as_dict())

    def slice_ended(self, pairing: str, claim: Claim, seconds: float) -> None:
        if claim.taken_over:
            sentence = f"{pairing}: taken over from a process that ended."
            self.say("run.taken_over", sentence, level="warning", pairing=pairing, fence=claim.fence)


def in_one_line(report: RunReport) -> str:
    """A finished run, in one line."""
    moved = {name: sum(counts.get(name, 0) for counts in report.flows.values()) for name in MOVED}
    text = ", ".join(f"{count} {name}" for name, count in moved.items() if count) or "nothing to do"
    if report.plans or report.planned_before:
        text = f"only planned, waits for a person ({text})"
    return f"{report.pairing}: {text} ({report.seconds:.1f} s)"
