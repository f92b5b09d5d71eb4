"""What a check is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from critparse.checks.facts import Facts
from critparse.checks.rates import confidence
from critparse.schema import Evidence, Finding, Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found in one place: the evidence and the words its message needs.

    ``severity`` and ``suggestion`` replace the check's own where the case is a special one.
    """

    evidence: tuple[Evidence, ...]
    details: Mapping[str, str] = field(default_factory=dict)
    severity: Severity | None = None
    suggestion: str | None = None


Look = Callable[[Facts], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: declared once, in the module of its family.

    ``severity`` is the usual (and highest) one; ``message`` is a template for :meth:`str.format`; ``last``: the check
    runs after the others and sees what they reported (``Facts.reported``).
    """

    code: str
    title: str
    family: str
    severity: Severity
    message: str
    suggestion: str
    version: str
    about: str
    look: Look
    last: bool = False

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """What the check finds in one record."""
        for problem in self.look(facts):
            severity = problem.severity or self.severity
            yield Finding(
                code=self.code,
                severity=severity,
                message=self.message.format_map(problem.details),
                suggestion=problem.suggestion or self.suggestion.format_map(problem.details),
                check_version=self.version,
                evidence=problem.evidence,
                confidence=confidence(self.code, severity),
            )


_CHECKS: dict[str, Check] = {}


def check(
    code: str, *, title: str, severity: Severity, message: str, suggestion: str, version: str = "1", last: bool = False
) -> Callable[[Look], Look]:
    """Declare the decorated function as a check; its docstring is the check's documentation."""

    def declare(look: Look) -> Look:
        if code in _CHECKS:
            raise ValueError(f"two checks have the code {code}")
        family = look.__module__.rpartition(".")[2]
        about = "\n".join(line.strip() for line in (look.__doc__ or "").strip().splitlines())
        _CHECKS[code] = Check(code, title, family, severity, message, suggestion, version, about, look, last)
        return look

    return declare


def catalogue() -> tuple[Check, ...]:
    """All checks, by code."""
    return tuple(_CHECKS[code] for code in sorted(_CHECKS))
