"""The forms in which names are stored, looked up and compared."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from critparse.lexicon.folding import fold_name
from critparse.lexicon.variants import variants

MAX_NAME = 255  # characters; a longer name is a definition and no mention
_MAX_ACRONYM = 5
_MIN_PLURAL = 4  # characters; below, an s is part of the word or of the acronym
_MAX_INVERTED = 6  # words; longer texts are no index entries


def stored_form(name: str) -> str | None:
    """The normal form of a name, without accents; None when it cannot be that of a mention."""
    if len(name) > MAX_NAME:
        return None
    form = fold_name(name)
    return (form if form.isascii() else _plain(form)) or None


def _plain(form: str) -> str:
    """Sjögren is written Sjogren as often."""
    return "".join(char for char in unicodedata.normalize("NFD", form) if not unicodedata.combining(char))


def is_acronym(name: str) -> bool:
    """Whether a name is one that is only itself in capitals: ``ALL`` is not "all"."""
    return len(name) <= _MAX_ACRONYM and name.isupper()


def has_capitals(text: str) -> bool:
    """Whether a text may be an acronym: it has a capital that is not just that of a first word, or is one letter."""
    text = text.strip()
    return text[1:] != text[1:].lower() or (len(text) == 1 and text.isupper())


def query_forms(text: str) -> tuple[str, ...]:
    """The normal form of a text and then, in a fixed order, others that mean the same: number, spelling, inversion."""
    first = stored_form(text)
    if first is None:
        return ()
    singular = first.removesuffix("s") if len(first) > _MIN_PLURAL and not first.endswith("ss") else first
    others = {fold_name(form) for start in {first, singular} for form in variants(start)}
    others |= {form + "s" for form in others if form[-1:].isalpha() and not form.endswith("s")}
    others |= {inverted for form in others for inverted in _inverted(form)}
    return first, *sorted(others - {first})


def _inverted(form: str) -> Iterable[str]:
    """As index entries have it: "type 2 diabetes" -> "diabetes, type 2"."""
    words = form.split(" ")
    if not 1 < len(words) <= _MAX_INVERTED or "," in form:
        return ()
    return [f"{' '.join(words[cut:])}, {' '.join(words[:cut])}" for cut in range(1, len(words))]


def padded(form: str) -> str:
    """A form with marks at both ends, so that its first and last letters count as such among its trigrams."""
    return f"^{form}$"


def trigrams(form: str) -> frozenset[str]:
    """The runs of three characters in a padded form."""
    text = padded(form)
    return frozenset(text[start : start + 3] for start in range(len(text) - 2))


def similarity(first: frozenset[str], second: frozenset[str]) -> float:
    """The cosine of two sets of trigrams: 1 for the same, 0 for nothing in common."""
    if not first or not second:
        return 0.0
    return len(first & second) / math.sqrt(len(first) * len(second))
