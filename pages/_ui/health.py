"""Whether the server is well, for a balancer, a container's health check, a monitor."""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages._ui import cache, feed
from ssl_core import __version__
from ssl_core.service import Report

LEAST_FREE_MB = 100.0  # about what a ResNet-18 and its momentum take to save


@dataclass(frozen=True)
class Health:
    """One answer: what is told, and whether runs can be trained and kept."""

    told: dict[str, Any]
    well: bool

    @classmethod
    def of(cls, report: Report) -> "Health":
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


def look() -> Health:
    """How the service is; not well if it cannot even be asked."""
    try:
        return Health.of(cache.service().report())
    except OSError:  # the folder of runs is gone
        return Health({"status": "degraded", "version": __version__}, well=False)


async def _answer(request: Request) -> JSONResponse:
    health = await run_in_threadpool(look)
    return JSONResponse(
        health.told,
        status_code=200 if health.well else 503,
        headers={"Cache-Control": "no-store"},
    )


ROUTE = Route(f"{feed.base()}/health", _answer)
