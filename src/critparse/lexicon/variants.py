"""Surface variants of a dictionary name: word order, number, possessive and spelling."""

from __future__ import annotations

import functools
import re

from critparse.lexicon.resources import data_rows

_INVERTED = re.compile(r"^([^,()]+), ([^,()]+)$")
_POSSESSIVE = re.compile(r"'s(?= )")
_MIN_INFLECTED = 4
_SINGULAR_IN_S = ("ss", "us", "is", "as", "os", "ics", "ees", "itus", "rhoeas")


@functools.cache
def spelling_rules() -> tuple[tuple[str, str], ...]:
    """Pairs (American, British) of letters inside a word, longest first."""
    rows = data_rows("spelling.tsv", ("american", "british"))
    return tuple(sorted(((row["american"], row["british"]) for row in rows), key=lambda pair: (-len(pair[0]), pair)))


@functools.cache
def _spelling_patterns() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    british = dict(spelling_rules())
    american = {value: key for key, value in british.items()}
    return tuple(
        (re.compile("|".join(map(re.escape, sorted(table, key=lambda key: (-len(key), key))))), table)
        for table in (british, american)
    )


def respell(name: str) -> set[str]:
    """The all-British and the all-American spelling of a lower-case name, where they differ from it."""
    return {_replace(pattern, table, name) for pattern, table in _spelling_patterns()} - {name}


def _replace(pattern: re.Pattern[str], table: dict[str, str], name: str) -> str:
    return pattern.sub(lambda hit: table[hit.group()], name)


def reorder(name: str) -> str:
    """Undo a comma-inverted index entry: "Arthritis, Rheumatoid" -> "Rheumatoid Arthritis"."""
    hit = _INVERTED.match(name)
    return f"{hit.group(2)} {hit.group(1)}" if hit else name


def inflect(name: str) -> set[str]:
    """Plurals that do not end in a mere added s, and the singulars of regular plurals, of the last word.

    A plain added s is not listed: the matcher tolerates it.
    """
    head, space, word = name.rpartition(" ")
    if len(word) < _MIN_INFLECTED or not word.isalpha():
        return set()
    return {f"{head}{space}{other}" for other in _other_numbers(word)}


def _other_numbers(word: str) -> set[str]:
    if word.endswith("ies") and len(word) > 5:
        return {word[:-3] + "y"}
    if word.endswith("y") and word[-2] not in "aeou":
        return {word[:-1] + "ies"}
    if word.endswith("sis"):
        return {word[:-2] + "es"}
    if word.endswith(("ss", "x", "ch", "sh")):
        return {word + "es"}
    if word.endswith(("sses", "xes", "ches", "shes")):
        return {word[:-2]}
    if word.endswith("s") and not word.endswith(_SINGULAR_IN_S):
        return {word[:-1]}
    return set()


def variants(name: str) -> set[str]:
    """All lower-case forms under which ``name`` may be met, itself included."""
    forms = {name.lower(), reorder(name).lower()}
    forms |= {_POSSESSIVE.sub(replacement, form) for form in forms if "'s " in form for replacement in ("", "s")}
    forms |= {other for form in forms for other in inflect(form)}
    return forms | {other for form in forms for other in respell(form)}
