"""The spaCy component ``critparse_concepts``: links the entities of any pipeline (``linked_of`` reads them)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from critparse.concepts.linker import default_linker
from critparse.nlp.annotations import MAX_CHARACTERS
from critparse.nlp.component import Component
from critparse.schema import Linked

if TYPE_CHECKING:
    from spacy.tokens import Span

CONCEPTS = "critparse_concepts"
_LABELS = {
    **{label: label for label in ("Condition", "Drug", "Procedure", "Device", "Measurement", "Observation")},
    "DISEASE": "Condition",  # the models en_ner_bc5cdr_md …
    "CHEMICAL": "Drug",
}


class ConceptLinker(Component):
    """Links ``doc.ents``: those of critparse's labels and of scispaCy's models; other labels are linked without one.

    The group holds the entities; ``attrs["linked"]`` what each is linked to, as plain data. Read it with ``linked_of``.
    """

    def annotate(self, doc: Doc) -> None:
        linker = default_linker()
        sentences = doc.has_annotation("SENT_START")
        spans = list(doc.ents)
        contexts = [span.sent.text if sentences else doc.text[:MAX_CHARACTERS] for span in spans]
        linked = [
            linker.link(span.text, label=_LABELS.get(span.label_), context=context)
            for span, context in zip(spans, contexts, strict=True)
        ]
        attributes = {"linked": [found.model_dump(mode="json") for found in linked]}
        doc.spans[CONCEPTS] = SpanGroup(doc, name=CONCEPTS, attrs=attributes, spans=spans)


def linked_of(doc: Doc) -> list[tuple[Span, Linked]]:
    """The entities of a Doc with what they are linked to; none when the component did not run."""
    if CONCEPTS not in doc.spans:
        return []
    group = doc.spans[CONCEPTS]
    return [(span, Linked.model_validate(found)) for span, found in zip(group, group.attrs["linked"], strict=True)]


@Language.factory("critparse_concepts", assigns=["doc.spans"], requires=["doc.ents"])
def make_concepts(nlp: Language, name: str) -> ConceptLinker:
    """The factory of ``critparse_concepts``; it comes after whatever sets ``doc.ents``."""
    return ConceptLinker(name)
