"""The route ``/health`` for load balancers, container health checks and monitors."""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.shell import resources
from pages.shell.base_url import base_url_path
from ssl_core import __version__
from ssl_core.service import ServiceHealth

MIN_FREE_MB = 100.0  # about the size of a saved ResNet-18 with its momentum


@dataclass(frozen=True)
class HealthReport:
    """The answer of the route.

    Args:
        body: what everybody may read: counts, but no paths and no errors.
        healthy: whether runs can be trained and saved; a part of the workers suffices.
    """

    body: dict[str, Any]
    healthy: bool

    @classmethod
    def of(cls, report: ServiceHealth) -> "HealthReport":
        """The public part of a service report."""
        disk_full = report.disk_free_mb < MIN_FREE_MB
        status = "degraded" if disk_full else report.status
        body = {
            "status": status,
            "workers": {"warm": report.warm, "wanted": report.workers},
            "training": report.training,
            "waiting": report.waiting,
            "version": __version__,
            "uptime_seconds": report.uptime_seconds,
        }
        return cls(body, report.can_train and not disk_full)


def check() -> HealthReport:
    """The service's health; not healthy if the service cannot report."""
    try:
        return HealthReport.of(resources.service().report())
    except OSError:  # the folder of runs is gone
        body = {"status": "degraded", "version": __version__}
        return HealthReport(body, healthy=False)


async def _serve_health(request: Request) -> JSONResponse:
    health = await run_in_threadpool(check)
    return JSONResponse(
        health.body,
        status_code=200 if health.healthy else 503,
        headers={"Cache-Control": "no-store"},
    )


ROUTE = Route(f"{base_url_path()}/health", _serve_health)
