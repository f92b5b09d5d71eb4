"""What annotators changed, put in the place of what the pipeline found.

Only differences count: what annotators left as it was stays as critparse read it, with its confidence. So a file that
comes back unchanged gives the same document, and a change moves what depends on it and nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from critparse.annotations.standoff import THINGS, Key, Mention, Standoff
from critparse.concepts.codes import LOCAL, codes_of
from critparse.concepts.document import folded
from critparse.lexicon import default_lexicon
from critparse.nlp.annotations import EntityAnnotation, MentionAnnotation, ModelAnnotation, RelationAnnotation
from critparse.parser import Annotated
from critparse.schema import Concept, Criterion, Entity, ParsedTrial
from critparse.sources.clean import CleanText

METHOD = "annotator"
"""How a code that annotators gave was found."""


def key_of(entity: Entity) -> Key:
    """Label and places of an entity, as those of a mention."""
    return entity.label, tuple((span.start, span.end) for span in entity.spans)


class Corrections:
    """What differs between the annotations of one text and what critparse found in it by itself."""

    def __init__(self, standoff: Standoff, own: ParsedTrial, text_id: str) -> None:
        criteria = [criterion for criterion in own.walk() if criterion.span.text_id == text_id]
        found = {key_of(entity): entity for criterion in criteria for entity in criterion.entities}
        self.mentions = {mention.key: mention for mention in standoff.mentions.values()}
        self.removed = [key for key in found if key not in self.mentions]
        self.added = [mention for key, mention in self.mentions.items() if key not in found]
        self.recoded = [
            mention
            for key, mention in self.mentions.items()
            if (_references(mention) != _own_references(found[key]) if key in found else bool(mention.codes))
        ]
        keys = {mention.id: mention.key for mention in standoff.mentions.values()}
        wanted = {(type_, keys[first], keys[second]) for type_, first, second in standoff.relations}
        had = set(_relations(criteria))
        self.unrelated, self.related = had - wanted, sorted(wanted - had)

    def annotated(self, text: CleanText, first: int, last: int, found: Annotated) -> Annotated:
        """The annotations of the criterion ``text.text[first:last]`` with the corrections in it made."""
        place = _Places(text, first, last)
        given = {folded(place.words(mention)): _concepts(mention) for mention in self.recoded if place.holds(mention)}
        linker = replace(found.linker, given=given) if given else found.linker
        mentions = [mention for mention in found.mentions if not self._is_gone(place, mention)]
        mentions += [named for mention in self.added if place.holds(mention) for named in _named(mention, place)]
        mentions.sort(key=lambda mention: (mention.start, mention.end))
        model = self._model(place, found.model or ModelAnnotation())
        return found._replace(mentions=mentions, model=model, linker=linker)

    def _is_gone(self, place: _Places, mention: MentionAnnotation) -> bool:
        """Whether a dictionary name stands where annotators say that there is nothing, or something else."""
        start, end = place.raw(mention.start, mention.end)
        over = [key for key in self.mentions if key[0] in THINGS and _meets(key, start, end)]
        changed = [one for one in self.added if one.key in over and one.label != mention.label]
        removed = any(key[0] in THINGS and _meets(key, start, end) for key in self.removed)
        return bool(changed) or (removed and not over)

    def _model(self, place: _Places, model: ModelAnnotation) -> ModelAnnotation:
        """The model's annotations with the annotators' in their place."""
        keys: list[Key] = []
        entities: list[EntityAnnotation] = []
        numbers: dict[int, int] = {}
        for number, entity in enumerate(model.entities):
            key = (entity.label, (place.raw(entity.start, entity.end),))
            if key not in self.removed:
                numbers[number] = len(entities)
                keys.append(key)
                entities.append(entity)
        for mention in self.added:
            if place.holds(mention):
                keys.append(mention.key)
                entities.append(EntityAnnotation(*place.clean(mention.start, mention.end), mention.label, 1.0))
        relations = [
            relation._replace(first=numbers[relation.first], second=numbers[relation.second])
            for relation in model.relations
            if relation.first in numbers
            and relation.second in numbers
            and (relation.type, keys[numbers[relation.first]], keys[numbers[relation.second]]) not in self.unrelated
        ]
        relations += [
            RelationAnnotation(type_, keys.index(one), keys.index(other), 1.0)
            for type_, one, other in self.related
            if one in keys and other in keys
        ]
        return ModelAnnotation(tuple(entities), tuple(relations), model.hints)


class _Places:
    """From offsets in a criterion's words to those in the text as given, and back."""

    def __init__(self, text: CleanText, first: int, last: int) -> None:
        self._text, self._first = text, first
        self._starts = [text.span(position, position).start for position in range(first, last)]
        self._range = self.raw(0, last - first)

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text as given."""
        span = self._text.span(self._first + start, self._first + end)
        return span.start, span.end

    def clean(self, start: int, end: int) -> tuple[int, int]:
        """The place in the criterion's words."""
        return bisect_left(self._starts, start), bisect_left(self._starts, end)

    def holds(self, mention: Mention) -> bool:
        """Whether the mention lies in the criterion."""
        return self._range[0] <= mention.start and mention.end <= self._range[1]

    def words(self, mention: Mention) -> str:
        """The mention's words, as given."""
        return self._text.raw[mention.start : mention.end]


def _meets(key: Key, start: int, end: int) -> bool:
    return key[1][0][0] < end and start < key[1][-1][1]


def _references(mention: Mention) -> set[tuple[str, str]]:
    return {(system, code) for system, code, _ in mention.codes}


def _own_references(entity: Entity) -> set[tuple[str, str]]:
    """The codes that brat files show: those of other systems for the same concept are left out there."""
    return {(concept.system, concept.code) for concept in entity.concepts if concept.method != "crossref"}


def _relations(criteria: Sequence[Criterion]) -> Iterator[tuple[str, Key, Key]]:
    for criterion in criteria:
        keys = {entity.id: key_of(entity) for entity in criterion.entities}
        for relation in criterion.relations:
            yield relation.type, keys[relation.first], keys[relation.second]


def _concept_id(system: str, code: str) -> str | None:
    """The lexicon's id of a code, if it has it."""
    id_ = code if system == LOCAL else f"{system}:{code.removeprefix(system + ':')}"
    try:
        return default_lexicon().concept(id_).id
    except KeyError:
        return None


def _concepts(mention: Mention) -> tuple[Concept, ...]:
    """The annotators' codes, and those of the same concepts in other systems; none, where they took all away."""
    found: dict[tuple[str, str], Concept] = {}
    for system, code, display in mention.codes:
        given = Concept(system=system, code=code, display=display, score=1.0, method=METHOD)
        id_ = _concept_id(system, code)
        for concept in (given, *(codes_of(id_, METHOD) if id_ else ())):
            found.setdefault((concept.system, concept.code), concept)
    return tuple(found.values())


def _named(mention: Mention, place: _Places) -> Iterator[MentionAnnotation]:
    """A mention with a code that the dictionary knows under its label, as the dictionary would have found it."""
    for system, code, _ in mention.codes:
        id_ = _concept_id(system, code)
        if id_ is not None and default_lexicon().concept(id_).label == mention.label:
            start, end = place.clean(mention.start, mention.end)
            yield MentionAnnotation(start, end, mention.label, id_, default_lexicon().concept(id_).name)
            return
