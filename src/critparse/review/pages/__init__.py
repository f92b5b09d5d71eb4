"""The pages: server-rendered, escaped by default, no script of their own but from ``/static``."""

from __future__ import annotations

from critparse.review.pages.routes import STATIC, install

__all__ = ["STATIC", "install"]
