"""The HTTP API ``/v1``; its description is at ``/v1/openapi.json``."""

from __future__ import annotations

from fastapi import APIRouter

from critparse.review.api import accounts, feed, records, trials
from critparse.review.http.problems import RESPONSES

PREFIX = "/v1"


def router() -> APIRouter:
    """All routes of the API."""
    found = APIRouter(prefix=PREFIX, responses=RESPONSES)
    for module in (records, trials, feed, accounts):
        found.include_router(module.routes)
    return found


__all__ = ["PREFIX", "router"]
