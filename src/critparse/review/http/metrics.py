"""Figures for Prometheus, one registry for each application."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

from critparse.review.parsing import Parsers

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """Requests by route and status, their time, and records that wait to be read."""

    def __init__(self, parsers: Parsers) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("critparse_requests", "Requests answered", labels, registry=self._registry)
        self._seconds = Histogram(
            "critparse_request_seconds", "Time to answer", ("route",), registry=self._registry, buckets=_BUCKETS
        )
        waiting = Gauge("critparse_parses_waiting", "Records that wait or are being read", registry=self._registry)
        waiting.set_function(parsers.waiting)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request that was answered; ``route`` is the pattern, so that labels stay few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def response(self) -> Response:
        """All figures in Prometheus' own format."""
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
