"""What the components leave in a ``Doc``, as typed values. Reading needs no spaCy of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spacy.tokens import Doc

MENTIONS = "critparse_mentions"
ABBREVIATIONS = "critparse_abbreviations"
ERRORS = "critparse_errors"
ENTITIES = "critparse_entities"
MAX_CHARACTERS = 10_000
"""A longer criterion is hostile or no criterion: it is returned unread, so that time stays bounded."""


@dataclass(frozen=True, slots=True)
class MentionAnnotation:
    """A dictionary name in a Doc: ``doc.text[start:end]``, its label and concept, and whether it is negated."""

    start: int
    end: int
    label: str
    concept_id: str
    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AbbreviationAnnotation:
    """A definition such as "body mass index (BMI)": both forms and their character offsets in the Doc's text."""

    short: str
    long: str
    short_start: int
    short_end: int
    long_start: int
    long_end: int


class EntityAnnotation(NamedTuple):
    """What the model names in a Doc: ``doc.text[start:end]``; ``score``: how likely place and label are right."""

    start: int
    end: int
    label: str
    score: float


class RelationAnnotation(NamedTuple):
    """A relation of the model from one of its entities to another, by their numbers."""

    type: str
    first: int
    second: int
    score: float


@dataclass(frozen=True, slots=True)
class ModelAnnotation:
    """All that the model says of a Doc. ``hints``: problems that an annotator might mark, with their scores."""

    entities: tuple[EntityAnnotation, ...] = ()
    relations: tuple[RelationAnnotation, ...] = ()
    hints: tuple[tuple[str, float], ...] = ()


def mentions_of(doc: Doc) -> list[MentionAnnotation]:
    """The mentions of ``critparse_lexicon`` by position; none when the component did not run.

    ``negated`` is False throughout when ``critparse_negation`` did not run.
    """
    if MENTIONS not in doc.spans:
        return []
    group = doc.spans[MENTIONS]
    negated = set(group.attrs.get("negated", ()))
    found = []
    for span in group:
        start, end, name = group.attrs["mentions"][span.id_]
        found.append(MentionAnnotation(start, end, span.label_, span.kb_id_, name, span.id_ in negated))
    return found


def model_of(doc: Doc) -> ModelAnnotation:
    """What ``critparse_model`` found; nothing when it did not run."""
    if ENTITIES not in doc.spans:
        return ModelAnnotation()
    attributes = doc.spans[ENTITIES].attrs
    return ModelAnnotation(
        tuple(EntityAnnotation(*found) for found in attributes["entities"]),
        tuple(RelationAnnotation(*found) for found in attributes["relations"]),
        tuple((problem, score) for problem, score in attributes["hints"]),
    )


def abbreviations_of(doc: Doc) -> list[AbbreviationAnnotation]:
    """The definitions that ``critparse_abbreviations`` found, by position; none when it did not run."""
    if ABBREVIATIONS not in doc.spans:
        return []
    return [AbbreviationAnnotation(*found) for found in doc.spans[ABBREVIATIONS].attrs["definitions"]]


def errors_of(doc: Doc) -> list[tuple[str, str]]:
    """The components that failed on this Doc: (component, what went wrong)."""
    return [(component, reason) for component, reason in doc.user_data.get(ERRORS, ())]
