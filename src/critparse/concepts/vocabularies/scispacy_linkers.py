"""scispaCy's own linkers as vocabularies, where a user has their files; the network is never touched.

``umls``, ``mesh``, ``rxnorm``, ``go`` and ``hpo`` (and whatever was put into scispaCy's ``DEFAULT_PATHS``) are looked
for in scispaCy's cache, where using the linker once has left them; a folder must hold the four files of a linker
(nmslib_index.bin, tfidf_vectorizer.joblib, tfidf_vectors_sparse.npz, concept_aliases.json) and its knowledge base, one
.jsonl file. The vectorizer is a pickle: use only files that you trust.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from critparse.concepts.vocabularies import knowledge
from critparse.concepts.vocabularies.forms import query_forms, stored_form
from critparse.concepts.vocabularies.model import NAMED, VocabularyConcept, VocabularyHit
from critparse.errors import VocabularyError

if TYPE_CHECKING:
    from scispacy.candidate_generation import CandidateGenerator, LinkerPaths

PREFIX = "scispacy:"
_NEIGHBOURS = 30
_MEMORY = 10_000
_SYSTEMS = (
    (re.compile(r"C\d{7}"), "UMLS"),
    (re.compile(r"[CDM]\d{6,9}"), "MESH"),
    (re.compile(r"GO:\d+"), "GO"),
    (re.compile(r"HP:\d+"), "HPO"),
)


class _Files(NamedTuple):
    """The local files of a linker."""

    paths: LinkerPaths
    knowledge_base: str


class ScispacyVocabulary:
    """A linker of scispaCy. Its files (umls: some gigabytes) are read at the first question; pickled by name."""

    def __init__(self, given: str) -> None:
        """``given``: the name of a linker, or a folder.

        Raises:
            VocabularyError: the linker is not known, or its files are not all there.
        """
        self.given = given
        self._files = _found(given)
        self._look_up = functools.lru_cache(_MEMORY)(self._lookup)
        self._similar = functools.lru_cache(_MEMORY)(self._neighbours)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.given,)

    @property
    def name(self) -> str:
        return PREFIX + self.given

    def lookup(self, text: str, label: str | None = None) -> list[VocabularyHit]:
        """The concepts of which ``text`` is an alias, in any case, number and spelling; the score is 1."""
        return list(self._look_up(text, label))

    def by_code(self, system: str, code: str) -> list[VocabularyHit]:
        """The concept of an id of the knowledge base: ("UMLS", "C0011849"), ("MESH", "D003924")."""
        for id_ in (code, f"{system}:{code}"):
            entity = self._generator.kb.cui_to_entity.get(id_)
            if entity is not None and self._system(id_) == system:
                return [self._hit(id_, 1.0, entity.canonical_name)]
        return []

    def candidates(self, text: str, limit: int = 10, label: str | None = None) -> list[VocabularyHit]:
        """The nearest concepts by trigrams; the score is scispaCy's cosine."""
        hits = [hit for hit in self._similar(text) if self._suits(hit, label)]
        return hits[:limit]

    # --- answers

    def _lookup(self, text: str, label: str | None) -> tuple[VocabularyHit, ...]:
        forms = frozenset(query_forms(text))
        if not forms:
            return ()
        known = self._generator.kb.alias_to_cuis
        given = text.strip()
        spelled = (given, given.lower(), given.capitalize(), given.title())
        ids = {id_: alias for alias in reversed(spelled) for id_ in known.get(alias, ())}
        if not ids:
            ids = {
                hit.concept.codes[0][1]: hit.matched for hit in self._similar(text) if stored_form(hit.matched) in forms
            }
        hits = (self._hit(id_, 1.0, alias) for id_, alias in sorted(ids.items()))
        named = [hit for hit in hits if self._suits(hit, label)]
        # the concept that is called so before those that are called so among other things
        return tuple(sorted(named, key=lambda hit: stored_form(hit.concept.name) not in forms))

    def _neighbours(self, text: str) -> tuple[VocabularyHit, ...]:
        if stored_form(text) is None:
            return ()
        (found,) = self._generator([text], _NEIGHBOURS)
        hits = []
        for candidate in found:
            score, alias = max(zip(candidate.similarities, candidate.aliases, strict=True))
            if score > 0:
                hits.append(self._hit(candidate.concept_id, min(round(float(score), 4), 1.0), alias))
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.concept.codes)))

    def _hit(self, id_: str, score: float, alias: str) -> VocabularyHit:
        entity = self._generator.kb.cui_to_entity[id_]
        kinds = knowledge.domains(knowledge.UMLS)
        domain = next((kinds[tui] for tui in entity.types if tui in kinds), "")
        concept = VocabularyConcept(_number(id_), entity.canonical_name, ((self._system(id_), id_),), domain, True)
        return VocabularyHit(concept, score, NAMED, alias)

    def _suits(self, hit: VocabularyHit, label: str | None) -> bool:
        return knowledge.agreement(hit.concept.domain, label) > 0

    def _system(self, id_: str) -> str:
        own = Path(self.given).name.upper()
        return next((system for pattern, system in _SYSTEMS if pattern.fullmatch(id_)), own)

    @functools.cached_property
    def _generator(self) -> CandidateGenerator:
        from scispacy.candidate_generation import CandidateGenerator
        from scispacy.linking_utils import KnowledgeBase

        try:
            aliases, vectorizer, index = self._files.paths.load()
            kb = KnowledgeBase(self._files.knowledge_base)
        except Exception as error:  # a damaged file may fail in json, scipy, sklearn or nmslib, each in its way
            raise VocabularyError(where=self.name, reason=f"its files cannot be read ({error})") from error
        # all four, or scispaCy would fetch what is missing
        return CandidateGenerator(index, vectorizer, aliases, kb)


