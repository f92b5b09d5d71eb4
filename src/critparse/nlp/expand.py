"""Abbreviations over a whole document: what one criterion defines, the others mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from critparse.lexicon import default_lexicon
from critparse.nlp.annotations import AbbreviationAnnotation, MentionAnnotation

_MAX_DEFINITIONS = 200


def concept_of(long_form: str) -> MentionAnnotation | None:
    """The dictionary's mention that is the whole long form, or its last words; ``None`` when there is none."""
    mentions = default_lexicon().match(long_form)
    if not mentions or mentions[-1].end != len(long_form) or mentions[-1].start > len(long_form) // 2:
        return None
    found = mentions[-1]
    return MentionAnnotation(found.start, found.end, found.label, found.concept_id, found.name)


def long_forms(definitions: Iterable[Iterable[AbbreviationAnnotation]]) -> dict[str, str]:
    """The long form of every short form that the document defines; the first definition counts."""
    forms: dict[str, str] = {}
    for definition in (definition for found in definitions for definition in found):
        if len(forms) < _MAX_DEFINITIONS:
            forms.setdefault(definition.short, definition.long)
    return forms


def expand(
    texts: Sequence[str],
    mentions: Sequence[Sequence[MentionAnnotation]],
    definitions: Sequence[Sequence[AbbreviationAnnotation]],
) -> list[list[MentionAnnotation]]:
    """The mentions of every text, short forms that the document defines included.

    A document's own definition goes before the dictionary's idea of the short form ("PD": Parkinson's disease or
    progressive disease). The first definition of a short form counts.
    """
    meanings: dict[str, MentionAnnotation] = {}
    for definition in (definition for found in definitions for definition in found):
        if definition.short not in meanings and len(meanings) < _MAX_DEFINITIONS:
            meaning = concept_of(definition.long)
            if meaning is not None:
                meanings[definition.short] = meaning
    if not meanings:
        return [list(found) for found in mentions]
    short_forms = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(meanings, key=len, reverse=True)))})(?!\w)")
    return [_with(text, found, short_forms, meanings) for text, found in zip(texts, mentions, strict=True)]


def _with(
    text: str,
    mentions: Sequence[MentionAnnotation],
    short_forms: re.Pattern[str],
    meanings: dict[str, MentionAnnotation],
) -> list[MentionAnnotation]:
    kept = list(mentions)
    for match in short_forms.finditer(text):
        start, end = match.span()
        overlapping = [m for m in kept if m.start < end and m.end > start]
        if any((m.start, m.end) != (start, end) for m in overlapping):
            continue  # part of a longer name
        kept = [m for m in kept if m not in overlapping]
        kept.append(replace(meanings[match.group()], start=start, end=end))
    return sorted(kept, key=lambda mention: mention.start)
