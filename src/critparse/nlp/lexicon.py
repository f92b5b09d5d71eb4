"""The spaCy component ``critparse_lexicon``: dictionary names as spans in ``doc.spans["critparse_mentions"]``."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from critparse.lexicon import default_lexicon
from critparse.nlp.annotations import MENTIONS
from critparse.nlp.component import Component


class LexiconComponent(Component):
    """Finds dictionary names. A span's label is the mention's, its ``kb_id_`` the concept, its ``id_`` a key.

    A token may reach beyond a name, and so may the span; the exact offsets stand in the group's
    ``attrs["mentions"]``: key -> [start, end, name of the concept]. Read them with ``mentions_of``.
    """

    def annotate(self, doc: Doc) -> None:
        text = doc.text
        spans: list[Span] = []
        exact: dict[str, list[int | str]] = {}
        for key, mention in enumerate(default_lexicon().match(text)):
            span = doc.char_span(
                mention.start,
                mention.end,
                label=mention.label,
                kb_id=mention.concept_id,
                span_id=str(key),
                alignment_mode="expand",
            )
            if span is not None:  # a mention lies inside the text, so this only tells the type checker
                spans.append(span)
                exact[str(key)] = [mention.start, mention.end, mention.name]
        doc.spans[MENTIONS] = SpanGroup(doc, name=MENTIONS, attrs={"mentions": exact}, spans=spans)


@Language.factory("critparse_lexicon", assigns=["doc.spans"])
def make_lexicon(nlp: Language, name: str) -> LexiconComponent:
    """The factory of ``critparse_lexicon``; the lexicon is loaded with the first text."""
    return LexiconComponent(name)
