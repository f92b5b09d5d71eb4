"""Recognising headings: of a kind of criteria, of a subgroup, of something else, and lead-ins that serve as one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from critparse.schema.criterion import CriterionKind
from critparse.segment import versions
from critparse.segment.vocabulary import Vocabulary, Word, plain, vocabulary, words_of

_HEAD = 200  # characters within which a heading must end
_MOST_WORDS = 18
_COLON = re.compile(r"[:：]")
_STOP = re.compile(r"(?:\s[-–—]\s|[.,;](?=\s|$)|\.{2,}|…)")
_DECOR = " \t\r\n=*#_[]{}<>-–—:：.~\"'|•·"
_OPEN_DECOR = _DECOR.replace(":", "").replace("：", "")
_NUMERAL = re.compile(r"[ivx]{1,4}|\d{1,2}|[a-h]")
_SECTION_EDGE = re.compile(r"^(?:(?:for|of|in|to|at|the|on|and)\b|[\s\-–—(:,;/&\[])+", re.IGNORECASE)
_PREPOSITIONS = frozenset(
    (
        "to",
        "at",
        "of",
        "before",
        "after",
        "upon",
        "since",
        "until",
        "prior",
        "from",
        "the",
        "this",
        "for",
        "by",
        "on",
        "an",
    )
)
# Cheap signs without which a line cannot be a heading of a kind, or a lead-in.
_KIND_SIGN = re.compile(r"cri|krit|teri|stand|requi|condit|consid|clusi|clud|usion|ussion|schluss", re.IGNORECASE)
_LEAD_SIGN = re.compile(r"[:：]|following|below", re.IGNORECASE)
_INLINE = re.compile(
    r"(?<![\w\-/])(?:(?:Key|Main|Major|General|Additional|Specific|Primary|Study|Patient|Subject|Participant)\s{1,3}){0,2}"
    r"(?:(?:[Nn]on|NON)[-\s])?(?:[Ii]nclusion|[Ee]xclusion|INCLUSION|EXCLUSION)"
    r"(?:\s{1,5}(?:[Cc]riteri(?:a|on)|CRITERI(?:A|ON)))?\s{0,5}(?:[:：]|(?=(?:[-•*–]\s|\(?1[.)]|[.]|(?:are|is|were|was|includes?|included)\s)))"
)
_TAG = re.compile(r"<[^<>]{1,8}>")
_BREAKS = ".;:)!?]•-–*。；"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in ``text[start:end]`` (colon included). ``kind`` None leaves the kind as it is."""

    start: int
    end: int
    role: Literal["kind", "group", "unrelated", "superseded", "lead", "stamp"]
    kind: CriterionKind | None = None
    section: str | None = None


def kind_heading(text: str, start: int, content: int, end: int) -> Heading | None:
    """The heading that names a kind of criteria with which the line begins; more may follow it on the line."""
    limit = min(end, content + _HEAD)
    if _KIND_SIGN.search(text, content, limit) is None:
        return None
    colon = _COLON.search(text, content, limit)
    if colon and (found := _read(text, start, content, colon.start(), end, closed=True)):
        return found
    for stop in _STOP.finditer(text, content, limit):
        if found := _read(text, start, content, stop.start(), end, closed=False, stopped=stop.end()):
            return found
    if end == limit and (found := _read(text, start, content, end, end, closed=False)):
        return found
    return _run_on_heading(text, start, content, limit) if start == content else None


def stamp(text: str, start: int, end: int) -> Heading | None:
    """The note of a change with which the text begins, about what follows: "Added 24/06/2020:"."""
    stop = versions.stamp_end(text, start, end)
    return None if stop is None else Heading(start, stop, "stamp")


def _run_on_heading(text: str, start: int, content: int, limit: int) -> Heading | None:
    """ "Exclusion criteria were asthma", "Inclusion criteria Patients with …": the heading has no colon at all."""
    words = words_of(text, content, limit)[:10]
    core = _core(words, vocabulary())
    if core is None or core[3] or core[1] + 2 >= len(words):
        return None
    first, last, kind, _ = core
    after, criteria = words[last + 1], text[words[last].start : words[last].end]
    if text[words[last].end : after.start].strip() or kind == "unknown":
        return None
    if any(not vocabulary().has("generic", word.lower) for word in words[:first]):
        return None
    if vocabulary().has("copula", after.lower):
        return Heading(start, after.end, "kind", kind)
    sentence = text[after.start : after.end].istitle() and (criteria.islower() or criteria.isupper())
    return Heading(start, words[last].end, "kind", kind) if sentence else None


