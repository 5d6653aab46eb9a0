"""The parts of the operators' page, and the check of its key."""

import hmac
from collections.abc import Mapping, Sequence

import psutil
import streamlit as st

from pages.shell import connections, resources
from pages.shell.health import HealthReport
from pages.widgets import run_text
from ssl_core import __version__
from ssl_core.service import ServiceHealth
from ssl_core.service.settings import variable

MB = 1e6
STATUS_TEXTS = {
    "ok": ":material/check_circle: All is well.",
    "starting": ":material/hourglass_top: No worker is ready yet.",
    "degraded": ":material/error: Runs cannot be trained or kept now.",
}


def is_admin() -> bool:
    """Whether the URL holds the operators' key; False if no key is set."""
    key = resources.settings().operator_key
    key_in_url = st.query_params.get("key", "")
    # The comparison takes constant time, so that its duration reveals nothing of the key.
    return bool(key) and hmac.compare_digest(key_in_url.encode(), key.encode())


def draw_status(report: ServiceHealth) -> None:
    """Draw the server's status and four counts."""
    settings = resources.settings()
    status = STATUS_TEXTS[HealthReport.of(report).body["status"]]
    st.markdown(
        f"{status} Version {__version__}, up for "
        f"{run_text.duration(report.uptime_seconds)}, training by backend “{report.backend}”. "
        f"Expected waits count {run_text.duration(report.median_duration_s)} a run."
    )
    counts = {
        "Training": f"{report.training} of {report.workers}",
        "Waiting": f"{report.waiting} of {settings.queue:,}",
        "Runs kept": f"{report.runs:,} of {settings.retention_runs:,}",
        "Visits connected": f"{connections.count():,}",
    }
    for column, (name, count) in zip(st.columns(4), counts.items(), strict=True):
        column.metric(name, count)


def draw_memory(report: ServiceHealth) -> None:
    """Draw the memory of the server and of each worker, and the free disk space."""
    limit = f"{resources.settings().max_memory_mb:,}"
    memory_mb = _memory_by_process(report.memory_mb)
    st.dataframe(
        {
            "process": list(memory_mb),
            "MB": [f"{mb:,.0f}" for mb in memory_mb.values()],
            "most MB": [
                limit if name.startswith("Worker") else "–" for name in memory_mb
            ],
        },
        hide_index=True,
        alt="Memory of the web server and of each worker, and the most that is allowed",
    )
    disk_state = "can be written" if report.writable else "**cannot be written**"
    st.markdown(
        f"All together {sum(memory_mb.values()):,.0f} MB. The folder of runs "
        f"`{report.root}` {disk_state}; its disk has {report.disk_free_mb:,.0f} MB left."
    )


def draw_errors(messages: Sequence[str]) -> None:
    """Draw the last errors, the newest first.

    Args:
        messages: oldest first.
    """
    if not messages:
        st.caption("None since the server started.")
    st.markdown("\n".join(f"- `{message}`" for message in reversed(messages)))


def draw_settings(settings: Mapping[str, object]) -> None:
    """Draw a table of settings.

    Args:
        settings: name -> value of those that are not at their default.
    """
    if not settings:
        st.caption("All are at their defaults.")
        return
    st.dataframe(
        {
            "setting": [variable(name) for name in settings],
            "value": [str(value) for value in settings.values()],
        },
        hide_index=True,
        alt="Settings that are not at their default, and their values",
    )


def _memory_by_process(workers_mb: Sequence[float]) -> dict[str, float]:
    """Resident memory in MB of each process; "Others" includes the UMAP process."""
    server = psutil.Process()
    workers = {f"Worker {i}": mb for i, mb in enumerate(workers_mb, start=1)}
    others_mb = sum(map(_resident_mb, server.children())) - sum(workers_mb)
    return (
        {"Web server": _resident_mb(server)} | workers | {"Others": max(0.0, others_mb)}
    )


def _resident_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / MB)
    except psutil.Error:  # it has just ended
        return 0.0
