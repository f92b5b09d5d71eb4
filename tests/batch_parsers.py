"""Parsers for tests of batches: quick, without any knowledge, and with faults to order."""

from __future__ import annotations

import os
import signal
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from critparse.documents import DocumentParser
from critparse.errors import ResourceError
from critparse.schema import Criterion, ParsedTrial, ParserInfo, Span, Subject, Unstructured
from critparse.sources.record import Record


@dataclass(frozen=True, slots=True)
class LineParser(DocumentParser):
    """Every line of the eligibility text is a criterion. A line may also order a fault:

    ``hang``; ``fail``; ``eat`` memory until there is none; ``grow`` by 300 MB; ``die``; ``die once PATH``, unless that
    file is there; ``wait SECONDS``. ``broken``: nothing can be loaded.
    """

    broken: str = ""

    def load(self) -> LoadedLineParser:  # type: ignore[override]
        if self.broken == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.broken:
            raise ResourceError(file=self.broken, reason="no such file")
        return LoadedLineParser()


class LoadedLineParser:
    def chunk(self) -> AbstractContextManager[None]:
        return nullcontext()

    def __call__(self, record: Record) -> ParsedTrial:
        text = record.texts[0]
        for line in text.text.split("\n"):
            _obey(line.split())
        criteria, start = [], 0
        for number, line in enumerate(text.raw.split("\n"), 1):
            span = Span(text_id=text.id, start=start, end=start + len(line))
            start += len(line) + 1
            rule = Unstructured(
                reason="a test", subject=Subject(text=line, spans=(span,)), evidence=(span,), confidence=0.5
            )
            criteria.append(Criterion(id=f"I{number}", kind="inclusion", span=span, text=line, marker="", rule=rule))
        return ParsedTrial(
            parser=ParserInfo(name="test", version="0", model="none"),
            trial_id=record.trial_id,
            title=record.title,
            source_format=record.source_format,
            texts=tuple(text.source() for text in record.texts),
            registry=record.registry,
            criteria=tuple(criteria),
        )


def _obey(words: list[str]) -> None:
    match words:
        case ["hang"]:
            time.sleep(3600)
        case ["wait", seconds]:
            time.sleep(float(seconds))
        case ["fail"]:
            raise LookupError("ordered")
        case ["grow"]:
            grown = bytearray(os.urandom(1)) * 300_000_000
            del grown
        case ["eat"]:
            eaten = []
            while True:
                eaten.append(bytearray(b"x") * 50_000_000)
        case ["die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["die", "once", path]:
            if not Path(path).exists():
                Path(path).touch()
                os.kill(os.getpid(), signal.SIGKILL)
