"""The names in a criterion: dictionary mentions and cue phrases as one list without overlaps."""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from critparse.lexicon import Analyte, Score, Subject, default_lexicon
from critparse.lexicon.words import word_set
from critparse.nlp.annotations import MentionAnnotation, ModelAnnotation
from critparse.nlp.tokens import Tokens
from critparse.quantities.units import dimension
from critparse.rules.draft import Mark, Name

_LEAF_OF_LABEL = {
    "Condition": "condition",
    "Drug": "drug",
    "Procedure": "procedure",
    "Device": "device",
    "Measurement": "measurement",
    "Observation": "observation",
}
_NUMERIC_CUES = frozenset(("age", "life expectancy", "alcohol use", "smoking"))
_CONSUMED = frozenset(("count", "count/time", "mass", "mass/time", "volume", "volume/time", "pack-years", "time"))
_SHARING = word_set("sharing")
_MODEL_KINDS = frozenset(("condition", "drug", "procedure", "device"))
_SURE = 0.6
_DENYING = ("neg-before", "neg-after")
_MARK_TYPES = ("qualifier", "response", "response-behind", "scope", "measure-value")


@functools.lru_cache(maxsize=8192)
def traits(concept_id: str) -> tuple[str, bool, frozenset[str]]:
    """Leaf kind, whether limits belong to it, and the dimensions its units have (empty: any)."""
    concept = default_lexicon().concept(concept_id)
    row = concept.row
    if isinstance(row, Analyte):
        units = [row.unit, *row.units]
        return "measurement", True, frozenset(filter(None, (dimension(unit) for unit in units)))
    if isinstance(row, Score):
        return "measurement", True, frozenset()
    if isinstance(row, Subject):
        return row.kind, True, frozenset((row.dimension,)) if row.dimension else frozenset()
    return _LEAF_OF_LABEL.get(concept.label, "observation"), False, frozenset()


def find_names(tokens: Tokens, mentions: Iterable[MentionAnnotation]) -> list[Name]:
    """Mentions and cues by position; of two that overlap the longer stands, a cue before a mention of its length."""
    found = [*_mention_names(tokens, mentions), *_cue_names(tokens)]
    found.sort(key=lambda name: (name.first - name.last, bool(name.concept_id), name.first))
    taken = [False] * len(tokens)
    kept: list[Name] = []
    for name in found:
        if not any(taken[name.first : name.last]):
            taken[name.first : name.last] = [True] * (name.last - name.first)
            kept.append(name)
    kept = _without_aliases(tokens, sorted(kept, key=lambda name: name.first))
    shared = list(_shared(tokens, kept))
    covered = {i for name in shared for i in range(name.first, name.last)}
    kept = [name for name in kept if name.first not in covered]
    return sorted([*kept, *shared], key=lambda name: name.first)


def _shared(tokens: Tokens, names: list[Name]) -> Iterator[Name]:
    """Names that share a word with the next or the last one: "heart and pulmonary failure", "hepatitis B or C"."""
    taken = {i for name in names for i in range(name.first, name.last) if name.concept_id or name.last - name.first > 1}
    for at in range(1, len(tokens) - 1):
        if tokens.word(at) not in _SHARING:
            continue
        left, right = at - 1, at + 1
        if tokens.word(right) in _SHARING:  # "and/or", ", or"
            right += 1
        if left not in taken and tokens.word(left)[:1].isalnum():
            yield from _shared_head(tokens, left, right, taken)
        elif right not in taken and right < len(tokens) and len(tokens.word(right)) <= 2:
            yield from _shared_stem(tokens, names, at, right)


def _shared_head(tokens: Tokens, left: int, right: int, taken: set[int]) -> Iterator[Name]:
    for head in range(right + 1, min(right + 4, len(tokens))):
        if not tokens.word(head).isalnum():
            return
        for first in (left - 1, left):  # "type 1 or type 2 diabetes", "heart or liver failure"
            found = _whole(" ".join([*tokens.lower[max(0, first) : left + 1], tokens.lower[head]]))
            if found and first >= 0:
                yield replace(found, first=first, last=left + 1, also=(head, head + 1))
                if not taken.intersection(range(right, head + 1)):  # "… and pulmonary failure": of the same kind
                    words = " ".join(tokens.words[right : head + 1])
                    yield Name(right, head + 1, found.kind, words, "", found.numeric, found.dimensions)
                return


