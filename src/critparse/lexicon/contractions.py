"""Words as they are looked up: in lower case, with a straight apostrophe, and "don't" as "do not"."""

from __future__ import annotations

import functools

from critparse.lexicon.folding import APOSTROPHES
from critparse.lexicon.resources import data_rows

_STRAIGHT = dict.fromkeys(map(ord, APOSTROPHES), "'")


@functools.cache
def _contractions() -> dict[str, tuple[str, ...]]:
    rows = data_rows("contractions.tsv", ("contraction", "words"))
    return {row["contraction"]: tuple(row["words"].split()) for row in rows}


def spelled_out(word: str) -> list[tuple[str, str]]:
    """A word's pieces, each with the form it is looked up by: "Don’t" is "Do" (do) and "n’t" (not).

    The pieces joined are the word; the forms of words that are no contractions have their length.
    """
    form = word.lower().translate(_STRAIGHT)
    forms = _contractions().get(form, (form,))
    if len(forms) == 1:
        return [(word, forms[0])]
    cut = form.rindex("n")
    return list(zip((word[:cut], word[cut:]), forms, strict=True))
