"""Write the catalogue of checks, as each declares itself, to ``docs/checks.md``."""

from __future__ import annotations

from pathlib import Path

from critparse.checks import FAMILIES, Check, catalogue

TARGET = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
_HEAD = """# Checks

What `critparse check` looks for. This page is written by `scripts/export_checks.py` from the checks themselves.

Every finding has a stable **code**, a **severity** (`error`: the record contradicts itself; `warning`: very probably a
fault; `info`: worth a look), a message, a suggestion, the version of its check and its **evidence**: passages of the
texts and registry fields, at least two for a conflict. A check may report special cases at a lower severity than its
usual one. Statements that the parser is not sure of (confidence below 0.7) are no evidence. A check that fails reports
`internal-error` (`info`) and costs the record nothing else.
"""


def rendered() -> str:
    """The page as the file holds it."""
    parts = [_HEAD, "\n| Code | Severity | What it reports |\n| --- | --- | --- |\n"]
    parts += [f"| [`{check.code}`](#{check.code}) | {check.severity} | {check.title} |\n" for check in catalogue()]
    for family in FAMILIES:
        name = family.__name__.rpartition(".")[2]
        parts.append(f"\n## {(family.__doc__ or name).strip().splitlines()[0].rstrip('.')}\n")
        parts += [_entry(check) for check in catalogue() if check.family == name]
    return "".join(parts)


def _entry(check: Check) -> str:
    return (
        f"\n### {check.code}\n\n{check.title}. Usual severity: {check.severity}; version {check.version}.\n\n"
        f"{check.about}\n\n- Message: {check.message}\n- Suggestion: {check.suggestion}\n"
    )


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"wrote {TARGET}")
