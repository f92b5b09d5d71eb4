"""critparse's spaCy pipeline: a blank English pipeline with our tokenizer and components."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy import Language

DEFAULT = ("critparse_lexicon", "critparse_abbreviations", "critparse_negation", "critparse_model")
MAX_LENGTH = 50_000_000
"""Characters of one text: above every bound on input, since nothing here needs more than linear memory."""


def load(*, components: Sequence[str] = DEFAULT) -> Language:
    """A fresh pipeline, the caller's to change. ``components``: names of registered factories, in order.

    Raises ValueError (from spaCy) for an unknown name.
    """
    import spacy

    # Their imports register the factories where critparse is used without being installed.
    from critparse.nlp import abbreviations, lexicon, model, negation_marker, tokenizer  # noqa: F401

    config = {"nlp": {"tokenizer": {"@tokenizers": "critparse.Tokenizer.v1"}}}
    nlp = spacy.blank("en", config=config)
    nlp.max_length = MAX_LENGTH
    for component in components:
        nlp.add_pipe(component)
    return nlp


@functools.cache
def shared(components: tuple[str, ...] = DEFAULT) -> Language:
    """A pipeline that lives as long as the process, for critparse's own use: nobody may change it."""
    return load(components=components)
