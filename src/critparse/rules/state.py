"""The state of reading one criterion, passed through the steps of :mod:`critparse.rules.read`."""

from __future__ import annotations

from dataclasses import dataclass, field

from critparse.nlp.annotations import ModelAnnotation
from critparse.nlp.negation import NegationScope
from critparse.nlp.tokens import Tokens
from critparse.quantities.grammar import Limit
from critparse.quantities.times import Window
from critparse.rules.draft import Draft, Mark, Name


@dataclass(slots=True)
class Reading:
    """Everything found in one criterion. The steps fill ``drafts``, its statements, and ``windows``.

    ``used``: first tokens of the names that have their place already; ``doses``: limits that are amounts of a drug,
    kept until the drugs have their statements; ``model``: what the trained model says of the criterion, if asked.
    """

    tokens: Tokens
    names: list[Name]
    marks: list[Mark]
    limits: list[Limit]
    negations: list[NegationScope]
    drafts: list[Draft] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    doses: list[Limit] = field(default_factory=list)
    model: ModelAnnotation | None = None

    def add(self, draft: Draft) -> None:
        """Take a statement in."""
        self.drafts.append(draft)

    def sort(self) -> None:
        """Put the statements in order of position."""
        self.drafts.sort(key=lambda draft: (draft.first, draft.last))

    def words(self, first: int, last: int) -> str:
        """The words of the tokens ``[first, last)``, white space folded."""
        return " ".join(self.tokens.text[self.tokens.starts[first] : self.tokens.ends[last - 1]].split())
