"""Which subject a limit belongs to."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from critparse.lexicon.resources import data_lines
from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import Limit
from critparse.rules.draft import Name

_REACH = 14  # tokens between a subject and its limit
_LIST_WORDS = word_set("subject-list")
_AFTER_AGE = word_set("after-age")
_PEOPLE = word_set("people")
_AGE_SIGNS = frozenset(("over", "under", "above", "below", "between", "older", "younger"))
_FEWEST_YEARS = 5
"""Years from which a number right after people is their age rather than the time since something."""
_AGE_UNITS = frozenset(("a", "mo", "wk", "d"))
_COUNT_FILLERS = word_set("count-filler")
_COUNT_STOPS = word_set("count-stop")
_TRAILING = word_set("before-limit")
_LEADING = word_set("before-subject")


def breaks(tokens: Tokens, first: int, last: int) -> bool:
    """Whether a sentence or clause ends between the two tokens."""
    for i in range(first, last):
        word = tokens.word(i)
        if word in (";", "•"):
            return True
        if word == "." and i + 1 < len(tokens) and tokens.words[i + 1][0].isupper() and not tokens.glued(i + 1):
            return True
    return False


def preceding(tokens: Tokens, names: Sequence[Name], limits: Sequence[Limit], limit: Limit) -> Name | None:
    """The nearest numeric name before the limit with nothing between that separates them."""
    for name in reversed([n for n in names if n.last <= limit.first and n.numeric]):
        if limit.first - name.last > _REACH or breaks(tokens, name.last, limit.first):
            return None
        if any(name.last <= other.first < limit.first for other in limits if not other.is_time or other.stated):
            blocking = [o for o in limits if name.last <= o.first < limit.first]
            if any(not o.is_time for o in blocking):
                return None
        if not suits(name, limit):
            continue
        return name
    return None


def following(tokens: Tokens, names: Sequence[Name], limit: Limit, reach: int = 6) -> Name | None:
    """The numeric name right after the limit: "under 45 kg of body weight", "≥ 3 on the MMSE"."""
    for name in names:
        if name.first < limit.last or not name.numeric:
            continue
        between = tokens.lower[limit.last : name.first]
        if len(between) > reach or any(word in (",", ";", "and", "or", "(") for word in between):
            return None
        return name if suits(name, limit) else None
    return None


def inside(names: Sequence[Name], limit: Limit) -> Name | None:
    """The name between the two ends of "20 ≤ BMI ≤ 34"."""
    for name in names:
        if limit.first < name.first and name.last <= limit.last and name.numeric:
            return name
    return None


def suits(name: Name, limit: Limit) -> bool:
    """Whether the limit's unit can be one of the name's: time is for what is measured in time."""
    if name.kind == "age":
        return limit.dimension in (None, "time") and limit.relative_to is None and limit.ucum not in ("ms", "s")
    if name.kind == "life_expectancy":
        return limit.dimension in (None, "time", "percent")
    if limit.is_time:
        return bool(name.concept_id) and (not name.dimensions or "time" in name.dimensions)
    if limit.dimension is None or limit.relative_to is not None or not name.dimensions:
        return bool(name.concept_id) or limit.relative_to is None
    return name.dimensions != {"time"} and (bool(name.concept_id) or limit.dimension in name.dimensions)


def companions(tokens: Tokens, names: Sequence[Name], taken: set[int], name: Name) -> list[Name]:
    """The names before ``name`` that share its limit: "bilirubin, ALT or AST above 2 × ULN"."""
    found: list[Name] = []
    current = name
    for other in reversed([n for n in names if n.last <= name.first]):
        between = tokens.lower[other.last : current.first]
        if not other.numeric or other.first in taken or other.kind != name.kind or len(between) > 4:
            break
        if not all(word in _LIST_WORDS for word in between):
            break
        if not any(word in (",", "and", "or", "/", "&", "+") for word in between):
            break  # an abbreviation in brackets, not a second subject
        found.append(other)
        current = other
    return list(reversed(found))


def noun_phrase_before(tokens: Tokens, left: int, limit: Limit) -> tuple[int, int] | None:
    """The words before the limit that name what it limits when no dictionary does."""
    last = limit.first
    while last > left and tokens.word(last - 1) in _TRAILING:
        last -= 1
    first = last
    while first > left and last - first < 8 and tokens.word(first - 1) not in (",", ";", ":", "and", "or", "•", "."):
        first -= 1
    while first < last and (tokens.word(first) in _LEADING or not tokens.word(first)[:1].isalnum()):
        first += 1
    return (first, last) if last > first and any(c.isalpha() for c in tokens.word(last - 1)) else None


def noun_phrase_after(tokens: Tokens, limit: Limit, right: int) -> tuple[int, int] | None:
    """The words after a count: "at least two target lesions"."""
    first = limit.last
    while first < right and tokens.word(first) in _COUNT_FILLERS:
        first += 1
    last = first
    while (
        last < right
        and last - first < 5
        and tokens.word(last) not in _COUNT_STOPS
        and not tokens.reading(last, "frequency")
    ):
        last += 1
    return (first, last) if last > first and any(c.isalpha() for c in tokens.word(first)) else None


def is_age(tokens: Tokens, limit: Limit, names: Sequence[Name]) -> Name | bool | None:
    """The age cue a limit belongs to; ``True`` when unit and place make it an age; else ``None``."""
    if limit.relative_to is not None or (limit.ucum is not None and limit.ucum not in _AGE_UNITS):
        return None
    for name in names:
        if name.kind == "age" and limit.first <= name.first <= limit.last + 2:
            return name
    if tokens.word(limit.last) in ("old", "olds") or tokens.lower[limit.last : limit.last + 2] in (
        ["of", "age"],
        ["-", "old"],
        ["-", "olds"],
        ["in", "age"],
        ["of", "ages"],
        ["or", "age"],
    ):
        return True
    tested = any(n.kind in ("procedure", "measurement") and 0 <= limit.first - n.last <= 4 for n in names)
    if (
        limit.ucum is not None
        and not tested
        and any(w in ("older", "younger", "elder") for w in tokens.lower[limit.first : limit.last])
    ):
        return True
    if limit.stated and limit.ucum == "a" and _people_before(tokens, limit, names):
        return True
    unit = tokens.lower[limit.unit_tokens[0] : limit.unit_tokens[1]] if limit.unit_tokens else []
    return True if limit.stated and unit[:1] == ["yo"] else None


def _people_before(tokens: Tokens, limit: Limit, names: Sequence[Name]) -> bool:
    """ "men over 40 years", "adult patients (≥ 18 years)": people right before the limit, and no event after it."""
    bracketed = tokens.word(limit.first - 1) == "("
    last = limit.first - bracketed
    if not any(n.last == last and n.kind == "sex" for n in names) and tokens.word(last - 1) not in _PEOPLE:
        return False
    return tokens.word(limit.first) in _AGE_SIGNS or (
        tokens.word(limit.last) in (")" if bracketed else ("", ".", ",")) and limit.number >= _FEWEST_YEARS
    )


@functools.cache
def _people_words() -> frozenset[str]:
    return frozenset(word for _, line in data_lines("people_words.txt") for word in line.split())


def _bare_age(tokens: Tokens, limit: Limit) -> bool:
    """ "Patients under 18", "Adults over 65": no unit, but a word that goes with ages and a plausible number."""
    plausible = limit.ucum is None and limit.relative_to is None and 5 <= limit.number <= 100
    return plausible and limit.first > 0 and tokens.word(limit.first) in ("under", "over", "above", "below", "between")


def is_age_at_head(tokens: Tokens, limit: Limit, names: Sequence[Name]) -> bool:
    """Whether unit and place make a limit an age: stated, in years, only people before, nothing measured after."""
    if not limit.stated or not (limit.ucum in ("a", "mo") or _bare_age(tokens, limit)):
        return False
    before = [name for name in names if name.last <= limit.first]
    if any(name.kind not in ("sex", "age", "observation", "reproductive") for name in before):
        return False
    named = {i for name in before for i in range(name.first, name.last)}
    people = _people_words()
    if any(i not in named and tokens.word(i) not in people for i in range(limit.first)):
        return False
    if tokens.word(limit.last) == "of" and tokens.word(limit.last + 1) not in ("age", "ages"):
        return False  # "12 years of education"
    return tokens.word(limit.last) == "" or tokens.word(limit.last) in _AFTER_AGE
