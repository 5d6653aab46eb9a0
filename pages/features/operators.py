"""What the operators' page shows, and who may see it."""

import hmac
from collections.abc import Mapping, Sequence

import psutil
import streamlit as st

from pages.shell import connections, resources
from pages.shell.health import HealthReport
from pages.widgets import run_text
from ssl_core import __version__
from ssl_core.service import Report
from ssl_core.service.settings import variable

MB = 1e6
SAYING = {
    "ok": ":material/check_circle: All is well.",
    "starting": ":material/hourglass_top: No worker is ready yet.",
    "degraded": ":material/error: Runs cannot be trained or kept now.",
}


def is_admin() -> bool:
    """Whether the address carries the operators' key; False if there is none."""
    key = resources.settings().operator_key
    given = st.query_params.get("key", "")
    # Compared in constant time: how long a refusal takes tells nothing of the key.
    return bool(key) and hmac.compare_digest(given.encode(), key.encode())


def status(report: Report) -> None:
    """How the server is, in a sentence and four counts."""
    settings = resources.settings()
    st.markdown(
        f"{SAYING[HealthReport.of(report).body['status']]} Version {__version__}, up for "
        f"{run_text.duration(report.uptime_seconds)}, training by backend “{report.backend}”. "
        f"Expected waits count {run_text.duration(report.typical_seconds)} a run."
    )
    counts = {
        "Training": f"{report.training} of {report.workers}",
        "Waiting": f"{report.waiting} of {settings.queue:,}",
        "Runs kept": f"{report.runs:,} of {settings.keep_runs:,}",
        "Visits connected": f"{connections.count():,}",
    }
    for place, (name, count) in zip(st.columns(4), counts.items(), strict=True):
        place.metric(name, count)


def memory(report: Report) -> None:
    """What the server and each worker take, and what the disk has left."""
    most = f"{resources.settings().most_memory_mb:,}"
    taken = _taken(report.memory_mb)
    st.dataframe(
        {
            "process": list(taken),
            "MB": [f"{mb:,.0f}" for mb in taken.values()],
            "most MB": [most if name.startswith("Worker") else "–" for name in taken],
        },
        hide_index=True,
        alt="Memory of the web server and of each worker, and the most that is allowed",
    )
    kept = "can be written" if report.writable else "**cannot be written**"
    st.markdown(
        f"All together {sum(taken.values()):,.0f} MB. The folder of runs "
        f"`{report.root}` {kept}; its disk has {report.disk_free_mb:,.0f} MB left."
    )


def errors(said: Sequence[str]) -> None:
    """The last problems, newest first."""
    if not said:
        st.caption("None since the server started.")
    st.markdown("\n".join(f"- `{one}`" for one in reversed(said)))


def changed(settings: Mapping[str, object]) -> None:
    """The settings that are not at their default."""
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


def _taken(workers_mb: Sequence[float]) -> dict[str, float]:
    """Resident memory in MB of each process; UMAP has one of its own."""
    server = psutil.Process()
    taken = {f"Worker {i}": mb for i, mb in enumerate(workers_mb, start=1)}
    others = sum(map(_resident_mb, server.children())) - sum(workers_mb)
    return {"Web server": _resident_mb(server)} | taken | {"Others": max(0.0, others)}


def _resident_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / MB)
    except psutil.Error:  # it has just ended
        return 0.0
