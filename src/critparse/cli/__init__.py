"""The command line: ``critparse parse``, ``critparse check``, ``critparse evaluate``."""

from __future__ import annotations

from critparse.cli.entry import app, main

__all__ = ["app", "main"]
