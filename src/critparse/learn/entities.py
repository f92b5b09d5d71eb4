"""How well a whole parse finds the entities that annotators marked in Chia, and the model those of LCT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from critparse.errors import EmptyInput
from critparse.learn.brat import Source, fold_of, read_annotations, read_sources
from critparse.learn.examples import CHIA_TYPES, LCT_INNER, LCT_OUTER, read_lct_entities
from critparse.learn.scoring import EntityScore, Found, flatten
from critparse.nlp.encoder.model import Model
from critparse.schema import ParsedTrial

MAJOR_TYPES = CHIA_TYPES[:11]


def sources_of(corpus: Path, fold: int | None) -> list[Source]:
    """The documents of a corpus, of one fold where one is given. Raises InputError."""
    return [source for source in read_sources(corpus) if fold is None or fold_of(source.name) == fold]


def parsed(source: Source, *, model: bool) -> ParsedTrial | None:
    """The parse of a document's text, as ``critparse parse`` would give it; ``None`` for a blank one."""
    from critparse.parser import parse_record
    from critparse.sources import read

    try:
        return parse_record(read(source.text, format="text"), model=model)
    except EmptyInput:
        return None


def found_in(trial: ParsedTrial | None, types: Iterable[str]) -> set[Found]:
    """The entities of a parse as they are scored: of these types, without gaps, without overlaps."""
    wanted = frozenset(types)
    criteria = trial.walk() if trial else ()
    return flatten(
        Found(entity.spans[0].start, entity.spans[0].end, entity.label)
        for criterion in criteria
        for entity in criterion.entities
        if entity.label in wanted and len(entity.spans) == 1
    )


def annotated_in(source: Source, types: Iterable[str]) -> set[Found]:
    """The annotated entities of a document as they are scored."""
    wanted = frozenset(types)
    mentions = read_annotations(source).mentions
    return flatten(Found(m.start, m.end, m.type) for m in mentions if m.type in wanted and not m.broken)


def score_entities(sources: Iterable[Source], types: Iterable[str] = CHIA_TYPES, *, model: bool = True) -> EntityScore:
    """Parse documents of Chia and compare their entities with the annotated ones."""
    types = tuple(types)
    score = EntityScore()
    for source in sources:
        score.add(annotated_in(source, types), found_in(parsed(source, model=model), types))
    return score


def score_lct(corpus: Path, folds: Iterable[int], model: Model) -> EntityScore:
    """What the model's own heads for LCT find, line by line, against everything annotated there; overlaps count."""
    score = EntityScore()
    for example in read_lct_entities(corpus, folds):
        predicted = {Found(*place[:3]) for place in model.layers(example.text, (LCT_OUTER, LCT_INNER))}
        score.add({Found(*place) for place in example.places}, predicted)
    return score


def differences(sources: Iterable[Source], *, model: bool = True) -> Iterator[tuple[str, Source, Found]]:
    """("missed" or "wrong", document, entity) wherever a parse differs from the annotations."""
    for source in sources:
        gold, predicted = annotated_in(source, CHIA_TYPES), found_in(parsed(source, model=model), CHIA_TYPES)
        differing = [("missed", entity) for entity in gold - predicted] + [("wrong", e) for e in predicted - gold]
        for kind, entity in sorted(differing, key=lambda item: item[1]):
            yield kind, source, entity
