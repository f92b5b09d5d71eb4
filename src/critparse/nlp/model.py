"""The spaCy component ``critparse_model``: what the trained model names, as ``doc.spans["critparse_entities"]``."""

from __future__ import annotations

import functools
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from critparse.nlp.annotations import ENTITIES, MAX_CHARACTERS, MENTIONS, mentions_of
from critparse.nlp.component import Component
from critparse.nlp.encoder.model import Model
from critparse.nlp.encoder.names import Named

DEFAULT_MODEL = "eligibility"


def models_folder() -> Path:
    """Where the models lie: in the installed package, or beside ``src`` in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "models"
    return installed if installed.is_dir() else package.parent.parent / "models"


@functools.cache
def default_model() -> Model:
    """The model that comes with critparse; its files are read with the first text."""
    return Model(models_folder() / DEFAULT_MODEL)


class ModelComponent(Component):
    """Finds entities and relations, with the names of ``critparse_lexicon`` where that ran before.

    The spans' labels are the entities'; a span may reach beyond its entity. The exact offsets and all else stand in the
    group's ``attrs``: ``entities`` [[start, end, label, score]], ``relations`` [[type, first, second, score]] and
    ``hints`` [[problem, score]]. Read them with ``model_of``. A text longer than any criterion is left alone.
    """

    def annotate(self, doc: Doc) -> None:
        if len(doc.text) > MAX_CHARACTERS:
            return
        mentions = mentions_of(doc) if MENTIONS in doc.spans else None
        names = None if mentions is None else [Named(m.start, m.end, m.label) for m in mentions]
        found = default_model().read(doc.text, names)
        spans = [
            span
            for entity in found.entities
            if (span := doc.char_span(entity.start, entity.end, label=entity.label, alignment_mode="expand"))
        ]
        attributes = {
            "entities": [list(entity) for entity in found.entities],
            "relations": [list(relation) for relation in found.relations],
            "hints": [list(hint) for hint in found.hints],
        }
        doc.spans[ENTITIES] = SpanGroup(doc, name=ENTITIES, attrs=attributes, spans=spans)


@Language.factory("critparse_model", assigns=["doc.spans"])
def make_model(nlp: Language, name: str) -> ModelComponent:
    """The factory of ``critparse_model``; weights are loaded with the first text, once a process."""
    return ModelComponent(name)
