"""The README shows what the program prints."""

from __future__ import annotations

from support import module_at


def test_the_demo_output_is_up_to_date() -> None:
    """README.md holds today's output of ``make demo``; ``make docs`` writes it."""
    script = module_at("scripts/export_readme.py")
    assert script.TARGET.read_text(encoding="utf-8") == script.rendered()
