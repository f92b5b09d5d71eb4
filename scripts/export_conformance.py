"""Write the conformance cases, text by text with their rules, to ``docs/conformance.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "corpora" / "conformance"
TARGET = ROOT / "docs" / "conformance.md"

_HEAD = """\
# What critparse understands

Criteria of our own writing and the rules they become: {total} cases, of which {right} come out exactly as written here
on every test run. The others are **known gaps**: what the text means is written down, the parser does not give it yet.
[The notation](../corpora/conformance/README.md) is short: connectives in bold, one statement in each pair of backticks.
Cases are numbered within their topic; *in* is an inclusion criterion, *ex* an exclusion criterion, whose rule is the
condition that excludes.

This page is written by `scripts/export_conformance.py`; the cases are in `corpora/conformance`.
"""


def topics() -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Name, description and cases of every topic."""
    for path in sorted(SOURCE.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        yield path.stem, text.partition("\n")[0].lstrip("# "), yaml.safe_load(text)


def rule_words(rule: Any) -> str:
    """A rule on one line: "all of (a; b)" with brackets for groups."""
    if isinstance(rule, str):
        return f"`{rule}`"
    match rule:
        case {"not": denied}:
            return f"**not** ({rule_words(denied)})"
        case {"if": condition, "then": then}:
            return f"**if** ({rule_words(condition)}) **then** ({rule_words(then)})"
        case {"at_least": count, "of": members}:
            return f"**at least {count} of** ({_members(members)})"
    ((op, members),) = rule.items()
    marked = " (ambiguous)" if op.endswith("?") else ""
    return f"**{op.rstrip('?').replace('_', ' ')}**{marked} ({_members(members)})"


def _members(members: list[Any]) -> str:
    return " · ".join(rule_words(member) for member in members)


def _row(number: int, case: dict[str, Any]) -> str:
    text = " ".join(case["text"].split()).replace("`", "'")
    gap = f" (**known gap**: {case['known_gap']})" if "known_gap" in case else ""
    cells = (f"{number:02} {case['kind'][:2]}", f"`{text}`", f"{rule_words(case['rule'])}{gap}")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _table(cases: list[dict[str, Any]]) -> list[str]:
    return ["| | text | rule |", "|---|---|---|", *(_row(*case) for case in enumerate(cases, 1))]


def rendered() -> str:
    """The page as the file holds it."""
    found = list(topics())
    cases = [case for _, _, members in found for case in members]
    gaps = Counter(case["known_gap"] for case in cases if "known_gap" in case)
    lines = [_HEAD.format(total=len(cases), right=len(cases) - gaps.total())]
    lines += ["## Topics", "", "| topic | cases | known gaps |", "|---|---|---|"]
    for name, _, members in found:
        missing = sum("known_gap" in case for case in members)
        title = name.replace("_", " ")
        lines.append(f"| [{title}](#{name.replace('_', '-')}) | {len(members)} | {missing or ''} |")
    if gaps:
        lines += ["", "## Known gaps by habit", "", "| habit | cases |", "|---|---|"]
        lines += [f"| {habit} | {count} |" for habit, count in sorted(gaps.items(), key=lambda g: (-g[1], g[0]))]
    for name, description, members in found:
        lines += ["", f"## {name.replace('_', ' ').capitalize()}", "", description, "", *_table(members)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"wrote {TARGET}")
