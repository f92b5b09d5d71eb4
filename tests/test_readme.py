"""The README shows what the program prints."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "export_readme.py"


def test_the_demo_output_is_up_to_date() -> None:
    """README.md holds today's output of ``make demo``; ``make docs`` writes it."""
    spec = importlib.util.spec_from_file_location("export_readme", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.TARGET.read_text(encoding="utf-8") == script.rendered()
