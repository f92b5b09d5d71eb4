"""Expressions of CQL being put together: text, and the comments above it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

_SHORT = 100
CALL, COMPARISON, COMPOUND = range(3)
"""Names and calls; comparisons, which "and" and "or" join as they are; all that needs parentheses within others."""


class Expression(NamedTuple):
    """``text`` in one or several lines; ``loose``: how little holds it together; ``notes``: comments above it."""

    text: str
    loose: int = CALL
    notes: tuple[str, ...] = ()

    def within(self, looseness: int) -> Expression:
        """The expression as a member of another, in parentheses where it is looser than that allows."""
        if self.loose <= looseness:
            return self
        text = f"(\n{indented(self.text)}\n)" if "\n" in self.text else f"({self.text})"
        return Expression(text, CALL, self.notes)

    @property
    def lines(self) -> str:
        """Comments and text."""
        return "\n".join([*self.notes, self.text])


NULL = Expression("null as Boolean", loose=COMPOUND)
TRUE, FALSE = Expression("true"), Expression("false")


def indented(text: str) -> str:
    """The text, two blanks to the right."""
    return textwrap.indent(text, "  ")


def joined(word: str, members: Sequence[Expression]) -> Expression:
    """The members with ``and`` or ``or`` between them; one stays as it is."""
    if len(members) == 1:
        return members[0]
    inner = [member.within(COMPARISON) for member in members]
    line = f" {word} ".join(member.text for member in inner)
    if len(line) <= _SHORT and not any(member.notes for member in inner) and "\n" not in line:
        return Expression(line, loose=COMPOUND)
    rows = [inner[0].lines]
    rows += [indented("\n".join([*member.notes, f"{word} {member.text}"])) for member in inner[1:]]
    return Expression("\n".join(rows), loose=COMPOUND)


def negated(member: Expression) -> Expression:
    """Not the member."""
    inner = member.within(CALL)
    return Expression(f"not {inner.text}", loose=COMPARISON, notes=inner.notes)


def implied(condition: Expression, then: Expression) -> Expression:
    """Whoever fulfils the condition fulfils the other."""
    first, second = condition.within(CALL), then.within(CALL)
    notes = (*first.notes, *second.notes)
    return Expression(f"{first.text}\n  implies {indented(second.text).lstrip()}", loose=COMPOUND, notes=notes)


def listed(members: Sequence[Expression]) -> str:
    """The members as a list, one per line."""
    rows = []
    for at, member in enumerate(members):
        comma = "," if at < len(members) - 1 else ""
        rows.append("\n".join([*member.notes, f"{member.text}{comma}"]))
    return "{\n" + indented("\n".join(rows)) + "\n}"


def condition(test: str, then: str, other: str) -> Expression:
    """``if … then … else …``."""
    return Expression(f"if {test} then {then} else {other}", loose=COMPOUND)
