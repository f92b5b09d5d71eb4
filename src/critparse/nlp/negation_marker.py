"""The spaCy component ``critparse_negation``: marks the mentions that stand in the scope of a negation."""

from __future__ import annotations

from bisect import bisect_left

from spacy.language import Language
from spacy.tokens import Doc

from critparse.nlp.annotations import MENTIONS, mentions_of
from critparse.nlp.component import Component
from critparse.nlp.negation import negation_scopes
from critparse.nlp.tokens import Tokens


class NegationMarker(Component):
    """Writes the keys of negated mentions to ``doc.spans["critparse_mentions"].attrs["negated"]``."""

    def annotate(self, doc: Doc) -> None:
        mentions = mentions_of(doc)
        if not mentions:
            return
        tokens = Tokens.of(doc.text)
        names = [(bisect_left(tokens.ends, m.start + 1), bisect_left(tokens.starts, m.end)) for m in mentions]
        negated = {index for scope in negation_scopes(tokens, names) for index in range(scope.first, scope.last)}
        group = doc.spans[MENTIONS]
        group.attrs["negated"] = [
            span.id_
            for span, (first, last) in zip(group, names, strict=True)
            if negated and not negated.isdisjoint(range(first, last))
        ]


@Language.factory("critparse_negation", assigns=["doc.spans"], requires=["doc.spans"])
def make_negation(nlp: Language, name: str) -> NegationMarker:
    """The factory of ``critparse_negation``; it needs ``critparse_lexicon`` before it."""
    return NegationMarker(name)
