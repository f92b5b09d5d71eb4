"""Statements under construction, in token positions, before they become schema rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from critparse.quantities.grammar import Limit
from critparse.quantities.times import FrequencyReading, Window

TokenRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Name:
    """Something with a name in tokens ``[first, last)``: a dictionary mention or a cue phrase.

    ``kind``: the leaf kind it makes. ``numeric``: whether a limit can belong to it. ``concept_id`` is "" for cues.
    """

    first: int
    last: int
    kind: str
    subject: str
    concept_id: str = ""
    numeric: bool = False
    dimensions: frozenset[str] = frozenset()
    also: TokenRange | None = None  # the shared head of "heart and pulmonary failure", the stem of "hepatitis B or C"
    lead: int | None = None  # where the compound begins whose last part it is: "steroid-induced diabetes"


@dataclass(frozen=True, slots=True)
class Mark:
    """A qualifier, response word or scope word: ``kind:value`` and its tokens."""

    kind: str
    value: str
    first: int
    last: int


@dataclass(slots=True)
class Draft:
    """One statement: a leaf to be. ``first``/``last`` is its extent, words in between included."""

    kind: str
    subject: str
    first: int
    last: int
    subject_tokens: list[TokenRange] = field(default_factory=list)  # more than one where the subject is discontinuous
    concept_id: str = ""
    limit: Limit | None = None
    values: tuple[str, ...] = ()
    qualitative: str | None = None
    present: bool = True
    windows: list[Window] = field(default_factory=list)
    amount: Limit | None = None
    route: str | None = None
    frequency: FrequencyReading | Window | None = None
    duration: Limit | None = None
    qualifiers: list[Mark] = field(default_factory=list)
    scope: Mark | None = None
    evidence: list[TokenRange] = field(default_factory=list)
    unread: list[TokenRange] = field(default_factory=list)
    confidence: float = 0.9
    reason: str = ""
    extended: bool = False  # the subject says more than its concept
    named: bool = False  # the subject's name is not in the words ("systolic" of "blood pressure > 140/90")
    paired: bool = False
    inherited: bool = False  # its subject is that of the limit before it
    join: str = ""  # how it hangs together with the statement before it that shares its limit: "or", "and"
    denied: bool = False  # its own words deny the subject ("nonsmoker")
    forbidden: bool = False  # "is not allowed": in an exclusion criterion what excludes
    permitted: bool = False  # allowed where the rest excludes: an exception
    negation: int | None = None  # the first token of the negation cue it stands under

    @property
    def head(self) -> int:
        """Where its subject begins, or it itself where the subject is no words."""
        return self.subject_tokens[0][0] if self.subject_tokens else self.first

    def cover(self, first: int, last: int) -> None:
        """Let the statement rest on the tokens ``[first, last)`` too."""
        self.evidence.append((first, last))
        self.first, self.last = min(self.first, first), max(self.last, last)
