"""Names without a limit: present or absent, or with a value in words."""

from __future__ import annotations

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Draft, Name, TokenRange
from critparse.rules.state import Reading
from critparse.rules.unread import content

_EXTENDED = frozenset(("condition", "procedure", "device", "observation"))
_SEPARATING = word_set("separating-names")


def plain_names(reading: Reading) -> None:
    """Make statements of the names that no limit, window or unit has used."""
    for name in reading.names:
        if name.first not in reading.used and not _repeats(reading, name):
            _plain(reading, name)


def _plain(reading: Reading, name: Name) -> None:
    """A name without limit: present or absent, or with a value in words."""
    if name.kind == "age" or (name.kind == "life_expectancy" and name.first in reading.used):
        return
    draft = Draft(name.kind, name.subject, name.first, name.last, _parts(name), name.concept_id)
    draft.evidence.extend(_parts(name))
    if name.kind == "sex":
        draft.values = ("female", "male") if name.subject == "all" else (name.subject,)
        draft.subject = "sex"
    elif name.lead is not None:
        _extend_left(reading, draft, name.lead)
        draft.subject = reading.words(*draft.subject_tokens[0])
    elif name.numeric:
        draft.confidence = 0.6
    elif name.kind in _EXTENDED and name.also is None:
        _extend_left(reading, draft, draft.first)
    reading.add(draft)


def _repeats(reading: Reading, name: Name) -> bool:
    """ "another clinical interventional trial": two cues for one thing, side by side."""
    if name.concept_id or name.kind in _EXTENDED or not reading.drafts:
        return False
    last = reading.drafts[-1]
    gap = reading.tokens.lower[last.last : name.first]
    same = (last.kind, last.subject) == (name.kind, name.subject) and last.last <= name.first
    separate = _SEPARATING - {"and"} if name.kind in ("ability", "consent") else _SEPARATING
    if same and len(gap) <= 4 and not separate.intersection(gap):
        last.cover(name.first, name.last)
        return True
    return False


def _extend_left(reading: Reading, draft: Draft, first: int) -> None:
    """Take words right before ``first`` into a name's subject: "Liver metastases", "solid organ transplantation"."""
    start = first
    taken = {i for name in reading.names for i in range(name.first, name.last)}
    taken |= {i for draft_ in reading.drafts for where in draft_.evidence for i in range(*where)}
    taken |= {i for index, found in reading.tokens.readings("frequency") for i in range(index, found.next)}
    taken |= {i for mark in reading.marks for i in range(mark.first, mark.last)}
    while first > 0 and start - first < 4 and first - 1 not in taken and _names_more(reading.tokens, first - 1):
        first -= 1
    first += reading.tokens.word(first) == "-"  # the word before the hyphen is no part of it
    if reading.tokens.word(first - 1) == "-" and reading.tokens.word(first - 2) == "non" and first < draft.first:
        first -= 2  # "non-cardiac pain" is a pain, not the absence of one
    if first < draft.first:
        draft.cover(first, draft.last)
        draft.subject_tokens = [(first, draft.last)]
        draft.confidence = 0.8
        draft.extended = True


def _names_more(tokens: Tokens, at: int) -> bool:
    """Whether a token can be part of a name that ends further on: a word of content, or the hyphen behind one."""
    hyphen = tokens.word(at) == "-" and at > 0 and tokens.ends[at - 1] == tokens.starts[at] == tokens.starts[at + 1] - 1
    if hyphen:
        return tokens.word(at - 1) != "non" and bool(content(tokens, at - 1, at))
    return bool(content(tokens, at, at + 1)) or tokens.reading(at, "behind") is not None  # "gut related diseases"


def _parts(name: Name) -> list[TokenRange]:
    """The token ranges of a name, more than one when it shares a word with another."""
    own = (name.first, name.last)
    return [own] if name.also is None else sorted((own, name.also))