def _read(
    text: str, start: int, content: int, stop: int, end: int, *, closed: bool, stopped: int | None = None
) -> Heading | None:
    """Reads ``text[content:stop]`` as a heading; ``closed`` by a colon, or ``stopped`` by other punctuation."""
    words = words_of(text, content, stop)
    if not 1 <= len(words) <= _MOST_WORDS:
        return None
    core = _core(words, vocabulary())
    if core is None:
        return None
    first, last, kind, bare = core
    prefix, suffix = words[:first], words[last + 1 :]
    whole = stop == end
    if not _prefix_fits(text, prefix, words[first], bare=bare) or not _suffix_fits(
        text, words[last], suffix, closed=closed
    ):
        return None
    if bare and not closed and (suffix or not whole or start < content or words[0].lower in ("included", "excluded")):
        return None
    if stopped is not None and ((suffix and (stopped < end or text[stop] == ".")) or len(prefix) > 4):
        return None
    if start < content and not closed and suffix:
        return None
    role: Literal["kind", "superseded"] = (
        "superseded" if any(vocabulary().has("superseded", word.lower) for word in prefix) else "kind"
    )
    label = _label(text, prefix, suffix, stop)
    return Heading(start, _heading_end(text, stop, end, closed, stopped), role, kind, label)


def _heading_end(text: str, stop: int, end: int, closed: bool, stopped: int | None) -> int:
    """Behind the colon or the other sign that ends the heading, and behind the decoration that follows."""
    position = stop + 1 if closed else stopped if stopped is not None else end
    rest = text[position : min(end, position + 60)]
    decoration = len(rest) - len(rest.lstrip("=*#_]~ "))
    if decoration and rest[:decoration].strip() and text[position + decoration - 1] == "*" and decoration < len(rest):
        decoration = 0  # "Inclusion: * first item" keeps its bullet
    return min(position + len(rest[:decoration].rstrip()), end)


def _core(words: list[Word], vocab: Vocabulary) -> tuple[int, int, CriterionKind, bool] | None:
    """Where the words for kind and criteria stand: (first, last, kind, whether the criteria word is missing)."""
    criteria = [i for i, word in enumerate(words) if vocab.is_criteria(word.lower)]
    for i, word in enumerate(words):
        strong = vocab.kinds.get(word.lower) or (vocab.kind_of(word.lower) if criteria else None)
        kind = strong or (vocab.weak_kinds.get(word.lower) if criteria else None)
        if kind is None:
            continue
        near = [c for c in criteria if _linked(words, vocab, i, c)]
        if not near:
            if not criteria and strong and (len(words) <= 6):
                return _bare_core(words, i, strong)
            continue
        first, last = min(i, *near), max(i, *near)
        kinds = {vocab.kinds.get(w.lower) or vocab.kind_of(w.lower) for w in words[first : last + 1]} - {None}
        return _negated(words, first, last, "unknown" if len(kinds) > 1 else kind)
    return None


def _bare_core(words: list[Word], i: int, kind: CriterionKind) -> tuple[int, int, CriterionKind, bool] | None:
    if i and words[i - 1].lower in _PREPOSITIONS:
        return None
    first, last, found, _ = _negated(words, i, i, kind)
    return first, last, found, True


def _negated(words: list[Word], first: int, last: int, kind: CriterionKind) -> tuple[int, int, CriterionKind, bool]:
    """Widens the core over a "non" in front of the kind word; "non-inclusion" excludes."""
    if first and words[first - 1].lower in ("non", "not"):
        first -= 1
    if any(word.lower in ("non", "not") for word in words[first:last]) and kind == "inclusion":
        kind = "exclusion"
    return first, last, kind, False


def _linked(words: list[Word], vocab: Vocabulary, i: int, c: int) -> bool:
    low, high = min(i, c), max(i, c)
    between = words[low + 1 : high]
    return len(between) <= 4 and all(
        vocab.has("link", word.lower) or vocab.kind_of(word.lower) or vocab.is_criteria(word.lower) for word in between
    )


def _prefix_fits(text: str, prefix: list[Word], core: Word, *, bare: bool) -> bool:
    """Whether the words before the kind word name a subgroup, and are not the end of a sentence before a heading."""
    vocab = vocabulary()
    small = [word for word in prefix[1:] if text[word.start].islower() and not vocab.has("group", word.lower)]
    if small and text[core.start].isupper() and prefix[-1].end < core.start:
        return False
    if len(prefix) > (3 if bare else 8):
        return False
    if prefix and prefix[-1].lower in _PREPOSITIONS:
        return False
    return not any(vocab.has("statement", word.lower) for word in prefix)


