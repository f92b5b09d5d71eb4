"""Words that two readers may read differently, or that the record does not explain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from critparse.checks.facts import LIST, Facts, Item, leaves
from critparse.checks.phrases import opening, phrase, phrases
from critparse.checks.places import Places, own_words, part
from critparse.checks.registry import Problem, check

_JUDGEMENT = "is a judgement"
_DEFINITION = re.compile(r"[:<>≤≥]|^\s{0,3}(?:\w{1,20}\s)?\s{0,3}[(\[]|[(\[][^)\]]{0,60}\d")
_NEAR = 120
"""Characters around a term within which its definition is looked for."""


@check(
    "term-vague",
    title="A term is left to the reader's judgement",
    severity="info",
    message="“{quote}” {why} ({where}).",
    suggestion="Say by which test, limit or definition it is decided.",
)
def term_vague(facts: Facts) -> Iterator[Problem]:
    """A term that two readers may apply differently, without a definition beside it. One finding for each term."""
    found = Places(facts)
    for item in facts.items:
        text, begin = own_words(item)
        for term in phrases("vague", text):
            if not _is_defined(item, text, term.start, term.end):
                words = " ".join(text[term.start : term.end].lower().split())
                key = term.kind if term.kind == _JUDGEMENT else words  # "in the investigator's opinion": one term
                found.add(key, part(item, begin + term.start, begin + term.end), item.criterion.id, why=term.kind)
    return found.problems()


def _is_defined(item: Item, text: str, start: int, end: int) -> bool:
    """Whether a definition or a list stands behind a term, or sub-items do."""
    behind = re.split(r"\.\s", text[end : end + _NEAR], maxsplit=1)[0]
    return bool(
        item.criterion.children or ":" in behind or phrase("vague-defined", behind) or re.search(r"[<>≤≥]", behind)
    )


@check(
    "not-a-criterion",
    title="A line is about the study, not about who may take part",
    severity="info",
    message="This is no criterion: “{quote}” ({where}).",
    suggestion="Move the sentence to the description of the study.",
)
def not_a_criterion(facts: Facts) -> Iterator[Problem]:
    """A line of the list tells of the study or its procedures. All such lines of a record make one finding."""
    found = Places(facts)
    for item in facts.items:
        text, begin = own_words(item)
        if item.criterion.span.text_id != LIST or item.criterion.children or opening("no-criterion", text) is None:
            continue
        if phrase("no-criterion-fine", text[:300]) is None and not any(
            leaf.range for leaf in leaves(item.criterion.rule)
        ):
            found.add("", part(item, begin, begin + len(text.rstrip())), item.criterion.id)
    return found.problems()
