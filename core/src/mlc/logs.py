"""Logs, one event a line, as JSON with run, pairing and record, or as text; credentials masked. Set up by commands that
keep running; everything else only knows the standard library's ``logging``."""

import logging
import sys
import time
from collections.abc import Iterable, MutableMapping
from typing import IO, Any

from mlc.http.redaction import redact


def log_as_json(level: str = "INFO", *, stream: IO[str] | None = None, secrets: Iterable[str] = ()) -> logging.Handler:
    """Write what ``mlc`` logs from now on as JSON lines. ``secrets`` never show, wherever they stand."""
    handler = json_lines(stream, secrets=secrets)
    root = logging.getLogger("mlc")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    return handler


def json_lines(stream: IO[str] | None = None, *, secrets: Iterable[str] = ()) -> logging.Handler:
    """Writes every record as one JSON object a line, on stderr unless told otherwise."""
    import structlog

    hidden = tuple(secrets)

    def masked(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: _masked(value, hidden) for key, value in event.items()}

    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                masked,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    return handler


def text_lines(stream: IO[str] | None = None) -> logging.Handler:
    """Writes every record as one line for people, with its time in UTC."""
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(_Text("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    return handler


class _Text(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _masked(value: Any, hidden: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return redact(value, hidden)
    if isinstance(value, dict):
        return {key: _masked(inner, hidden) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner, hidden) for inner in value]
    return value