def _suffix_fits(text: str, last: Word, suffix: list[Word], *, closed: bool) -> bool:
    vocab = vocabulary()
    if not suffix:
        return True
    opener = text[last.end : suffix[0].start].strip()
    opens = vocab.has("suffix", suffix[0].lower) or opener[:1] in tuple("([-–—/")
    if closed:
        return opens or all(vocab.has("generic", word.lower) or vocab.has("group", word.lower) for word in suffix)
    if not opens or len(suffix) > 8:
        return False
    return opener != "" or not any(vocab.has("statement", word.lower) for word in suffix)


def _label(text: str, prefix: list[Word], suffix: list[Word], stop: int) -> str | None:
    """The name of the subgroup in a heading: the words that are not generic."""
    vocab = vocabulary()

    def telling(words: list[Word], *, numerals: bool) -> bool:
        return any(
            not vocab.has("generic", w.lower)
            and not vocab.has("superseded", w.lower)
            and (numerals or not _NUMERAL.fullmatch(w.lower))
            for w in words
        )

    if telling(prefix, numerals=False):
        kept = [word for word in prefix if not _NUMERAL.fullmatch(word.lower) or word is not prefix[0]]
        return _tidy(text[kept[0].start : kept[-1].end])
    if suffix and versions.is_date(text, suffix[0].start, stop):
        return None
    if telling(suffix, numerals=True) and not any(_is_clause_word(word.lower) for word in suffix):
        return _tidy(_SECTION_EDGE.sub("", text[suffix[0].start : stop]))
    return None


def _is_clause_word(word: str) -> bool:
    """Whether a heading's suffix with this word is a clause, not the name of a subgroup."""
    return word in ("will", "must", "following", "they", "provided", "were", "are", "is") or vocabulary().has(
        "statement", word
    )


def _tidy(label: str) -> str | None:
    label = " ".join(label.split()).strip(_DECOR + ",;/")
    if label.endswith(")") and "(" not in label:
        label = label[:-1].rstrip()
    return label or None


def label_of(text: str, content: int, end: int) -> str | None:
    """The name of the subgroup that the whole line is."""
    return _tidy(text[content:end])


def group_heading(text: str, start: int, content: int, end: int) -> Heading | None:
    """A sub-heading without a kind: "Cohort A:", "Donors", "DISEASE CHARACTERISTICS:"."""
    line = text[content:end] if end - content <= 110 else ""
    if not line or line[-1] in ".;," or line[0].islower():
        return None
    closed = line.rstrip(_OPEN_DECOR).endswith((":", "："))
    if start < content and not closed:
        return None
    words = words_of(text, content, end)
    if 1 <= len(words) <= 10 and _names_group(line, words, closed=closed):
        return Heading(start, end, "group", None, _tidy(line))
    return None


def _names_group(line: str, words: list[Word], *, closed: bool) -> bool:
    """Whether the words of a line name a subgroup or one of the usual topics."""
    vocab = vocabulary()
    if len(words) == 1 and words[0].lower in ("participant", "patient", "subject"):
        return False  # "Participant:" leads into the list, it names no subgroup
    last = words[-1].lower
    lettered_end = len(words) > 1 and len(last) == 1  # the letter of "Group A", no article
    if (vocab.has("hanging", last) and not lettered_end) or all(vocab.has("connector", word.lower) for word in words):
        return False
    nouns = sum(vocab.has("group", word.lower) for word in words)
    others = sum(vocab.has("generic", word.lower) or _NUMERAL.fullmatch(word.lower) is not None for word in words)
    if nouns and nouns + others >= len(words) and (closed or not vocab.has("generic", words[-1].lower)):
        return True
    pairs = ((" ".join(w.lower for w in words[:n]), words[n:]) for n in (1, 2))
    if any(vocab.has("group_letter", noun) and _lettered(rest) for noun, rest in pairs) and (closed or len(words) <= 6):
        return True
    phrase = " ".join(word.lower for word in words)
    if vocab.has("topic", phrase) or (len(words) <= 4 and phrase.endswith("characteristics")):
        return True
    if not closed:
        return False
    if len(words) <= 5 and vocab.has("group_letter", words[-1].lower.removesuffix("s")):
        return not any(vocab.has("statement", word.lower) for word in words)
    return len(words) <= 7 and line.upper() == line and line[0].isalpha()


