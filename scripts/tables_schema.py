"""Write the column tables of the pages from the written schema: ``python scripts/tables_schema.py``."""

from __future__ import annotations

import re
from pathlib import Path

from critparse.exports.tables.columns import BATCH_TABLES, TABLES, Column

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = (DOCS / "tables.md", DOCS / "batch.md")


def filled(page: str) -> str:
    """The page with everything between its markers ``<!-- columns of X -->`` and ``<!-- end -->`` made anew."""
    for name, columns in (BATCH_TABLES | TABLES).items():
        begin = f"<!-- columns of {name} -->\n"
        page = re.sub(
            re.escape(begin) + "(?s:.*?)<!-- end -->", lambda _, b=begin, c=columns: f"{b}{_table(c)}<!-- end -->", page
        )
    return page


def _table(columns: tuple[Column, ...]) -> str:
    rows = [f"| `{c.name}` | {c.type}{'' if c.always else ', or null'} | {c.description} |\n" for c in columns]
    return "".join(["| column | type | holds |\n|---|---|---|\n", *rows])


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
