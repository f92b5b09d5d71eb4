"""Expressions of CQL being put together: text, and the comments above it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

_SHORT = 100


class Expression(NamedTuple):
    """``text`` in one or several lines; ``whole``: it needs no parentheses; ``notes``: comments that belong above it."""

    text: str
    whole: bool = True
    notes: tuple[str, ...] = ()

    @property
    def enclosed(self) -> Expression:
        """The expression as a member of another."""
        if self.whole:
            return self
        if "\n" in self.text:
            return Expression(f"(\n{indented(self.text)}\n)", True, self.notes)
        return Expression(f"({self.text})", True, self.notes)

    @property
    def lines(self) -> str:
        """Comments and text."""
        return "\n".join([*self.notes, self.text])


NULL = Expression("null as Boolean", whole=False)
TRUE, FALSE = Expression("true"), Expression("false")


def indented(text: str) -> str:
    """The text, two blanks to the right."""
    return textwrap.indent(text, "  ")


def joined(word: str, members: Sequence[Expression]) -> Expression:
    """The members with ``and`` or ``or`` between them; one stays as it is."""
    if len(members) == 1:
        return members[0]
    inner = [member.enclosed for member in members]
    line = f" {word} ".join(member.text for member in inner)
    if len(line) <= _SHORT and not any(member.notes for member in inner) and "\n" not in line:
        return Expression(line, whole=False)
    rows = [inner[0].lines]
    rows += [indented("\n".join([*member.notes, f"{word} {member.text}"])) for member in inner[1:]]
    return Expression("\n".join(rows), whole=False)


def negated(member: Expression) -> Expression:
    """Not the member."""
    inner = member.enclosed
    return Expression(f"not {inner.text}", whole=False, notes=inner.notes)


def implied(condition: Expression, then: Expression) -> Expression:
    """Whoever fulfils the condition fulfils the other."""
    first, second = condition.enclosed, then.enclosed
    notes = (*first.notes, *second.notes)
    return Expression(f"{first.text}\n  implies {indented(second.text).lstrip()}", whole=False, notes=notes)


def listed(members: Sequence[Expression]) -> str:
    """The members as a list, one per line."""
    rows = []
    for at, member in enumerate(members):
        comma = "," if at < len(members) - 1 else ""
        rows.append("\n".join([*member.notes, f"{member.text}{comma}"]))
    return "{\n" + indented("\n".join(rows)) + "\n}"


def condition(test: str, then: str, other: str) -> Expression:
    """``if … then … else …``."""
    return Expression(f"if {test} then {then} else {other}", whole=False)
