"""The stages of a parse, and what others need for the same texts, in criteria a second of one core.

Time is the processor's (``time.process_time``), of the best of several rounds: what else runs on the machine disturbs
that least. All stages take turns within a round, so that a machine that slows down slows all of them.
"""

from __future__ import annotations

import importlib.util
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import spacy
from suite_texts import Material

from critparse.checks import run as run_checks
from critparse.nlp.model import default_model
from critparse.nlp.pipeline import shared
from critparse.parser import annotate, parse_record
from critparse.rules.build import read_criterion
from critparse.schema import Span
from critparse.segment import segment

FLOOR = "spacy-tokenizer"
"""The stage that all others are compared with: spaCy's own tokenizer for English, and nothing else."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Something that is timed. ``criteria``: how many one run works on."""

    name: str
    what: str
    run: Callable[[], object]
    criteria: int


def stages(material: Material, *, quick: bool) -> list[Stage]:
    """All stages that can be run here, the floor first; with ``quick``, a baseline has fewer texts."""
    texts = list(material.criteria)
    return [
        *_baselines(texts[: len(texts) // 4] if quick else texts, texts),
        *_own(material, texts),
    ]


def measure(found: Sequence[Stage], rounds: int) -> list[dict[str, Any]]:
    """Criteria a second of each stage, at best and at worst, and ``cost``: the time relative to the floor's."""
    seconds: dict[str, list[float]] = {stage.name: [] for stage in found}
    for turn in range(rounds + 1):
        for stage in found:
            begin = time.process_time()
            stage.run()
            if turn:  # the first fills caches
                seconds[stage.name].append((time.process_time() - begin) / stage.criteria)
    floor = min(seconds[FLOOR])
    return [
        {
            "name": stage.name,
            "what": stage.what,
            "criteria_per_second": round(1 / min(seconds[stage.name]), 1),
            "slowest_round": round(1 / max(seconds[stage.name]), 1),
            "cost": round(min(seconds[stage.name]) / floor, 2),
        }
        for stage in found
    ]


def _own(material: Material, texts: Sequence[str]) -> list[Stage]:
    count = len(texts)
    tokenizer = shared(("critparse_lexicon", "critparse_abbreviations")).make_doc
    annotated = annotate(texts, model=True)
    documents = [parse_record(record) for record in material.records]

    def rules() -> None:
        for text, found in zip(texts, annotated, strict=True):
            read_criterion(
                text, found.mentions, _place, raw=text, kind="inclusion", entity_numbers=itertools.count(1),
                model=found.model, linker=found.linker,
            )  # fmt: skip

    def whole(model: bool) -> Callable[[], object]:
        return lambda: [run_checks(parse_record(record, model=model)) for record in material.records]

    model = default_model()
    return [
        Stage("tokenizer", "critparse's tokenizer", lambda: [tokenizer(text) for text in texts], count),
        Stage("segment", "text into criteria", lambda: [_segmented(record) for record in material.records], count),
        Stage("lexicon", "dictionary and abbreviations", lambda: annotate(texts, model=False), count),
        Stage("model", "entities and relations of the trained model", lambda: [model.read(t) for t in texts], count),
        Stage("rules", "quantities, rules, concepts", rules, count),
        Stage("checks", "all checks of a document", lambda: [run_checks(document) for document in documents], count),
        Stage("json", "the document as JSON", lambda: [document.model_dump_json() for document in documents], count),
        Stage("parse-no-model", "everything but the trained model", whole(model=False), count),
        Stage("parse", "everything: text to document with findings", whole(model=True), count),
    ]


def _segmented(record: Any) -> list[object]:
    return [segment(text.text) for text in record.texts if text.id == "eligibility"]


def _place(start: int, end: int) -> Span:
    return Span(text_id="criterion", start=start, end=end)


def _baselines(some: Sequence[str], texts: Sequence[str]) -> list[Stage]:
    blank = spacy.blank("en")
    found = [Stage(FLOOR, "spaCy's tokenizer for English", lambda: [blank.make_doc(t) for t in texts], len(texts))]
    untrained = _untrained()
    found.append(
        Stage("spacy-small", "spaCy: tagger, parser, names (the size of en_core_web_sm, untrained)",
              lambda: list(untrained.pipe(some)), len(some))
    )  # fmt: skip
    for package in ("en_core_web_sm", "en_core_sci_sm"):
        if importlib.util.find_spec(package) is not None:
            pipeline = spacy.load(package)
            found.append(Stage(package, f"{package} {pipeline.meta['version']}",
                               lambda pipeline=pipeline: list(pipeline.pipe(some)), len(some)))  # type: ignore[misc]  # fmt: skip
    return found


def _untrained() -> spacy.Language:
    """The components of en_core_web_sm with its network (4 layers of width 96), weights by chance: its speed.

    The packages of trained pipelines are not on PyPI; where one is installed, it is timed as well.
    """
    from spacy.training import Example
    from thinc.api import fix_random_seed

    fix_random_seed(0)
    nlp = spacy.blank("en")
    network = {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2", "width": 96, "rows": [5000, 1000, 2500, 2500],
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"], "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 96, "depth": 4, "window_size": 1,
            "maxout_pieces": 3,
        },
    }  # fmt: skip
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96}
    parser = {"@architectures": "spacy.TransitionBasedParser.v2", "extra_state_tokens": False, "hidden_width": 64,
              "maxout_pieces": 2, "use_upper": True, "tok2vec": listener}  # fmt: skip
    nlp.add_pipe("tok2vec", config={"model": network})
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}})
    nlp.add_pipe("parser", config={"model": {**parser, "state_type": "parser"}})
    nlp.add_pipe("ner", config={"model": {**parser, "state_type": "ner"}})
    doc = nlp.make_doc("Patients with asthma")
    said = {"tags": ["NNS", "IN", "NN"], "heads": [0, 0, 1], "deps": ["ROOT", "prep", "pobj"],
            "entities": [(14, 20, "DISEASE")]}  # fmt: skip
    nlp.initialize(lambda: [Example.from_dict(doc, said)])
    return nlp
