"""What several test files need: where things are, scripts as modules, walks over models and rules."""

from __future__ import annotations

import gc
import importlib.util
import os
import time
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from pydantic import BaseModel

from critparse.schema import Rule, Span

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CRITPARSE_SHARED", ROOT.parent / "shared"))
FIRST_TRIAL = ROOT / "corpora" / "NCT01741857.txt"
Run = Callable[..., tuple[int, str, str]]
"""The fixture ``run``: from arguments (and ``stdin``) to exit code, stdout, stderr."""


class Page(HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in {"meta", "br", "link", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self.open[-1] if self.open else "", data))

    def text_of(self, tag: str) -> list[str]:
        """The words right inside the elements of a kind."""
        return [data for where, data in self.words if where == tag]

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute."""
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def needed(package: str) -> bool:
    """Whether a program must be there: CI has installed it, and says so."""
    return package in os.environ.get("CRITPARSE_TESTS_NEED", "").split()


def skip_without(package: str, reason: str) -> NoReturn:
    """Skip a test for want of a program; fail where it must be there."""
    if needed(package):
        pytest.fail(f"{package} should be here: {reason}")
    pytest.skip(reason)


def module_at(path: str) -> ModuleType:
    """The Python file, given from the root of the checkout, as a module that is registered nowhere."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cpu_seconds(work: Callable[[], object], runs: int = 1) -> float:
    """Processor seconds of the quickest run, without the garbage collector's.

    What other processes do, and the heap of all the tests before, are no business of the code under test.
    """
    taken = []
    gc.disable()
    try:
        for _ in range(runs):
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
    finally:
        gc.enable()
    return min(taken)


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
