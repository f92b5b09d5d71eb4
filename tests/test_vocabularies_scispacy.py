"""scispaCy's linkers as vocabularies: from a folder, from its cache, never from the network."""

from __future__ import annotations

import json
import pickle
import socket
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from critparse.concepts.vocabularies import link, resolve
from critparse.concepts.vocabularies.scispacy_linkers import ScispacyVocabulary
from critparse.errors import VocabularyError
from critparse.schema import Concept

ENTITIES: list[dict[str, Any]] = [
    {"concept_id": "C0011860", "canonical_name": "Diabetes Mellitus, Non-Insulin-Dependent",
     "aliases": ["Type 2 diabetes mellitus", "type 2 diabetes"], "types": ["T047"]},
    {"concept_id": "C0011854", "canonical_name": "Diabetes Mellitus, Insulin-Dependent",
     "aliases": ["Type 1 diabetes mellitus", "type 1 diabetes"], "types": ["T047"]},
    {"concept_id": "C0032952", "canonical_name": "prednisone", "aliases": ["Deltasone"], "types": ["T109", "T121"]},
    {"concept_id": "C0002871", "canonical_name": "Anemia", "aliases": ["Anaemia"], "types": ["T047"]},
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linker of four concepts, in scispaCy's own files (whose builder fails with the scipy of today)."""
    import joblib
    import nmslib
    import numpy as np
    import scipy.sparse
    from scispacy.candidate_generation import LinkerPaths
    from sklearn.feature_extraction.text import TfidfVectorizer

    place = tmp_path_factory.mktemp("linker")
    (place / "kb.jsonl").write_text("".join(json.dumps(entity) + "\n" for entity in ENTITIES))
    names = sorted({name for entity in ENTITIES for name in (entity["canonical_name"], *entity["aliases"])})
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=1, dtype=np.float32)
    vectors = vectorizer.fit_transform(names)
    index = nmslib.init(method="hnsw", space="cosinesimil_sparse", data_type=nmslib.DataType.SPARSE_VECTOR)
    index.addDataPointBatch(vectors)
    index.createIndex({"M": 16, "efConstruction": 200, "indexThreadQty": 1, "post": 0})
    paths = LinkerPaths.from_directory(place)
    index.saveIndex(paths.ann_index)
    joblib.dump(vectorizer, paths.tfidf_vectorizer)
    scipy.sparse.save_npz(paths.tfidf_vectors, vectors)
    Path(paths.concept_aliases_list).write_text(json.dumps(names))
    return place


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_exact_aliases_score_one(folder: Path) -> None:
    """In any case, number, spelling and order; the concept of that alias only."""
    linker = resolve(f"scispacy:{folder}")
    for text in ("type 2 diabetes", "TYPE 2 DIABETES MELLITUS", "Non insulin dependent diabetes mellitus"):
        (hit,) = linker.lookup(text, "Condition")
        assert (hit.concept.codes, hit.score, hit.method) == ((("UMLS", "C0011860"),), 1.0, "vocabulary")
    assert linker.lookup("anaemias")[0].concept.name == "Anemia"
    assert linker.lookup("type 3 diabetes") == linker.lookup("") == []


def test_labels_have_to_agree(folder: Path) -> None:
    """By the semantic types of the knowledge base."""
    linker = resolve(f"scispacy:{folder}")
    assert linker.lookup("prednisone", "Condition") == [] != linker.lookup("prednisone", "Drug")
    assert {hit.concept.domain for hit in linker.candidates("diabetes", label="Drug")} <= {"Organic Chemical"}


def test_others_are_candidates(folder: Path) -> None:
    """With scispaCy's cosine, best first."""
    hits = resolve(f"scispacy:{folder}").candidates("tipe 2 diabetis", limit=2)
    assert hits[0].concept.codes == (("UMLS", "C0011860"),) and 0 < hits[0].score < 1
    assert len(hits) == 2 and hits[0].score >= hits[1].score


def test_codes_and_linking(folder: Path) -> None:
    """A CUI that critparse has found is known; the words are looked up otherwise."""
    linker = resolve(f"scispacy:{folder}")
    assert linker.by_code("UMLS", "C0002871")[0].concept.name == "Anemia"
    assert linker.by_code("MESH", "C0002871") == linker.by_code("UMLS", "C9999999") == []
    found = [Concept(system="MESH", code="D003924", display="x", score=1, method="exact")]
    assert [(c.system, c.code) for c in link(linker, "type 2 diabetes", "Condition", found)] == [("UMLS", "C0011860")]


def test_pickled_by_name(folder: Path) -> None:
    """Another process reads the files itself."""
    linker = ScispacyVocabulary(str(folder))
    assert pickle.loads(pickle.dumps(linker)).lookup("anemia") == linker.lookup("anemia")


def test_incomplete_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    """What is missing is named."""
    with pytest.raises(VocabularyError, match=r"the folder has not nmslib_index\.bin"):
        resolve(f"scispacy:{tmp_path}")
    for path in folder.iterdir():
        if path.suffix != ".jsonl":
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(VocabularyError, match="one knowledge base"):
        resolve(f"scispacy:{tmp_path}")


def test_damaged_files_are_refused(folder: Path, tmp_path: Path) -> None:
    """With the first question."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "kb.jsonl").write_text("{")
    with pytest.raises(VocabularyError, match="cannot be read"):
        resolve(f"scispacy:{tmp_path}").lookup("anemia")


def test_the_cache_is_used_and_nothing_fetched(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are found as scispaCy names them, with and without ETag; without them, the error says how to get them."""
    from scispacy import candidate_generation, file_cache

    monkeypatch.setattr(file_cache, "DATASET_CACHE", str(tmp_path))
    with pytest.raises(VocabularyError, match=r"no copy of nmslib_index\.bin.*CandidateGenerator\(name='umls'\)"):
        resolve("scispacy:umls")
    places = [*candidate_generation.DEFAULT_PATHS["umls"]]
    locals_ = [*candidate_generation.LinkerPaths.from_directory(folder)]
    knowledge_base = "https://s3-us-west-2.amazonaws.com/ai2-s2-scispacy/data/kbs/2023-04-23/umls_2022_ab_cat0129.jsonl"
    for number, (place, local) in enumerate(
        zip([*places, knowledge_base], [*locals_, str(folder / "kb.jsonl")], strict=True)
    ):
        name = file_cache.url_to_filename(place, f'"etag{number}"' if number % 2 else None)
        assert name.startswith(sha256(place.encode()).hexdigest())
        (tmp_path / name).write_bytes(Path(local).read_bytes())
        (tmp_path / f"{name}.json").write_text("{}")
    linker = resolve("scispacy:umls")
    assert linker.name == "scispacy:umls"
    assert linker.lookup("Deltasone", "Drug")[0].concept.codes == (("UMLS", "C0032952"),)


def test_added_linkers_are_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds to scispaCy's tables can use the name."""
    from scispacy import candidate_generation
    from scispacy.linking_utils import KnowledgeBase

    class Own(KnowledgeBase):  # type: ignore[misc]
        def __init__(self, file_path: str = str(folder / "kb.jsonl")) -> None:
            super().__init__(file_path)

    monkeypatch.setitem(
        candidate_generation.DEFAULT_PATHS, "own", candidate_generation.LinkerPaths.from_directory(folder)
    )
    monkeypatch.setitem(candidate_generation.DEFAULT_KNOWLEDGE_BASES, "own", Own)
    assert resolve("scispacy:own").lookup("prednisone")
    with pytest.raises(VocabularyError, match=r"no such linker \(.*own"):
        resolve("scispacy:other")
