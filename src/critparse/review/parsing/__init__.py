"""Reading records in processes of their own, so that a record that takes forever can be cut off."""

from __future__ import annotations

from critparse.review.parsing.jobs import Check, Export, Job, Parse, Read, Source, Split
from critparse.review.parsing.pool import Inline, Parsers, Pool

__all__ = ["Check", "Export", "Inline", "Job", "Parse", "Parsers", "Pool", "Read", "Source", "Split"]
