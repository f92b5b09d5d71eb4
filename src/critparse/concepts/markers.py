"""Whether a mention is a biomarker and nothing else."""

from __future__ import annotations

import functools
import re

from critparse.concepts import biomarkers
from critparse.concepts.biomarkers import Biomarker
from critparse.concepts.forms import words_of
from critparse.concepts.wording import wording

_LABEL = "Biomarker"  # of the words that may stand beside one
_SYMBOLIC = re.compile("[A-Z0-9]|receptor|protein|kinase|catenin|gene|antigen")
_CHANGE = re.compile(r"[a-z]?[.]?[a-z]{0,3}\d+[a-z]{0,4}|[-/+,.()]")  # V600E, exon 19, del17


def biomarker_in(mention: str, context: str = "") -> Biomarker | None:
    """The one biomarker of a mention in which all other words tell of its state; ``None`` when it is something else.

    A symbol that only words outside the mention show to be a gene's is looked for in ``context``.
    """
    if not _SYMBOLIC.search(mention, 1):
        return None  # hardly a name of a gene is without
    hits, hit = _alone(mention)
    if hits:
        return hit
    place = context.find(mention) if mention else -1
    if place < 0:
        return None
    around = [hit for hit in biomarkers.find(context) if place <= hit.start and hit.end <= place + len(mention)]
    if len(around) != 1:
        return None
    start, end = around[0].start - place, around[0].end - place
    return around[0] if _tells(mention[:start], mention[end:]) else None


@functools.lru_cache(maxsize=16384)
def _alone(mention: str) -> tuple[int, Biomarker | None]:
    """How many biomarkers a mention names by itself, and the one that it is."""
    hits = biomarkers.find(mention)
    if len(hits) != 1:
        return len(hits), None
    return 1, hits[0] if _tells(mention[: hits[0].start], mention[hits[0].end :]) else None


def _tells(left: str, right: str) -> bool:
    before, behind = (tuple(word for word in words_of(part) if not _CHANGE.fullmatch(word)) for part in (left, right))
    known = wording()
    return known.before(_LABEL, before) and known.behind(_LABEL, behind)
