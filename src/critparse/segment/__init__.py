"""From cleaned eligibility text to criteria with offsets: headings, items, nesting, and notes on everything else."""

from __future__ import annotations

from critparse.segment.model import Item, Segmentation
from critparse.segment.segmenter import segment

__all__ = ["Item", "Segmentation", "segment"]
