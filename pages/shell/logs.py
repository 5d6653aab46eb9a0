"""The server's log: lines of text, or JSON lines for a log collector.

A line holds only the fields that :data:`FIELDS` names. None of them says who a learner is,
what a file is called, or where a visitor comes from. Of an exception the type and the place
are logged, but not the message, which may quote a learner's input.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

# Extra fields of a message: ``log.info("run ended", extra={"event": "run_ended", …})``.
FIELDS = (
    *("event", "state", "method", "data", "seconds", "steps", "waiting"),
    *("reason", "version", "backend", "workers", "settings"),
)
OWN_LOGGERS = ("ssl_core", "pages")
SERVER_LOGGERS = ("streamlit", "uvicorn", "websockets")
MAX_TRACE_FRAMES = 5


class TextFormatter(logging.Formatter):
    """One line of text: time, level, message, extra fields and error."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{k}={v}" for k, v in _extra_fields(record).items())
        parts = [_time(record), record.levelname, _one_line(record), fields]
        return " ".join(filter(None, parts)) + _error_text(record)


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _one_line(record),
        }
        return json.dumps(
            entry | _extra_fields(record) | _error_fields(record), default=str
        )


def set_up(log_format: str) -> None:
    """Send the app's log to standard error; a second call replaces the first.

    Args:
        log_format: "text", or "json", which also formats the web server's lines.
    """
    formatter = JsonFormatter() if log_format == "json" else TextFormatter()
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        for old in [h for h in logger.handlers if isinstance(h, _AppHandler)]:
            logger.removeHandler(old)
        new = _AppHandler(sys.stderr)
        new.setFormatter(formatter)
        logger.addHandler(new)
    if log_format == "json":
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] in SERVER_LOGGERS:
                for handler in logging.getLogger(name).handlers:
                    handler.setFormatter(formatter)


class _AppHandler(logging.StreamHandler):
    """The handler that :func:`set_up` adds; the type finds it again."""


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(record: logging.LogRecord) -> str:
    return " ".join(record.getMessage().split())


def _extra_fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}


def _error_fields(record: logging.LogRecord) -> dict[str, object]:
    """Type of the exception and its trace, innermost frame first."""
    error, _, trace = record.exc_info or (None, None, None)
    return {"error": error.__name__, "where": _trace_lines(trace)} if error else {}


def _trace_lines(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-MAX_TRACE_FRAMES:]
    return [f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames)]


def _error_text(record: logging.LogRecord) -> str:
    error = _error_fields(record)
    return f" ({error['error']} at {error['where']})" if error else ""
