"""What critparse knows by name: analytes, scores, conditions, drugs, procedures, devices; and where texts name them."""

from __future__ import annotations

from critparse.lexicon.lexicon import Lexicon, LexiconConcept, Mention, default_lexicon
from critparse.lexicon.tables import Alias, Analyte, Score, Subject, Term, analytes, scores, subjects

__all__ = [
    "Alias",
    "Analyte",
    "Lexicon",
    "LexiconConcept",
    "Mention",
    "Score",
    "Subject",
    "Term",
    "analytes",
    "default_lexicon",
    "scores",
    "subjects",
]
