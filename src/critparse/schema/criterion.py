"""A single eligibility criterion."""

from __future__ import annotations

from typing import Literal

from critparse.schema.base import Model
from critparse.schema.entity import Entity, Hint, Relation
from critparse.schema.rule import Rule
from critparse.schema.text import Span

CriterionKind = Literal["inclusion", "exclusion", "unknown"]


class Criterion(Model):
    """One item of an eligibility section.

    ``text`` is the slice that ``span`` covers, the item's marker ("1.", "*") included; ``marker`` repeats it.
    ``section`` is the sub-heading the item stands under ("Cohort A"), if any. The rule of a criterion with
    ``children`` includes theirs. Ids are ``I1``, ``E3``, ``I3.2``; ``U`` where the text does not say which kind;
    those of a text other than the eligibility section carry that text's id (``description:I1``). ``relations`` and
    ``hints`` are the trained model's.
    """

    id: str
    kind: CriterionKind
    span: Span
    text: str
    marker: str = ""
    section: str | None = None
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    hints: tuple[Hint, ...] = ()
    rule: Rule
    children: tuple[Criterion, ...] = ()
