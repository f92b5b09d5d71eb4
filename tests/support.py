"""What several test files need: where things are, scripts as modules, walks over models and rules."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from critparse.schema import Rule, Span

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CRITPARSE_SHARED", ROOT.parent / "shared"))
FIRST_TRIAL = ROOT / "corpora" / "NCT01741857.txt"
Run = Callable[..., tuple[int, str, str]]
"""The fixture ``run``: from arguments (and ``stdin``) to exit code, stdout, stderr."""


def module_at(path: str) -> ModuleType:
    """The Python file, given from the root of the checkout, as a module that is registered nowhere."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spans_in(value: Any) -> Iterator[Span]:
    """Every span anywhere in a model."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from spans_in(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from spans_in(item)


def rules_in(rule: Rule) -> Iterator[Rule]:
    """The rule and all rules in it."""
    yield rule
    for name in ("rule", "condition"):
        if isinstance(inner := getattr(rule, name, None), BaseModel):
            yield from rules_in(inner)  # type: ignore[arg-type]
    for inner in getattr(rule, "rules", ()):
        yield from rules_in(inner)
