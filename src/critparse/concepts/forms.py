"""The forms under which a mention may stand in the dictionary: cleaned, and said in other words of the same meaning.

Everything here works on the mention, never on the dictionary: look-ups are cheap, and the dictionary stays as it is.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice

from critparse.concepts.wording import Words, wording
from critparse.lexicon.folding import fold_name
from critparse.lexicon.variants import inflect, respell

MAX_LENGTH = 200
"""Characters of a mention that is looked at: a longer one is no name."""
MAX_WORDS = 14
_MAX_FORMS = 160
_GREEK_NAMES = "alpha beta gamma delta epsilon zeta kappa lambda mu omega"
_GREEK = dict(zip("αβγδεζκλμω", _GREEK_NAMES.split(), strict=True))
_GREEK |= {letter.upper(): name for letter, name in _GREEK.items()}
_GREEK_LETTER = re.compile(f" ?([{''.join(_GREEK)}])(?=(.?))")
_EDGE = " \t\r\n.,;:!?*•·\"'“”‘’«»-–—/\\"
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_BRACKETED = re.compile(
    r"^(?P<name>[^()\[\]]{2,120}?)\s*[(\[](?P<inside>[^()\[\]]{1,80})[)\]]\s*(?P<rest>[^()\[\]]{0,40})$"
)
_STAGED = re.compile(
    r"^(?:(?:NYHA|CCS|WHO|ISN/RPS|FIGO|AJCC|Child[- ]Pugh)\s+)?(?:functional\s+)?(?:class|stage|grade)s?\s+"
    r"[0-9IVX]{1,4}[A-Da-d]?(?:\s*(?:-|–|,|/|or|and|to|through)\s*[0-9IVX]{1,4}[A-Da-d]?){0,4}"
    r"(?:\s+or\s+(?:higher|greater|more|worse|above))?\s+(?=\w{3})"
)
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[ -](?![ -])){0,150}(?<![ -])")
_TRADEMARK = re.compile(r"[®™©†‡*]+|\((?:R|TM)\)")
_ROMAN_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii"
_ROMAN = {numeral: str(value) for value, numeral in enumerate(_ROMAN_NUMERALS.split(), start=1)}
_ARABIC = {value: key for key, value in _ROMAN.items()}
_NUMBERED = frozenset(
    ("type", "types", "factor", "stage", "class", "grade", "group", "virus", "mucopolysaccharidosis", "interleukin")
)
_OF = frozenset(("of", "in", "to", "from", "for"))
_ARTICLES = frozenset(("the", "a", "an"))
_SHORT_FORM = re.compile(r"(?<![\w-])[^\W_][\w+&/-]{1,9}(?![\w-])")
_WORD = re.compile(r"[^\W_]+(?:[.'][^\W_]+)*|[^\w\s]")


def clean(text: str) -> str:
    """The mention without marks around it: trade marks, quotes, bullets, a bracket that is never closed."""
    if _PLAIN.fullmatch(text):
        return text
    text = _TRADEMARK.sub(" ", unicodedata.normalize("NFC", text[:MAX_LENGTH]))
    text = " ".join(text.split()).strip(_EDGE)
    for opening, closing in _BRACKETS.items():
        if text.startswith(opening) and text.endswith(closing) and text.count(opening) == 1:
            text = text[1:-1].strip(_EDGE)
        if opening in text and closing not in text:
            text = text.replace(opening, " ", 1) if text.index(opening) == 0 else text[: text.index(opening)]
        if closing in text and opening not in text:
            text = text.replace(closing, " ", 1)
    return " ".join(text.split()).strip(_EDGE)


def unstaged(text: str) -> str:
    """The mention without a class, stage or grade before the name: "NYHA class III or IV heart failure"."""
    return _STAGED.sub("", text, count=1)


def bracketed(text: str) -> tuple[str, str] | None:
    """The name and what stands in brackets behind it: "body mass index (BMI)"; words behind it belong to the name."""
    found = _BRACKETED.match(text)
    if not found:
        return None
    name = f"{found['name']} {found['rest']}".strip()
    return name, found["inside"].strip()


def substituted(text: str, meaning: Callable[[str], str | None]) -> str:
    """The mention with every word replaced that has another meaning; one that is wholly a short form included."""
    return meaning(text) or _SHORT_FORM.sub(lambda word: meaning(word.group()) or word.group(), text)


def words_of(text: str) -> Words:
    """The words of a mention, folded, in order; punctuation counts as a word of its own."""
    return tuple(_WORD.findall(fold_name(text)))


@functools.lru_cache(maxsize=4096)
def forms(text: str) -> tuple[str, ...]:
    """Other spellings of a cleaned mention, folded, nearest first, each once, the mention left out; at most 160."""
    found = dict.fromkeys(islice(_forms(text), _MAX_FORMS))
    found.pop(fold_name(text), None)
    found.pop("", None)
    return tuple(found)


def _forms(text: str) -> Iterator[str]:
    first = [fold_name(form) for form in (text, _latin(text), _plain(text))]
    first += [form.replace(" - ", " ").replace("/", " ") for form in first]
    yield from first
    yield from _swapped(first[2])
    base = _tidy(first[2])
    yield base
    turned = [base, *_numbers(base), *_turned(base), *(_rotated(base) if "," in text else ())]
    for form in turned:
        yield form
        yield from _spelled(form)
    for form in turned:
        yield from _glued(form)
    for form in turned:
        for other in _alike(form):
            yield other
            yield from _spelled(other)
            yield from _turned(other)


def _latin(text: str) -> str:
    """Greek letters by their names: "β-blocker" -> "beta-blocker", "TNFα" -> "TNF alpha"."""
    return _GREEK_LETTER.sub(lambda hit: f" {_GREEK[hit[1]]}{' ' if hit[2].isalnum() else ''}", text).strip()


def _plain(text: str) -> str:
    """Letters without their accents, Greek by name."""
    split = unicodedata.normalize("NFKD", _latin(text))
    return "".join(char for char in split if not unicodedata.combining(char))


def _tidy(form: str) -> str:
    """Without commas, articles and dots of abbreviations."""
    words = [word for word in form.replace(",", " ").split() if word not in _ARTICLES]
    return " ".join(word.replace(".", "") if re.fullmatch(r"(?:[a-z]\.)+", word) else word for word in words)


def _spelled(form: str) -> Iterator[str]:
    yield from sorted(respell(form))
    yield from sorted(inflect(form))
    if form.endswith("s") and not form.endswith("ss"):
        yield form[:-1]


def _turned(form: str) -> Iterator[str]:
    """ "cancer of breast" -> "breast cancer"."""
    words = form.split()
    for at in range(1, len(words) - 1):
        if words[at] in _OF:
            behind = [word for word in words[at + 1 :] if word not in _ARTICLES]
            yield " ".join([*behind, *words[:at]])
            yield " ".join([*behind[:-1], _singular(behind[-1]), *words[:at]])
            break


def _rotated(form: str) -> Iterator[str]:
    """ "arthritis, rheumatoid" -> "rheumatoid arthritis": without a comma, another order is another thing."""
    words = form.split()
    if 1 < len(words) < 5:
        yield " ".join([*words[1:], words[0]])
        yield " ".join([words[-1], *words[:-1]])


def _swapped(form: str) -> Iterator[str]:
    """ "valsartan/sacubitril" is "sacubitril and valsartan": the parts of a combination in any order."""
    parts = [part.strip() for part in form.split("/")]
    if len(parts) == 2:
        for one, other in (parts, parts[::-1]):
            yield from (f"{one}/{other}", f"{one} and {other}", f"{one}, {other}", f"{one} {other}")


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _numbers(form: str) -> Iterator[str]:
    """Roman for Arabic numerals and the reverse, behind words that are numbered; "type 2" also at the end."""
    words = form.split()
    for at in range(1, len(words)):
        other = _ROMAN.get(words[at]) or _ARABIC.get(words[at])
        if other and (words[at - 1] in _NUMBERED or (len(words[at]) > 1 and words[at] in _ROMAN)):
            yield " ".join([*words[:at], other, *words[at + 1 :]])
    if len(words) > 2 and words[-2] == "type":
        yield " ".join([*words[-2:], *words[:-2]])
    if len(words) > 2 and words[0] == "type":
        yield " ".join([*words[2:], *words[:2]])


def _glued(form: str) -> Iterator[str]:
    """ "anti hypertensive" -> "antihypertensive" and, the other way, "nonsmall" -> "non small"."""
    words = form.split()
    prefixes = wording().glued
    for at, word in enumerate(words):
        if word in prefixes and at + 1 < len(words):
            yield " ".join([*words[:at], word + words[at + 1], *words[at + 2 :]])
        for size in (2, 3, 4, 5, 6):
            if word[:size] in prefixes and len(word) > size + 3:
                yield " ".join([*words[:at], word[:size], word[size:], *words[at + 1 :]])


def _alike(form: str) -> Iterator[str]:
    """The form with one or two of its words said otherwise: "kidney impairment" -> "renal insufficiency"."""
    once = list(_replaced(form.split()))
    for words in once:
        yield " ".join(words)
    for words in once[:24]:
        for twice in _replaced(words):
            yield " ".join(twice)


def _replaced(words: list[str]) -> Iterator[list[str]]:
    alike = wording().alike
    for start in range(len(words)):
        for end in range(start + 1, min(start + 3, len(words)) + 1):
            for other in alike.get(tuple(words[start:end]), ()):
                yield [*words[:start], *other, *words[end:]]
