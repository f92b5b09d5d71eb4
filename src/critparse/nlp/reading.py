"""What the pipeline says of a text, as plain values; who reads many may have those of short texts remembered.

A text's reading depends on nothing but the text: every component looks at one Doc, and the network runs on one text
at a time. So remembering changes no result. What depends on the document around it (its abbreviations, the list a
criterion stands in) is worked out behind this, from the readings.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from critparse.nlp.annotations import (
    AbbreviationAnnotation,
    MentionAnnotation,
    ModelAnnotation,
    abbreviations_of,
    errors_of,
    mentions_of,
    model_of,
)
from critparse.nlp.pipeline import shared

COMPONENTS = ("critparse_lexicon", "critparse_abbreviations")
"""The pipeline of a parse; negation is read with the rules, which know the names and limits it must not cross."""
MODEL = "critparse_model"
"""The component that a parse with the trained model has besides."""
REMEMBERED_CHARACTERS = 200
"""Longer texts are not remembered: of 3,141 criteria of registry records that came again, 3,035 were no longer."""
_REMEMBERED = 8192  # texts; some 25 MB


class TextReading(NamedTuple):
    """Dictionary mentions, definitions of abbreviations, what the model says (if asked), what failed (if it did)."""

    mentions: tuple[MentionAnnotation, ...]
    definitions: tuple[AbbreviationAnnotation, ...]
    model: ModelAnnotation | None
    failure: str | None


class Memory:
    """The readings of the texts that came last, ``size`` at most; may be used by several threads."""

    def __init__(self, size: int = _REMEMBERED) -> None:
        self._size = size
        self._readings: dict[tuple[str, bool], TextReading] = {}
        self._lock = threading.Lock()

    def get(self, text: str, model: bool) -> TextReading | None:
        """The reading, which is then the last to be forgotten."""
        with self._lock:
            found = self._readings.pop((text, model), None)
            if found is not None:
                self._readings[text, model] = found
            return found

    def put(self, text: str, model: bool, reading: TextReading) -> None:
        """Remember a reading, unless the text is too long, or something failed on it."""
        if len(text) > REMEMBERED_CHARACTERS or reading.failure is not None:
            return
        with self._lock:
            self._readings[text, model] = reading
            if len(self._readings) > self._size:
                del self._readings[next(iter(self._readings))]


_MEMORY: ContextVar[Memory] = ContextVar("_MEMORY")


def read_texts(texts: Sequence[str], *, model: bool) -> list[TextReading]:
    """The readings of texts, each read once; within :func:`remembering`, those that were read before are not read.

    Raises:
        ResourceError: the model is wanted, and a file of it is missing or damaged.
    """
    memory = _MEMORY.get(None) or Memory(0)
    found = {text: known for text in dict.fromkeys(texts) if (known := memory.get(text, model)) is not None}
    unread = [text for text in dict.fromkeys(texts) if text not in found]
    for text, doc in zip(unread, shared(_components(model)).pipe(unread), strict=True):
        failure = "; ".join(f"{component}: {why}" for component, why in errors_of(doc))
        reading = TextReading(
            mentions=tuple(mentions_of(doc)),
            definitions=tuple(abbreviations_of(doc)),
            model=model_of(doc) if model else None,
            failure=failure or None,
        )
        found[text] = reading
        memory.put(text, model, reading)
    return [found[text] for text in texts]


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """Inside, :func:`read_texts` uses this memory (in this thread, or task)."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


@contextmanager
def forgetting_words(*, model: bool) -> Iterator[None]:
    """Inside, spaCy keeps the words of texts only until the end: its vocabulary, else, grows with every new word.

    For one thread of a process; blocks do not nest.
    """
    with shared(_components(model)).memory_zone():
        yield


def _components(model: bool) -> tuple[str, ...]:
    return (*COMPONENTS, MODEL) if model else COMPONENTS
