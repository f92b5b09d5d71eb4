"""The disease that the criteria ask for against the one that title and conditions field name."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from critparse.checks.cues import words
from critparse.checks.facts import LIST, Facts, at, required
from critparse.checks.registry import Problem, check
from critparse.lexicon.resources import data_rows
from critparse.schema import Criterion, Evidence, FieldEvidence, Leaf, Span


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Diseases that exclude each other, found by ``pattern`` in plain words; ``names`` tells which one it found."""

    pattern: re.Pattern[str]
    names: Mapping[str, str]

    def named_in(self, text: str) -> set[str]:
        """Those of the diseases that a text, in plain words, names."""
        return {self.names[match[0]] for match in self.pattern.finditer(text)}


@check(
    "condition-conflict",
    title="Title or conditions field name another disease than the list asks for",
    severity="warning",
    message="The {where} names “{quote}”, the criteria ask for “{listed}” ({criterion}).",
    suggestion="Check which of the two is meant.",
)
def condition(facts: Facts) -> Iterator[Problem]:
    """Diseases that are told apart by one word (type 1 and type 2 diabetes, non-small cell and small cell lung cancer).

    One of them stands in the title and the conditions field without the other, which the inclusion criteria ask for
    without the first.
    """
    inclusion = [(c, _plain(c.text)) for c in facts.top(LIST) if c.kind == "inclusion"]
    for contrast in _contrasts():
        asked = set().union(*(contrast.named_in(text) for _, text in inclusion))
        found = next(_asking(contrast, inclusion), None) if len(asked) == 1 else None
        said = _named_elsewhere(facts, contrast, next(iter(asked))) if found else None
        if found is not None and said is not None:
            criterion, leaf = found
            evidence, where, quote = said
            details = {"where": where, "quote": quote, "listed": leaf.subject.text, "criterion": criterion.id}
            yield Problem((evidence, at(leaf.subject.spans[0])), details)


def _plain(text: str) -> str:
    return " ".join(words(text))


def _asking(contrast: _Contrast, criteria: list[tuple[Criterion, str]]) -> Iterator[tuple[Criterion, Leaf]]:
    """The criteria that ask everyone for one of the diseases, with the statement that does."""
    for criterion, text in criteria:
        for leaf in required(criterion.rule) if contrast.named_in(text) else ():
            named = leaf.kind == "condition" and leaf.present and leaf.subject.spans
            if named and contrast.named_in(_plain(leaf.subject.text)):
                yield criterion, leaf


def _named_elsewhere(facts: Facts, contrast: _Contrast, wanted: str) -> tuple[Evidence, str, str] | None:
    """The title or field that names another of the diseases, when none of them names the wanted one."""
    found: tuple[Evidence, str, str] | None = None
    for text in facts.titles:
        named = contrast.named_in(_plain(text.text))
        if wanted in named:
            return None
        if named and found is None:
            found = at(Span(text_id=text.id, start=0, end=len(text.text))), "title", text.text
    for written in facts.trial.registry.conditions:
        named = contrast.named_in(_plain(written))
        if wanted in named:
            return None
        if named and found is None:
            found = FieldEvidence(field="conditions", value=written), "conditions field", written
    return found


@functools.cache
def _contrasts() -> tuple[_Contrast, ...]:
    """The rows of ``contrasts.tsv`` by group; of two names that begin alike the longer is tried first."""
    groups: dict[str, dict[str, str]] = {}
    for row in data_rows("contrasts.tsv", ("group", "name", "words")):
        for written in filter(None, (written.strip() for written in row["words"].split("|"))):
            groups.setdefault(row["group"], {})[written] = row["name"]
    return tuple(_Contrast(_alternatives(names), names) for names in groups.values())


def _alternatives(names: Mapping[str, str]) -> re.Pattern[str]:
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, ordered))})(?!\S)")