def _lettered(rest: list[Word]) -> bool:
    return bool(rest) and (_NUMERAL.fullmatch(rest[0].lower) is not None or len(rest[0].lower) == 1)


def unrelated_heading(text: str, content: int, end: int) -> bool:
    """Whether the line begins with a heading of something that is not eligibility ("Statistical analysis: ...")."""
    line = text[content : min(end, content + 120)]
    if names_unrelated(text, content, end):
        return True
    return end - content <= 90 and line[-1] in ":：" and len(plain(line).split()) <= 8


def names_unrelated(text: str, content: int, end: int) -> bool:
    """Whether the line begins with the name of another part of a record ("Statistical analysis")."""
    line = text[content : min(end, content + 120)]
    return vocabulary().has("unrelated", plain(_COLON.split(line, maxsplit=1)[0]))


@dataclass(frozen=True, slots=True)
class LeadIn:
    """A sentence that only announces criteria; ``end`` is behind its colon."""

    end: int
    kind: CriterionKind | None
    choice: bool
    conjunction: bool


def lead_in(text: str, content: int, end: int) -> LeadIn | None:
    """The lead-in with which the line begins ("Patients must meet all of the following criteria:")."""
    vocab = vocabulary()
    limit = min(end, content + 320)
    if _LEAD_SIGN.search(text, content, limit) is None:
        return None
    colon = _COLON.search(text, content, limit)
    stop = colon.start() if colon else end
    if stop > limit:
        return None
    words = words_of(text, content, stop)
    if not (1 if colon else 2) <= len(words) <= 45:
        return None
    strange = sum(not vocab.has("lead", word.lower) for word in words)
    if strange > len(words) // 7:
        return None
    phrase = " ".join(word.lower for word in words)
    listed = {word.lower for word in words}
    if colon is None and not (listed & {"following", "below"} and text[end - 1] not in ";,"):
        return None
    return LeadIn(
        colon.end() if colon else end,
        _cued_kind(phrase),
        bool(vocab.terms["lead_any"] & listed) or "or more" in phrase,
        bool(vocab.terms["lead_all"] & listed),
    )


def _cued_kind(phrase: str) -> CriterionKind | None:
    """The kind that the words of a lead-in announce; "not eligible" goes before "eligible"."""
    cues = vocabulary().cues
    if cues["exclusion"].search(phrase):
        return "exclusion"
    return "inclusion" if cues["inclusion"].search(phrase) else None


def inline_headings(text: str, start: int, end: int) -> Iterator[int]:
    """Where a heading begins in the middle of ``text[start:end]``."""
    vocab = vocabulary()
    yield from versions.starts(text, start + 1, end)
    for found in _INLINE.finditer(text, start + 1, end):
        before = _TAG.sub(" ", text[max(start, found.start() - 40) : found.start()]).rstrip()
        sentence_end = not before or before[-1] in _BREAKS
        has_criteria = "rite" in found[0].lower()
        word = plain(before).rpartition(" ")[2]
        capital = found[0][:1].isupper()
        closed = found[0][-1] in ":："
        if not closed and not (capital and (sentence_end or text[found.end()] in "-•*–(1")):
            continue
        stated = vocab.has("statement", word) or vocab.has("line_end", word) or vocab.has("generic", word)
        if sentence_end or (has_criteria and capital and not stated):
            yield found.start()


def is_empty_answer(text: str, start: int, end: int) -> bool:
    """Whether the line only says that there is nothing ("None", "N/A")."""
    return end - start <= 80 and vocabulary().has("empty", plain(text[start:end]))


def is_boilerplate(text: str, start: int, end: int) -> bool:
    """Whether the line only promises further criteria elsewhere ("Other protocol-defined criteria may apply")."""
    if end - start > 160:
        return False
    words = plain(text[start:end]).split()
    known = vocabulary().terms["boilerplate"]
    if len(words) < 3 or words[-1] not in ("apply", "applied", "protocol") or "criteria" not in words:
        return False
    return known.issuperset(words)


def is_furniture(text: str, start: int, end: int) -> bool:
    """Whether the line only points elsewhere for information."""
    opening = plain(text[start : min(end, start + 40)])
    return any(opening.startswith(phrase) for phrase in vocabulary().terms["furniture"])


def age_table_at(text: str, start: int, end: int) -> int | None:
    """Where the age table that EU CTR appends begins in ``text[start:end]``."""
    found = _AGE_TABLE.search(text, start, end)
    return found.start() if found else None


_AGE_TABLE = re.compile(r"Are the trial subjects under\s{1,3}18", re.IGNORECASE)
