"""The parts of the operators' page."""

from collections.abc import Mapping, Sequence

import psutil
import streamlit as st

from pages.shell import connections, operator_session, resources
from pages.shell.health import HealthReport
from pages.widgets import run_text
from ssl_core import __version__
from ssl_core.service import ServiceHealth
from ssl_core.settings import variable

MB = 1e6
STATUS_TEXTS = {
    "ok": ":material/check_circle: All is well.",
    "starting": ":material/hourglass_top: No worker is ready yet.",
    "degraded": ":material/error: A part of the service does not work; see the last errors.",
}
# Why the form is shown again -> what the page says.
REASONS = {
    operator_session.WRONG: "The key is wrong. Check it for spaces, and try again.",
    operator_session.TOO_MANY: "There were too many wrong keys. Try again in a minute.",
    operator_session.OLD_LINK: "A link no longer opens this page: enter the key here, and "
    "set a new one if others may have read that link.",
}
_STYLE = """<style>
.operators { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.operators input, .operators button {
  font: inherit; color: inherit; background: transparent; padding: 0.4rem 0.75rem;
  border: 1px solid color-mix(in srgb, currentColor 45%, transparent);
  border-radius: 8px;
}
.operators input { flex: 0 1 24rem; min-width: 0; }
.operators button { cursor: pointer; }
.operators .primary { background: #0072B2; border-color: #0072B2; color: #FFFFFF; }
</style>"""
# The URLs are relative to the page.
SIGN_IN = f"""{_STYLE}<form class="operators" method="post" action="operators/sign_in">
<label for="operators-key">The operators' key</label>
<input id="operators-key" name="key" type="password" autocomplete="current-password"
 required>
<button type="submit" class="primary">Sign in</button>
</form>"""
SIGN_OUT = f"""{_STYLE}<form class="operators" method="post" action="operators/sign_out">
<button type="submit">Sign out</button>
</form>"""


def draw_sign_in() -> None:
    """Draw the form that asks for the operators' key, and why it is there again."""
    # Not a form of Streamlit's: its script cannot set the cookie that follows.
    st.html(SIGN_IN)
    if sentence := REASONS.get(st.query_params.get(operator_session.REASON, "")):
        st.error(sentence, icon=":material/error:")
    st.markdown(
        "The key is the value of the server's setting `CONTRASTIVE_OPERATOR_KEY`. A cookie "
        "keeps this browser signed in for an hour."
    )


def draw_sign_out() -> None:
    """Draw the button that ends the session in all tabs of this browser."""
    st.html(SIGN_OUT)


def draw_status(report: ServiceHealth) -> None:
    """Draw the server's status and four counts."""
    settings = resources.settings()
    status = STATUS_TEXTS[HealthReport.of(report).body["status"]]
    st.markdown(
        f"{status} Version {__version__}, up for "
        f"{run_text.duration(report.uptime_seconds)}. Training backend: {report.backend}. "
        "Estimated duration of a run, from which waits are computed: "
        f"{run_text.duration(report.median_duration_s)}."
    )
    counts = {
        "Training": f"{report.training} of {report.workers}",
        "Waiting": f"{report.waiting} of {settings.queue:,}",
        "Runs kept": f"{report.runs:,} of {settings.retention_runs:,}",
        "Open sessions": f"{connections.count():,}",
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
            "limit (MB)": [
                limit if name.startswith("Worker") else "–" for name in memory_mb
            ],
        },
        hide_index=True,
        alt="Memory of the web server and of each worker, and the most that is allowed",
    )
    disk_state = "can be written" if report.writable else "**cannot be written**"
    st.markdown(
        f"Total: {sum(memory_mb.values()):,.0f} MB. The folder of runs "
        f"`{report.root}` {disk_state}; {report.disk_free_mb:,.0f} MB of its disk are free."
    )


def draw_errors(messages: Sequence[str]) -> None:
    """Draw the last errors, the newest first.

    Args:
        messages: oldest first.
    """
    if not messages:
        st.caption("None since the server started.")
        return
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
