"""The notation of corpora/conformance/README.md for every test that states rules: its renderer and its comparison.

Both are those of test_conformance.py. Under pytest's importlib mode test files do not find each other by name, so the
file is loaded by its place.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def module_at(path: Path) -> ModuleType:
    """The Python file as a module of its own, registered nowhere."""
    spec = importlib.util.spec_from_file_location(f"by_path_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_conformance = module_at(Path(__file__).with_name("test_conformance.py"))

expected_tree = _conformance.expected_tree
matches = _conformance.matches
shown = _conformance.shown
spans_of = _conformance.spans_of
tree_of = _conformance.tree_of