def _shared_stem(tokens: Tokens, names: list[Name], at: int, right: int) -> Iterator[Name]:
    before = next((name for name in names if name.last == at and name.last - name.first >= 2), None)
    if before is None:
        return
    stem = (before.first, before.last - 1)
    found = _whole(" ".join([*tokens.words[stem[0] : stem[1]], tokens.words[right]]))
    if found:
        yield replace(found, first=right, last=right + 1, also=stem)


@functools.lru_cache(maxsize=4096)
def _whole(phrase: str) -> Name | None:
    """The dictionary's name that is exactly this phrase; its token range is the caller's to set."""
    mentions = default_lexicon().match(phrase)
    if len(mentions) != 1 or mentions[0].end - mentions[0].start != len(phrase):
        return None
    mention = mentions[0]
    kind, numeric, dimensions = traits(mention.concept_id)
    return Name(0, 1, kind, mention.name, mention.concept_id, numeric, dimensions)


def _without_aliases(tokens: Tokens, names: list[Name]) -> list[Name]:
    """Leave out an abbreviation in brackets right after a name of its kind: "Systolic Blood Pressure (BP)"."""
    kept: list[Name] = []
    for name in names:
        before = kept[-1] if kept else None
        bracketed = tokens.word(name.first - 1) == "(" and tokens.word(name.last) == ")"
        short = name.last - name.first <= 2 and sum(c.isupper() for c in tokens.words[name.first]) >= 2
        if before and bracketed and short and before.last == name.first - 1 and before.kind == name.kind:
            kept[-1] = replace(before, last=name.last + 1) if before.concept_id else before
            continue
        kept.append(name)
    return kept


def _mention_names(tokens: Tokens, mentions: Iterable[MentionAnnotation]) -> Iterable[Name]:
    for mention in mentions:
        first = bisect_left(tokens.ends, mention.start + 1)
        last = bisect_left(tokens.starts, mention.end)
        if last > first:
            kind, numeric, dimensions = traits(mention.concept_id)
            yield Name(first, last, kind, mention.name, mention.concept_id, numeric, dimensions)


def with_model_names(
    tokens: Tokens, names: list[Name], marks: Sequence[Mark], model: ModelAnnotation | None
) -> list[Name]:
    """The names and, in words that nothing else has read, what the model is sure is a thing of a kind with a name."""
    taken = {i for found in names for i in range(found.first if found.lead is None else found.lead, found.last)}
    taken |= {i for mark in marks for i in range(mark.first, mark.last)}
    denying = {i for kind in _DENYING for index, found in tokens.readings(kind) for i in range(index, found.next)}
    added = []
    for entity in model.entities if model else ():
        kind = _LEAF_OF_LABEL.get(entity.label)
        if kind not in _MODEL_KINDS or entity.score < _SURE:
            continue
        first, last = bisect_left(tokens.ends, entity.start + 1), bisect_left(tokens.starts, entity.end)
        if taken.isdisjoint(range(first, last)) and not denying.issuperset(range(first, last)):
            words = " ".join(tokens.text[tokens.starts[first] : tokens.ends[last - 1]].split())
            added.append(Name(first, last, kind, words.lower() if words.istitle() else words))
    return sorted([*names, *added], key=lambda name: name.first)


def _cue_names(tokens: Tokens) -> Iterable[Name]:
    for index, found in tokens.readings("cue"):
        kind, subject = found.value
        dimensions = _CONSUMED if kind == "observation" else frozenset(("time",))
        yield Name(index, found.next, kind, subject, "", subject in _NUMERIC_CUES, dimensions)


def find_marks(tokens: Tokens, names: Sequence[Name]) -> list[Mark]:
    """Qualifiers, response words, scope words and values in words that are not part of a name."""
    inside = [False] * len(tokens)
    for name in names:
        inside[name.first : name.last] = [True] * (name.last - name.first)
    marks: list[Mark] = []
    for kind in _MARK_TYPES:
        for index, found in tokens.readings(kind):
            if not inside[index] and not inside[found.next - 1]:
                marks.append(Mark(kind, found.value, index, found.next))
    return sorted(marks, key=lambda mark: mark.first)
