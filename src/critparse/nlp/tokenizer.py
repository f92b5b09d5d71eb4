"""The spaCy tokenizer around :func:`critparse.lexicon.tokenize.split`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spacy import registry
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from critparse.lexicon.tokenize import split

_SURROGATE = re.compile("[\ud800-\udfff]")


class Tokenizer:
    """Callable ``text -> Doc``, without state of its own; ``doc.text`` is the text.

    Half a surrogate pair, which spaCy cannot store, becomes U+FFFD; offsets stay.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for piece in split(text if text.isascii() else _SURROGATE.sub("\ufffd", text)):
            if piece[0] == " " and words and not spaces[-1]:
                spaces[-1] = True  # spaCy keeps one blank with the word before it
                if piece == " ":
                    continue
                piece = piece[1:]
            words.append(piece)
            spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)

    def to_bytes(self, **_: Any) -> bytes:
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> Tokenizer:
        return self

    def to_disk(self, _path: str | Path, **_: Any) -> None:
        return None

    def from_disk(self, _path: str | Path, **_: Any) -> Tokenizer:
        return self


def make_tokenizer() -> Callable[[Language], Tokenizer]:
    """What ``[nlp.tokenizer]`` of a config asks for: a function that makes the tokenizer of a ``Language``."""
    return _tokenizer_of


def _tokenizer_of(nlp: Language) -> Tokenizer:
    return Tokenizer(nlp.vocab)


registry.tokenizers("critparse.Tokenizer.v1", func=make_tokenizer)
