"""Write ``docs/exports.md``: what the standards of ``critparse export`` can express, as each declares itself."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from critparse.exports import capabilities, standards
from critparse.exports.capability import CONNECTIVES, FEATURES, PARTS, Capability
from critparse.schema import LEAF_KINDS

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "exports.md"
HEAD = ROOT / "scripts" / "templates" / "exports.md"
_SIGNS = {"exact": "●", "rewritten": "◐", "no": "○"}


def rendered() -> str:
    """The page as the file holds it: the part written by hand, the matrix, and the notes of each standard."""
    names = standards()
    tables = {name: capabilities(name) for name in names}
    lines = [f"| Part of a rule | {' | '.join(f'`{name}`' for name in names)} |", f"| --- |{' :-: |' * len(names)}"]
    for title, parts in (("connectives", CONNECTIVES), ("statements", LEAF_KINDS), ("what they say", FEATURES)):
        lines.append(f"| **{title}** |{' |' * len(names)}")
        for part in parts:
            signs = " | ".join(_SIGNS[tables[name][part].ability] for name in names)
            lines.append(f"| {_shown(part)} | {signs} |")
    notes = [f"### {name}\n\n{_notes([(part, tables[name][part]) for part in PARTS])}\n" for name in names]
    return HEAD.read_text("utf8") + "\n".join(["", *lines, "", "## How, and why not", "", *notes]).rstrip() + "\n"


def _shown(part: str) -> str:
    return part if " " in part else f"`{part}`"


def _notes(parts: list[tuple[str, Capability]]) -> str:
    """One line for each run of parts that are expressed alike."""
    lines = []
    for capability, members in groupby(parts, key=lambda pair: pair[1]):
        shown = ", ".join(_shown(part) for part, _ in members)
        lines.append(f"- {_SIGNS[capability.ability]} {shown}: {capability.note or capability.ability}")
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"wrote {TARGET}")
