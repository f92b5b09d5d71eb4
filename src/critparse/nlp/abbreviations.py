"""The spaCy component ``critparse_abbreviations``: definitions such as "absolute neutrophil count (ANC)".

The alignment of short and long form is scispaCy's (Schwartz & Hearst 2003); candidates are looked for here, in linear
time, and its false friends are turned away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from critparse.nlp.annotations import ABBREVIATIONS, AbbreviationAnnotation, abbreviations_of
from critparse.nlp.component import Component

_MAX_SHORT = 12  # characters
_MAX_WORDS = 24  # tokens looked at on either side of an opening parenthesis
_PARENTHESES = frozenset("()[]")
_DIGITS = re.compile(r"\d+")
_NOT_IN_LONG = re.compile(r"[<>=≤≥±×%;:()\[\]]")
_SHORT = re.compile(rf"[^\W_][\w/+.&-]{{1,{_MAX_SHORT - 1}}}")


def plausible(short: str, long: str) -> bool:
    """Whether ``short`` may abbreviate ``long``: turns away scispaCy's known false friends.

    The short form needs two capitals, or one and a digit; the long form is longer, begins like it, has no comparators,
    and no numbers but those of the short form ("type 2 diabetes", T2D).
    """
    capitals = sum(char.isupper() for char in short)
    if not _SHORT.fullmatch(short) or capitals + any(char.isdecimal() for char in short) < 2 or not capitals:
        return False
    if len(long) <= len(short) or long[0].lower() != short[0].lower() or _NOT_IN_LONG.search(long):
        return False
    numbers = _DIGITS.findall(short)
    return all(any(number.endswith(own) for own in numbers) for number in _DIGITS.findall(long))


def resolve(definitions: Iterable[AbbreviationAnnotation]) -> dict[str, str]:
    """Short form -> long form for a whole trial, from the definitions of all its criteria in reading order.

    The first definition of a short form wins; :func:`conflicts` tells of the others.
    """
    table: dict[str, str] = {}
    for definition in definitions:
        table.setdefault(definition.short, definition.long)
    return table


def conflicts(definitions: Iterable[AbbreviationAnnotation]) -> dict[str, list[str]]:
    """The short forms that a trial defines in more than one way, with the long forms in reading order."""
    found: dict[str, dict[str, str]] = {}
    for definition in definitions:
        words = " ".join(definition.long.lower().replace("-", " ").split()).removesuffix("s")
        found.setdefault(definition.short, {}).setdefault(words, definition.long)
    return {short: list(longs.values()) for short, longs in found.items() if len(longs) > 1}


class AbbreviationFinder(Component):
    """Puts the short forms into ``doc.spans["critparse_abbreviations"]``; the definitions stand in its attrs.

    Read them with ``abbreviations_of``, or as dicts from ``doc._.critparse_abbreviations``.
    """

    def annotate(self, doc: Doc) -> None:
        spans, definitions, known = [], [], set[str]()
        text = doc.text
        if "(" in text or "[" in text:
            for short, long in _pairs(doc):
                if short.text not in known:
                    known.add(short.text)
                    spans.append(short)
                    definitions.append(
                        [short.text, long.text, short.start_char, short.end_char, long.start_char, long.end_char]
                    )
        doc.spans[ABBREVIATIONS] = SpanGroup(doc, name=ABBREVIATIONS, attrs={"definitions": definitions}, spans=spans)


def _pairs(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """(short, long) of every plausible definition, by position."""
    from scispacy.abbreviation import find_abbreviation

    for before, inside in _candidates(doc):
        for short, long in ((_first_word(inside), before), (_last_word(before), inside)):
            if not _SHORT.fullmatch(short.text):
                continue
            reach = min(len(short.text) + 5, 2 * len(short.text))
            _, found = find_abbreviation(long[-reach:], short)
            if found is None or not plausible(short.text, found.text):
                continue
            if long is before or found.start == inside.start:  # a long form in parentheses fills them
                yield short, found
                break


def _candidates(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """(words before, words inside) of every innermost pair of parentheses, both cut to a bounded length."""
    places = [(token.i, token.text) for token in doc if token.text in _PARENTHESES]
    border = 0
    for (opened, left), (closed, right) in pairwise(places):
        if left + right in ("()", "[]") and border < opened and opened + 1 < closed:
            yield doc[max(border, opened - _MAX_WORDS) : opened], doc[opened + 1 : min(closed, opened + _MAX_WORDS)]
        border = opened + 1


def _first_word(inside: Span) -> Span:
    """The word that begins the parentheses and is alone there or before "," ";" or a comparator: "(BMI > 30)"."""
    last = next((i for i, token in enumerate(inside, 1) if token.whitespace_ or token.text in ",;:"), len(inside))
    last -= inside[last - 1].text in ",;:"
    following = inside[last].text if last < len(inside) else ";"
    return inside[:last] if not following[0].isalnum() else inside[:0]


def _last_word(before: Span) -> Span:
    first = len(before) - 1
    while first > 0 and not before[first - 1].whitespace_ and len(before) - first < _MAX_SHORT:
        first -= 1
    return before[first:]


def _as_dicts(doc: Doc) -> list[dict[str, Any]]:
    fields = AbbreviationAnnotation.__slots__
    return [{field: getattr(found, field) for field in fields} for found in abbreviations_of(doc)]


if not Doc.has_extension("critparse_abbreviations"):
    Doc.set_extension("critparse_abbreviations", getter=_as_dicts)


@Language.factory("critparse_abbreviations", assigns=["doc.spans", "doc._.critparse_abbreviations"])
def make_abbreviations(nlp: Language, name: str) -> AbbreviationFinder:
    """The factory of ``critparse_abbreviations``."""
    return AbbreviationFinder(name)
