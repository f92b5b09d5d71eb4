"""Write what ``make demo`` prints into README.md, between its markers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "README.md"
RECORD = "corpora/NCT01741857.txt"
BEGIN, END = "<!-- demo output: begin -->\n```\n", "```\n<!-- demo output: end -->"
WIDTH = "100"


def demo() -> str:
    """The output of the two commands of ``make demo`` in a pipe of fixed width."""
    environment = {**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1"}
    commands = (["parse", RECORD], ["check", RECORD, "--fail-on", "never"])
    return "\n".join(
        subprocess.run(
            [sys.executable, "-m", "critparse", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
        for command in commands
    )


def rendered() -> str:
    """The README with today's output."""
    text = TARGET.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = "\n".join(line.rstrip() for line in demo().splitlines())
    return f"{head}{BEGIN}{lines}\n{END}{tail}"


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"wrote {TARGET}")
