"""Genes and proteins as biomarkers, with HGNC ids: "HER2-positive", "EGFR exon 19 deletion", "a PALB2 mutation"."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from critparse.errors import ResourceError
from critparse.lexicon import default_lexicon
from critparse.lexicon.folding import fold_name
from critparse.lexicon.matcher import Matcher
from critparse.lexicon.resources import data_rows, data_text
from critparse.lexicon.tables import parse_alias
from critparse.lexicon.variants import variants

GENES, NAMES, CONTEXT = "genes.tsv.gz", "biomarkers.tsv", "biomarker_context.tsv"
COLUMNS = ("name", "hgnc", "symbols", "context", "aliases")
_SYMBOL = re.compile(r"(?<![\w-])(?:[A-Z][A-Z0-9]{1,9}(?:-[A-Z0-9]{1,5})?|C[0-9XY]{1,2}orf[0-9]{1,3})(?![\w])")
_RATE = re.compile(r".{0,40}?\bm[lL] ?/ ?min", re.DOTALL)  # "EGFR > 30 mL/min": a filtration rate in capitals
_CHANGE = r"(?:p\.|c\.)?[A-Z][a-z]{0,2}\d{2,4}(?:[A-Z*]|[A-Z][a-z]{2}|del|fs|dup|ins)(?!\w)"  # V600E, p.Gly12Cys
_MAX_BETWEEN = 40  # characters between two names of one list
_MAX_AHEAD = 60  # characters looked at in front of a name

Method = Literal["exact", "context"]


@dataclass(frozen=True, slots=True)
class Biomarker:
    """A gene or protein named in a text: ``text[start:end]``.

    ``codes`` are (system, code), as ("HGNC", "HGNC:3236"); several when the name means several genes. ``display`` is
    the approved symbol, or the symbols joined by "/". ``method``: "exact" for a name of the reviewed table, "context"
    when only the words beside it show that the name is one of a gene.
    """

    start: int
    end: int
    name: str
    codes: tuple[tuple[str, str], ...]
    display: str
    method: Method


@dataclass(frozen=True, slots=True)
class Gene:
    """An approved gene: ``hgnc`` as "HGNC:3236"; ``aliases`` are other and former symbols."""

    symbol: str
    hgnc: str
    name: str
    aliases: tuple[str, ...]


def find(text: str) -> list[Biomarker]:
    """The biomarkers in a mention or a criterion, by position and without overlaps; offsets are code points.

    Names of classes of drugs ("EGFR inhibitors", "anti-PD-1") are none. Runs in time linear in the text.
    Raises ResourceError when a data file is damaged.
    """
    found = list(_candidates(text))
    if not found:
        return []
    rows = _rows()
    before, after = _before(text, found), _after(text, found)
    hits = []
    for place, left, right in zip(found, before, after, strict=True):
        row = rows[place.key]
        shown = "strong" in (left, right) or right == "weak"
        if "other" in (left, right) or (row.needs_context and not shown) or _RATE.match(text, place.end):
            continue
        method: Method = "context" if row.needs_context else "exact"
        hits.append(Biomarker(place.start, place.end, row.name, row.codes, row.display, method))
    return hits


@functools.cache
def genes() -> dict[str, Gene]:
    """The genes by approved symbol. Raises ResourceError when the file is damaged."""
    table: dict[str, Gene] = {}
    for number, line in enumerate(data_text(GENES).rstrip("\n").split("\n"), start=1):
        cells = line.split("\t")
        if len(cells) != 4 or not cells[0] or not cells[1].startswith("HGNC:"):
            raise ResourceError(file=GENES, reason=f"line {number} is damaged")
        table[cells[0]] = Gene(cells[0], cells[1], cells[2], tuple(filter(None, cells[3].split("|"))))
    return table


class _Row(NamedTuple):
    """What a name stands for, and whether it counts only beside a word of genetics or expression."""

    name: str
    codes: tuple[tuple[str, str], ...]
    display: str
    needs_context: bool


class _Place(NamedTuple):
    start: int
    end: int
    key: str


@functools.cache
def _rows() -> dict[str, _Row]:
    """Reviewed names as they are, symbols under "=SYMBOL"."""
    rows: dict[str, _Row] = {}
    for row in data_rows(NAMES, COLUMNS):
        ids, symbols = row["hgnc"].split("|"), row["symbols"].split("|")
        if (
            row["name"] in rows
            or len(ids) != len(symbols)
            or row["context"] not in ("", "needed")
            or not row["aliases"]
        ):
            raise ResourceError(file=NAMES, reason=f"row {row['name']!r} is damaged")
        codes = tuple(("HGNC", id_) for id_ in ids)
        rows[row["name"]] = _Row(row["name"], codes, "/".join(symbols), bool(row["context"]))
    for symbol, gene in genes().items():
        rows[f"={symbol}"] = _Row(symbol, (("HGNC", gene.hgnc),), symbol, True)
    return rows


@functools.cache
def _named() -> tuple[Matcher, list[str]]:
    """The matcher of reviewed aliases, and the names its keys stand for."""
    names: list[str] = []
    folded: dict[str, int] = {}
    exact: dict[str, int] = {}
    for key, row in enumerate(data_rows(NAMES, COLUMNS)):
        names.append(row["name"])
        for alias in map(parse_alias, row["aliases"].split("|")):
            if alias.case_sensitive:
                exact[fold_name(alias.text, case_sensitive=True)] = key
            else:
                folded |= {fold_name(form): key for form in variants(alias.text)}
    return Matcher(folded, exact), names


@functools.cache
def _is_something_else(symbol: str) -> bool:
    """Whether the lexicon knows the symbol as an analyte, a score, a disease or a drug, or it is too short to tell."""
    return len(symbol) < 3 or bool(default_lexicon().match(symbol))


def _candidates(text: str) -> Iterator[_Place]:
    """Reviewed names, and symbols where no reviewed name stands, by position."""
    matcher, names = _named()
    taken = [_Place(hit.start, hit.end, names[hit.key]) for hit in matcher.find(text)]
    known = genes()
    symbols = []
    for match in _SYMBOL.finditer(text):
        symbol = match[0] if match[0] in known else match[0].partition("-")[0]
        if symbol in known:
            symbols.append(_Place(match.start(), match.start() + len(symbol), f"={symbol}"))
    end = 0
    for place in sorted([*taken, *symbols], key=_longest_first):  # of equals the reviewed name, as sorting is stable
        if place.start >= end:
            end = place.end
            yield place


def _longest_first(place: _Place) -> tuple[int, int]:
    return place.start, -place.end


@functools.cache
def _context() -> dict[str, re.Pattern[str]]:
    """One pattern a kind of context: what stands behind a name, or, for "before", in front of it."""
    words = {row["kind"]: row["words"].split("|") for row in data_rows(CONTEXT, ("kind", "words"))}
    if set(words) != {"strong", "weak", "other", "target", "filler"}:
        raise ResourceError(file=CONTEXT, reason="a kind of words is missing or unknown")
    one = {kind: f"(?i:{'|'.join(map(_pattern, sorted(each, key=_shortest_last)))})" for kind, each in words.items()}
    little = r"(?:[\s\-(:,]|\b(?i:of|in|the|for|either|an?|any|both|known|human)\b)*+$"
    gap = r"[\s\-–(\[]{0,24}"
    filler = rf"(?:(?:{one['filler']}|\(?[A-Z0-9]{{2,6}}\)|(?i:exons?) \d{{1,2}})[\s,\-]{{1,2}}){{0,3}}"
    return {
        "strong": re.compile(rf"{gap}(?:{filler}{one['strong']}(?!\w)|{_CHANGE})"),
        "weak": re.compile(rf"{gap}{filler}{one['weak']}(?!\w)|\s?\(?[+\-−](?=[\s,;.)/]|$)"),
        "other": re.compile(rf"(?:/ ?\w{{1,3}})?[\s\-/()]{{0,24}}{filler}{one['other']}(?!\w)"),
        "link": re.compile(rf"(?:[\s\-,/;&+:()]|\b(?i:or|and|either|the|an?)\b|{_CHANGE})*+"),
        "before": re.compile(rf"\b{one['strong']}{little}"),
        "target": re.compile(rf"\b(?i:anti)(?:[\- ]?|-[\w\- ]{{1,45}}\()$|\b{one['target']}{little}"),
    }


def _pattern(word: str) -> str:
    return re.escape(word).replace(r"\ ", "[ -]")


def _shortest_last(word: str) -> int:
    return -len(word)


def _after(text: str, found: list[_Place]) -> list[str]:
    """What stands behind each name: strong, weak, other or nothing; names of one list share what ends it."""
    kinds = [""] * len(found)
    for index in range(len(found) - 1, -1, -1):
        kinds[index] = _kind_after(text, found[index].end)
        if not kinds[index] and index + 1 < len(found) and _linked(text, found[index].end, found[index + 1].start):
            kinds[index] = kinds[index + 1]
    return [_guarded(kind, place) for kind, place in zip(kinds, found, strict=True)]


def _before(text: str, found: list[_Place]) -> list[str]:
    """What leads to each name, or to the list that it stands in: "strong" for a word of genes, "other" for a drug."""
    context = _context()
    kinds: list[str] = []
    for index, place in enumerate(found):
        ahead = text[max(0, place.start - _MAX_AHEAD) : place.start]
        kind = "other" if context["target"].search(ahead) else "strong" if context["before"].search(ahead) else ""
        if not kind and index and _linked(text, found[index - 1].end, place.start):
            kind = kinds[-1]
        kinds.append(kind)
    return kinds


def _kind_after(text: str, end: int) -> str:
    context = _context()
    return next((kind for kind in ("other", "strong", "weak") if context[kind].match(text, end)), "")


def _guarded(kind: str, place: _Place) -> str:
    """A weak word is not enough for a symbol that also means something else: "CRP positive" is a laboratory result."""
    weak = kind == "weak" and place.key.startswith("=") and _is_something_else(place.key[1:])
    return "" if weak else kind


def _linked(text: str, end: int, start: int) -> bool:
    """Whether only what joins a list stands between two names."""
    return start - end <= _MAX_BETWEEN and _context()["link"].fullmatch(text, end, start) is not None
