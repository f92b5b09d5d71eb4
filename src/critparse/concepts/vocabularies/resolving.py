"""From what stands behind ``--vocab`` to a vocabulary."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from critparse.concepts.vocabularies.folder import SUFFIX, names, path_of
from critparse.concepts.vocabularies.model import VocabularyLike
from critparse.concepts.vocabularies.vocabulary import Vocabulary
from critparse.errors import UnknownVocabulary

_SCISPACY = "scispacy:"


def resolve(given: str) -> VocabularyLike:
    """The vocabulary of a name, of a path to its file, or of ``scispacy:`` and a linker's name or folder.

    Raises:
        UnknownVocabulary: none of that name was built; says which is nearest, or which there are.
        VocabularyError: the file, or the linker's files, cannot be used.
    """
    if given.startswith(_SCISPACY):
        from critparse.concepts.vocabularies.scispacy_linkers import ScispacyVocabulary

        return ScispacyVocabulary(given.removeprefix(_SCISPACY))
    if given.endswith(SUFFIX) or "/" in given or "\\" in given:
        return Vocabulary.open(Path(given))
    return built(given)


def built(name: str) -> Vocabulary:
    """The vocabulary that was built under that name. Raises as :func:`resolve`."""
    if not path_of(name).is_file():
        raise UnknownVocabulary(where=name, hint=hint(name))
    return Vocabulary.open(name)


def hint(name: str) -> str:
    """What to say behind a name that there is not."""
    known = names()
    if not known:
        return "; make one with: critparse vocab build"
    near = get_close_matches(name, known, n=1)
    if near:
        return f" (did you mean {near[0]!r}?)"
    return f" (there is: {', '.join(known)[:300]})"
