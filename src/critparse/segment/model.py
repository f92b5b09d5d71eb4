"""What segmenting gives: criterion candidates as a forest of ranges, and notes."""

from __future__ import annotations

from dataclasses import dataclass

from critparse.schema.criterion import CriterionKind
from critparse.schema.text import NoteReason

MAX_DEPTH = 8  # deepest nesting of items; what stands deeper joins the deepest level


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion candidate; all numbers are character offsets into the text passed in.

    ``start`` is where the item's marker ("1.", "*") begins, ``content`` where the words behind the marker begin,
    ``end`` where its own words end (sub-items apart, closing punctuation included). ``section`` is the sub-heading
    it stands under, None at the top. The own ranges of an item and of its children never overlap.
    """

    kind: CriterionKind
    start: int
    content: int
    end: int
    section: str | None = None
    children: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The items of a text and its notes ``(start, end, reason)``, both in document order.

    Every non-blank character lies in the own range of exactly one item or in exactly one note.
    """

    items: tuple[Item, ...]
    notes: tuple[tuple[int, int, NoteReason], ...]
