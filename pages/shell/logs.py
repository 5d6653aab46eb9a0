"""What the server says of itself: lines to read, or JSON lines for a log collector.

Only what :data:`FIELDS` names can be added to a line, and none of it tells who a learner
is, what a file is called, or where somebody comes from. Of an exception its kind and its
place are told, not its words, which may quote what a learner gave.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

# What stands beside a message: ``log.info("run ended", extra={"event": "run_ended", …})``.
FIELDS = (
    *("event", "state", "method", "data", "seconds", "steps", "waiting"),
    *("reason", "version", "backend", "workers", "settings"),
)
OURS = ("ssl_core", "pages")
THEIRS = ("streamlit", "uvicorn", "websockets")
FRAMES_TOLD = 5


class TextLines(logging.Formatter):
    """One line for a reader: time, level, message, and what stands beside it."""

    def format(self, record: logging.LogRecord) -> str:
        beside = " ".join(f"{k}={v}" for k, v in _beside(record).items())
        parts = [_time(record), record.levelname, _one_line(record), beside]
        return " ".join(filter(None, parts)) + _trouble_as_text(record)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _one_line(record),
        }
        return json.dumps(told | _beside(record) | _trouble(record), default=str)


def set_up(log_format: str) -> None:
    """Send the program's own log to standard error; may be called again.

    Args:
        log_format: "text", or "json", which also takes over the web server's lines.
    """
    formatter = JsonLines() if log_format == "json" else TextLines()
    for name in OURS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        for old in [h for h in logger.handlers if isinstance(h, _Own)]:
            logger.removeHandler(old)
        own = _Own(sys.stderr)
        own.setFormatter(formatter)
        logger.addHandler(own)
    if log_format == "json":
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] in THEIRS:
                for handler in logging.getLogger(name).handlers:
                    handler.setFormatter(formatter)


class _Own(logging.StreamHandler):
    """A handler of this module."""


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(record: logging.LogRecord) -> str:
    return " ".join(record.getMessage().split())


def _beside(record: logging.LogRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}


def _trouble(record: logging.LogRecord) -> dict[str, object]:
    """The kind of an exception, and where it came from, innermost first."""
    kind, _, trace = record.exc_info or (None, None, None)
    return {"error": kind.__name__, "where": _where(trace)} if kind else {}


def _where(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-FRAMES_TOLD:]
    return [f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames)]


def _trouble_as_text(record: logging.LogRecord) -> str:
    trouble = _trouble(record)
    return f" ({trouble['error']} at {trouble['where']})" if trouble else ""
