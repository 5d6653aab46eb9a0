"""Whether the server is well, for a balancer, a container's health check, a monitor."""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.shell import resources
from pages.shell.base_url import base_url_path
from ssl_core import __version__
from ssl_core.service import Report

LEAST_FREE_MB = 100.0  # about what a ResNet-18 and its momentum take to save


@dataclass(frozen=True)
class HealthReport:
    """One answer: what is told, and whether runs can be trained and kept."""

    told: dict[str, Any]
    well: bool

    @classmethod
    def of(cls, report: Report) -> "HealthReport":
        """What everybody may know of a report: counts, no places and no errors."""
        full = report.disk_free_mb < LEAST_FREE_MB
        status = "degraded" if full else report.status
        told = {
            "status": status,
            "workers": {"warm": report.warm, "wanted": report.workers},
            "training": report.training,
            "waiting": report.waiting,
            "version": __version__,
            "uptime_seconds": report.uptime_seconds,
        }
        return cls(told, status != "degraded")


def check() -> HealthReport:
    """How the service is; not well if it cannot even be asked."""
    try:
        return HealthReport.of(resources.service().report())
    except OSError:  # the folder of runs is gone
        return HealthReport({"status": "degraded", "version": __version__}, well=False)


async def _answer(request: Request) -> JSONResponse:
    health = await run_in_threadpool(check)
    return JSONResponse(
        health.told,
        status_code=200 if health.well else 503,
        headers={"Cache-Control": "no-store"},
    )


ROUTE = Route(f"{base_url_path()}/health", _answer)
