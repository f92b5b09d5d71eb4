"""How often the linker gives a mention the right code: a labelled corpus, and what is counted on it.

One outcome per mention. **Right**: the best concept's code is among the gold codes; or some given code is, and no
given code of a system that the gold codes name is outside them (a best concept of some other system is then no error).
**Wrong**: any other code; for a mention that must not be linked, every code. **Missed**: a linkable mention without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from critparse.concepts.codes import LOCAL
from critparse.errors import InputError, InputNotFound, MalformedInput, ResourceError
from critparse.lexicon.resources import parse_rows
from critparse.schema import Concept, Linked

NONE = "none"  # the kind of mentions that nothing may be linked to
KINDS = (
    "plain", "abbreviation", "misspelling", "class", "paraphrase", "plural-or-order", "british", "qualified", NONE,
)  # fmt: skip
COLUMNS = ("id", "mention", "context", "label", "kind", "gold", "note")
_FORMAT = "concepts corpus"


class Linker(Protocol):
    """Links one mention."""

    def __call__(self, text: str, *, label: str | None = None, context: str = "") -> Linked: ...


class Row(NamedTuple):
    """One labelled mention. ``gold``: "SYSTEM:code" of every right code; empty when nothing may be linked."""

    id: str
    mention: str
    context: str
    label: str
    kind: str
    gold: tuple[str, ...]
    note: str


def read_concepts(corpus: Path) -> list[Row]:
    """The rows of a labelled corpus (TSV with comments, see ``corpora/concepts.tsv``).

    Raises:
        InputError: the file is not there or cannot be read.
        MalformedInput: it is no such corpus, or a row has a kind that does not fit its gold codes.
    """
    try:
        lines = enumerate(corpus.read_text(encoding="utf-8").splitlines(), start=1)
        cells = parse_rows(corpus.name, ((n, line) for n, line in lines if line and not line.startswith("#")), COLUMNS)
    except FileNotFoundError as error:
        raise InputNotFound(where=str(corpus)) from error
    except OSError as error:
        raise InputError(where=str(corpus), reason=(error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError as error:
        raise MalformedInput(where=str(corpus), format=_FORMAT, reason="it is not UTF-8") from error
    except ResourceError as error:
        raise MalformedInput(where=str(corpus), format=_FORMAT, reason=error.details["reason"]) from error
    return [_row(corpus, row) for row in cells]


def _row(corpus: Path, cells: dict[str, str]) -> Row:
    gold = tuple(code for code in cells.pop("gold").split("|") if code)
    row = Row(gold=gold, **cells)
    if row.kind not in KINDS or (row.kind == NONE) is bool(gold):
        reason = f"{row.id} is of kind {row.kind!r} and has {len(gold)} codes"
        raise MalformedInput(where=str(corpus), format=_FORMAT, reason=reason)
    return row


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row and what the linker said of it."""

    row: Row
    concepts: tuple[Concept, ...]
    candidates: tuple[Concept, ...]

    @property
    def linked(self) -> bool:
        """Whether any code was given."""
        return bool(self.concepts)

    @property
    def right(self) -> bool:
        """Whether what was given is right, as the head of this module has it."""
        if not self.linked:
            return False
        gold = {_fold(code) for code in self.row.gold}
        given = [_fold(key(concept)) for concept in self.concepts]
        systems = {_system(code) for code in gold}
        contradicted = any(_system(code) in systems and code not in gold for code in given)
        return given[0] in gold or (not contradicted and not gold.isdisjoint(given))

    @property
    def within_reach(self) -> bool:
        """Whether a right code is anywhere among the concepts and candidates."""
        offered = {_fold(key(concept)) for concept in (*self.concepts, *self.candidates)}
        return not offered.isdisjoint(_fold(code) for code in self.row.gold)

    @property
    def verdict(self) -> str:
        """right, wrong, missed, or "unlinked": rightly without code."""
        if self.linked:
            return "right" if self.right else "wrong"
        return "missed" if self.row.gold else "unlinked"

    def judged_in(self, system: str) -> bool | None:
        """Whether the first code given of a system is right; ``None`` if none is given."""
        for concept in self.concepts:
            if _system(key(concept)) == system:
                return _fold(key(concept)) in {_fold(code) for code in self.row.gold}
        return None


def key(concept: Concept) -> str:
    """``SYSTEM:code``; critparse's own ids, and codes that begin with their system's name, are that already."""
    prefix = f"{concept.system}:"
    return concept.code if concept.system == LOCAL or concept.code.startswith(prefix) else prefix + concept.code


def _system(code: str) -> str:
    return code.partition(":")[0]


def _fold(code: str) -> str:
    """Scores without a public code go by name, in which case and punctuation mean nothing."""
    if _system(code) != "SCORE":
        return code
    return "SCORE:" + "".join(filter(str.isalnum, code.partition(":")[2].casefold()))


def default_link() -> Linker:
    """The linker that comes with critparse."""
    from critparse.concepts import link

    return link


def link_all(rows: Iterable[Row], link: Linker) -> list[Outcome]:
    """Link every mention of a corpus, each with its label and context."""
    outcomes = []
    for row in rows:
        found = link(row.mention, label=row.label, context=row.context)
        outcomes.append(Outcome(row, tuple(found.concepts), tuple(found.candidates)))
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures: top-1 accuracy, precision, reach; by label, kind, method, and system."""
    systems = sorted({_system(code) for outcome in outcomes for code in outcome.row.gold})
    return {
        **figures(outcomes),
        "by_system": {system: _within(outcomes, system) for system in systems},
        "by_label": _grouped(outcomes, lambda outcome: outcome.row.label),
        "by_kind": _grouped(outcomes, lambda outcome: outcome.row.kind),
        "by_method": _grouped([o for o in outcomes if o.linked], lambda outcome: outcome.concepts[0].method),
    }


def figures(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Counts and shares (``None`` where there is nothing to count).

    ``accuracy``: of linkable mentions those rightly linked; ``precision``: of linked mentions those rightly linked;
    ``reach``: of linkable mentions those with a right code anywhere among concepts and candidates.
    """
    outcomes = list(outcomes)
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    linkable = [outcome for outcome in outcomes if outcome.row.gold]
    linked = verdicts["right"] + verdicts["wrong"]
    return {
        "mentions": len(outcomes),
        "linkable": len(linkable),
        **{verdict: verdicts[verdict] for verdict in ("right", "wrong", "missed", "unlinked")},
        "accuracy": _share(verdicts["right"], len(linkable)),
        "precision": _share(verdicts["right"], linked),
        "reach": _share(sum(outcome.within_reach for outcome in linkable), len(linkable)),
    }


def _grouped(outcomes: Iterable[Outcome], name: Callable[[Outcome], str]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(name(outcome), []).append(outcome)
    return {group: figures(groups[group]) for group in sorted(groups)}


def _within(outcomes: Iterable[Outcome], system: str) -> dict[str, Any]:
    """Of the mentions that have a gold code of the system, or none at all: how often its first code is right.

    ``recall``: of mentions with such a gold code, those whose first code of the system is right; ``precision``: of
    first codes of the system, given to any of these mentions, the right ones.
    """
    judged = [o for o in outcomes if not o.row.gold or system in map(_system, o.row.gold)]
    gold = sum(bool(outcome.row.gold) for outcome in judged)
    verdicts = [outcome.judged_in(system) for outcome in judged]
    right, given = verdicts.count(True), len(verdicts) - verdicts.count(None)
    return {
        "gold": gold,
        "given": given,
        "right": right,
        "recall": _share(right, gold),
        "precision": _share(right, given),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