def _number(id_: str) -> int:
    digits = "".join(char for char in id_ if char.isdecimal() and char.isascii())
    return int(digits[:15] or 0)


# --- files


def _found(given: str) -> _Files:
    from scispacy.candidate_generation import DEFAULT_KNOWLEDGE_BASES, DEFAULT_PATHS, LinkerPaths

    if given in DEFAULT_PATHS and given in DEFAULT_KNOWLEDGE_BASES:
        wanted = [*DEFAULT_PATHS[given], _file_of(DEFAULT_KNOWLEDGE_BASES[given])]
        *paths, base = (_cached(place) for place in wanted)
        missing = [str(place) for place, local in zip(wanted, [*paths, base], strict=True) if local is None]
        if missing:
            reason = (
                "critparse does not fetch anything, and scispaCy has no copy of "
                f"{', '.join(place.rpartition('/')[2] for place in missing)}; to get it, run once, with a network: "
                f'python -c "from scispacy.candidate_generation import *; CandidateGenerator(name={given!r})"'
            )
            raise VocabularyError(where=PREFIX + given, reason=reason)
        return _Files(LinkerPaths(*paths), str(base))
    folder = Path(given)
    if not folder.is_dir():
        known = ", ".join(sorted(DEFAULT_PATHS))
        raise VocabularyError(where=PREFIX + given, reason=f"there is no such linker ({known}) and no such folder")
    return _in_folder(folder, LinkerPaths.from_directory(folder))


def _in_folder(folder: Path, paths: LinkerPaths) -> _Files:
    missing = [Path(path).name for path in paths if not Path(path).is_file()]
    bases = sorted(folder.glob("*.jsonl"))
    if missing or len(bases) != 1:
        lacks = ", ".join(missing) or "one knowledge base (*.jsonl)"
        raise VocabularyError(where=f"{PREFIX}{folder}", reason=f"the folder has not {lacks}")
    return _Files(paths, str(bases[0]))


def _file_of(knowledge_base: Any) -> str:
    """Where a class of knowledge bases reads from unless it is told."""
    parameter = inspect.signature(knowledge_base.__init__).parameters.get("file_path")
    return str(parameter.default) if parameter is not None and parameter.default else ""


def _cached(place: str) -> str | None:
    """The local file of an address (or of a local path): the newest copy that scispaCy has fetched."""
    if not place.startswith(("http://", "https://")):
        return place if place and Path(place).is_file() else None
    from scispacy.file_cache import DATASET_CACHE

    # as scispacy.file_cache names them: the hash of the address, perhaps that of the ETag, the name
    stem, name = sha256(place.encode()).hexdigest(), place.rpartition("/")[2]
    copies: Iterable[Path] = (Path(DATASET_CACHE)).glob(f"{stem}.*")
    found = [path for path in copies if path.name.endswith(f".{name}") and path.is_file()]
    return str(max(found, key=lambda path: (path.stat().st_mtime, path.name))) if found else None
