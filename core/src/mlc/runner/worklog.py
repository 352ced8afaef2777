"""What long-running processes say: one line per thing that happened, as text or as JSON."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import TextIO

from mlc.clock import stamp
from mlc.engine.runreport import RunReport
from mlc.errors import MlcError, OvertakenError
from mlc.http.redaction import redact
from mlc.runner.work import Claim

MOVED = ("created", "updated", "adopted", "voided", "held", "dead")


class Log:
    """Lines on a stream, whole ones, from any thread."""

    def __init__(self, *, as_json: bool, stream: TextIO | None = None) -> None:
        self._as_json = as_json
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()

    def say(self, event: str, sentence: str, *, level: str = "info", **facts: object) -> None:
        """Note one thing that happened."""
        at, sentence = datetime.now(UTC), redact(sentence)
        if self._as_json:
            known = {name: value for name, value in facts.items() if value is not None}
            line = json.dumps({"at": stamp(at), "level": level, "event": event, "said": sentence, **known}, default=str)
        else:
            line = f"{at:%Y-%m-%d %H:%M:%S} {sentence}"
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()

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

    def handler(self) -> logging.Handler:
        """For what libraries log: the same lines."""
        return _Lines(self)


class _Lines(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(level=logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.say(f"log.{record.name}", record.getMessage(), level=record.levelname.lower())


def in_one_line(report: RunReport) -> str:
    """A finished run, in one line."""
    moved = {name: sum(counts.get(name, 0) for counts in report.flows.values()) for name in MOVED}
    text = ", ".join(f"{count} {name}" for name, count in moved.items() if count) or "nothing to do"
    if report.plans or report.planned_before:
        text = f"only planned, waits for a person ({text})"
    return f"{report.pairing}: {text} ({report.seconds:.1f} s)"
