"""From names to the forms that texts are searched for, and those that count only for a mention that is just this."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from critparse.lexicon.folding import fold_name
from critparse.lexicon.variants import reorder, variants
from lexicon_build.concepts import DESCRIPTOR, RELATED, SYSTEMATIC, Concept

MAX_NAME, MAX_WORDS, MIN_FOLDED, MAX_ACRONYM = 60, 7, 4, 6
MAX_LINKED, MAX_LINKED_WORDS = 100, 12
# Tails of indexing jargon that nobody writes in running text.
INDEXING = re.compile(r"\b(?:nos|nec|unspecified|obsolete|disorder \(disorder\))$|\(.*\)", re.IGNORECASE)

COUNTED = re.compile(r", ((?:type|stage|grade) [\dIVX]+[A-Ha-h]?)$", re.IGNORECASE)  # written without the comma, too


class Form(NamedTuple):
    """A form under which a name is looked up."""

    text: str
    exact: bool
    linked: bool
    """Only for linking: texts are not searched for it."""

    @property
    def flag(self) -> str:
        """The third column of names.tsv.gz."""
        return ("C" if self.linked else "c") if self.exact else ("l" if self.linked else "")


def surface_forms(concept: Concept) -> Iterator[tuple[Form, int]]:
    """The forms of a concept's names with their trust, those nobody writes left out."""
    for name, trust in concept.names.items():
        name = name.strip()
        if SYSTEMATIC.search(name) or INDEXING.search(name):
            continue
        if is_acronym(name):
            # Acronyms of rare diseases collide with common ones; a text that means one of them spells it out first.
            rare = concept.label == "Condition" and trust > DESCRIPTOR
            yield Form(fold_name(name, case_sensitive=True), True, rare), trust
        elif concept.label != "Drug" or ", " not in name:
            for form, linked in _folded_forms(name, trust):
                if len(form) >= MIN_FOLDED and form[0] not in "-'," and any(c.isalpha() for c in form):
                    yield Form(form, False, linked), trust


def _folded_forms(name: str, trust: int) -> Iterator[tuple[str, bool]]:
    size, words = len(name), len(name.split())
    if trust < RELATED and size <= MAX_NAME and words <= MAX_WORDS:
        for form in variants(name) | variants(COUNTED.sub(r" \1", name)):
            yield fold_name(form), False
    elif size <= MAX_LINKED and words <= MAX_LINKED_WORDS:
        yield fold_name(reorder(name)), True


def is_acronym(name: str) -> bool:
    """A short single word in capitals, or a very short one with any."""
    letters = [char for char in name if char.isalpha()]
    if " " in name or len(letters) < 2 or len(name) > MAX_ACRONYM:
        return False
    capitals = sum(char.isupper() for char in letters)
    return capitals == len(letters) or (len(name) < MIN_FOLDED and capitals > 0) or capitals > len(letters) / 2


def gather_names(concepts: Iterable[Concept]) -> dict[Form, list[str]]:
    """Concept ids of every form, the one that has it from the most trusted source first.

    A form that texts are searched for is not listed again for linking; its row ends with the concepts that have it for
    linking only.
    """
    ids: dict[tuple[str, bool], dict[str, tuple[bool, int, bool, int]]] = defaultdict(dict)
    for order, concept in enumerate(concepts):
        own = {fold_name(form) for form in variants(concept.name)}
        for form, trust in surface_forms(concept):
            rank = (form.linked, trust, form.text.lower() not in own, order)
            found = ids[form.text, form.exact]
            found[concept.id] = min(rank, found.get(concept.id, rank))
    gathered = {}
    for (text, exact), found in ids.items():
        ranked = sorted(found, key=found.__getitem__)
        gathered[Form(text, exact, found[ranked[0]][0])] = ranked
    return {form: found for form, found in gathered.items() if not is_mere_plural(form, found, gathered)}


def is_mere_plural(form: Form, found: list[str], names: dict[Form, list[str]]) -> bool:
    """The matcher tolerates an added s by itself."""
    singular = form._replace(text=form.text[:-1])
    return form.text.endswith("s") and not form.text.endswith("ss") and names.get(singular, [None])[0] == found[0]
