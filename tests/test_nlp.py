from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from support import cpu_seconds

from critparse.errors import ResourceError
from critparse.lexicon.tokenize import split
from critparse.nlp import lexicon as lexicon_module
from critparse.nlp.abbreviations import conflicts, plausible, resolve
from critparse.nlp.annotations import (
    AbbreviationAnnotation,
    MentionAnnotation,
    abbreviations_of,
    errors_of,
    mentions_of,
)
from critparse.nlp.negation import NegationScope, negation_scopes
from critparse.nlp.pipeline import DEFAULT, MAX_LENGTH, load, shared
from critparse.nlp.tokens import Tokens

TEXTS = [
    "",
    "   ",
    "History of hypertension, asthma or type 2 diabetes mellitus (T2DM)",
    "No known diabetes mellitus, and must have a body mass index (BMI) ≥18.5kg/m²",
    "Non-small cell lung cancer\n  without  cirrhosis;\tprevious aspirin",
    "Ångström … 慢性 hepatitis B – « none »",
]


@pytest.fixture(scope="module")
def nlp() -> Language:
    """The default pipeline, shared by the tests that do not change it."""
    return load()


def found(nlp: Language, text: str) -> list[tuple[list[MentionAnnotation], list[AbbreviationAnnotation]]]:
    """Everything the components say of a text."""
    doc = nlp(text)
    return [(mentions_of(doc), abbreviations_of(doc))]


# --- tokens ----------------------------------------------------------------------------------------------------------

MESSY = st.text() | st.text(alphabet=" \t\n\u00a0aB1.,≥<>=/-x()'’é̈慢😀", max_size=40)


@given(MESSY)
def test_tokens_joined_are_the_text(text: str) -> None:
    """Cutting loses and adds nothing."""
    assert "".join(split(text)) == text


@given(MESSY)
def test_a_doc_has_the_text_it_was_made_from(text: str) -> None:
    """doc.text is the text, so that offsets into one are offsets into the other."""
    assert shared().make_doc(text).text == text


@given(MESSY)
def test_the_token_stream_has_exact_offsets(text: str) -> None:
    """Every word of Tokens stands where its offsets say, and only white space is left out."""
    tokens = Tokens.of(text)
    assert [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)] == tokens.words
    assert "".join(tokens.words) == "".join(piece for piece in split(text) if not piece.isspace())


def test_half_a_surrogate_pair_is_replaced_and_offsets_stay() -> None:
    """A lone surrogate cannot be stored by spaCy; the mention after one keeps its place."""
    doc = load()("\ud800 asthma")
    assert doc.text == "\ufffd asthma"
    assert [(m.start, m.end) for m in mentions_of(doc)] == [(2, 8)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ANC≥1.5x10^9/L", ["ANC", "≥", "1.5", "x", "10", "^", "9", "/", "L"]),
        ("HbA1c>7.0%", ["HbA1c", ">", "7.0", "%"]),
        ("QTc<450ms", ["QTc", "<", "450", "ms"]),
        ("≥18yrs", ["≥", "18", "yrs"]),
        ("BMI 18.5–30.", ["BMI", "18.5", "–", "30", "."]),
        ("CD4+ count at L4", ["CD4", "+", "count", "at", "L4"]),
        ("Crohn's or Parkinson’s", ["Crohn's", "or", "Parkinson’s"]),
        ("2nd line", ["2nd", "line"]),
        ("mg/dL.", ["mg", "/", "dL", "."]),
        ("older than65", ["older", "than", "65"]),
    ],
)
def test_comparators_and_digits_are_cut_off_and_names_stay_whole(text: str, words: list[str]) -> None:
    """The tokenizer cuts what the grammar needs apart and keeps names with digits."""
    assert [token.text for token in shared().make_doc(text) if not token.is_space] == words


@pytest.mark.parametrize(
    ("text", "pieces", "forms"),
    [
        ("They DON’T smoke", ["They", "DO", "N’T", "smoke"], ["they", "do", "not", "smoke"]),
        ("isn´t able", ["is", "n´t", "able"], ["is", "not", "able"]),
        ("won't or can`t", ["wo", "n't", "or", "can`t"], ["will", "not", "or", "cannot"]),
        ("doesnt smoke", ["does", "nt", "smoke"], ["does", "not", "smoke"]),
        ("Crohn’s, NT-proBNP", ["Crohn’s", ",", "NT", "-", "proBNP"], ["crohn's", ",", "nt", "-", "probnp"]),
    ],
)
def test_a_contraction_is_read_as_its_words_whatever_its_apostrophe(
    text: str, pieces: list[str], forms: list[str]
) -> None:
    """The rules' tokens hold "do" and "not" for "don't"; their offsets are those of the text."""
    tokens = Tokens.of(text)
    assert (tokens.words, tokens.lower) == (pieces, forms)
    assert [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)] == pieces


# --- pipeline --------------------------------------------------------------------------------------------------------


def test_the_default_pipeline_has_three_components_in_order() -> None:
    """Every load gives a fresh pipeline; the shared one is one object."""
    first, second = load(), load()
    assert first is not second
    assert tuple(first.pipe_names) == DEFAULT
    assert first.max_length == MAX_LENGTH
    assert shared() is shared()


def test_components_can_be_chosen() -> None:
    """Only the named components run."""
    nlp = load(components=["critparse_abbreviations"])
    doc = nlp("Chronic kidney disease (CKD)")
    assert nlp.pipe_names == ["critparse_abbreviations"]
    assert mentions_of(doc) == []
    assert [found.short for found in abbreviations_of(doc)] == ["CKD"]


def test_an_unknown_component_is_refused() -> None:
    """The error is spaCy's own and names the factory."""
    with pytest.raises(ValueError, match="no_such_component"):
        load(components=["no_such_component"])


def test_the_pipeline_needs_nothing_unmet() -> None:
    """What each component requires is assigned by one before it."""
    assert not any(load().analyze_pipes()["problems"].values())


def test_the_nlp_package_and_its_pure_modules_import_without_spacy() -> None:
    """The package, the token stream, negation scopes and the typed readers are light."""
    code = (
        "import sys, critparse.nlp, critparse.nlp.negation, critparse.nlp.tokens, critparse.nlp.annotations,"
        " critparse.nlp.pipeline; sys.exit('spacy' in sys.modules)"
    )
    source = str(Path(lexicon_module.__file__).parents[2])
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": source}, check=False).returncode == 0


def test_nothing_warns_and_foreign_extensions_stay() -> None:
    """No W036 from scispaCy, and its global extension "abbreviations" is not set over another's."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp = load()
        nlp("Chronic kidney disease (CKD)")
        nlp("Nothing in brackets ( )")
    assert not Doc.has_extension("abbreviations")


# --- serialisation, processes, errors --------------------------------------------------------------------------------


def test_a_saved_pipeline_loads_and_finds_the_same(nlp: Language, tmp_path: Path) -> None:
    """to_disk and spacy.load keep tokenizer and components."""
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    assert loaded.pipe_names == nlp.pipe_names
    assert [found(loaded, text) for text in TEXTS] == [found(nlp, text) for text in TEXTS]
    assert "critparse.Tokenizer.v1" in (tmp_path / "pipeline" / "config.cfg").read_text()


def test_a_pipeline_goes_through_bytes(nlp: Language) -> None:
    """to_bytes and from_bytes are inverse."""
    assert found(load().from_bytes(nlp.to_bytes()), TEXTS[2]) == found(nlp, TEXTS[2])


def test_a_pipeline_pickles(nlp: Language) -> None:
    """Under spawn the components are pickled; none holds anything that does not pickle."""
    copy = pickle.loads(pickle.dumps(nlp))
    assert [found(copy, text) for text in TEXTS] == [found(nlp, text) for text in TEXTS]


def test_the_tokenizer_is_built_from_a_config() -> None:
    """[nlp.tokenizer] of a config names it."""
    config = {"nlp": {"lang": "en", "tokenizer": {"@tokenizers": "critparse.Tokenizer.v1"}}}
    nlp = spacy.util.get_lang_class("en").from_config(config)
    assert [token.text for token in nlp("ALT>3xULN")] == [
        "ALT",
        ">",
        "3",
        "x",
        "ULN",
    ]


@pytest.mark.parametrize("processes", [1, 2])
def test_streams_find_the_same_in_any_number_of_processes(nlp: Language, processes: int) -> None:
    """nlp.pipe gives, in order, what single calls give."""
    docs = nlp.pipe(TEXTS * 3, n_process=processes, batch_size=4)
    assert [[(mentions_of(doc), abbreviations_of(doc))] for doc in docs] == [found(nlp, text) for text in TEXTS] * 3


@pytest.mark.parametrize("through", ["bytes", "docbin"])
def test_annotations_survive_storage(nlp: Language, through: str) -> None:
    """to_bytes and DocBin (which makes tuples of lists) keep mentions, negation and definitions."""
    docs = [nlp(text) for text in TEXTS]
    if through == "bytes":
        stored = [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in docs]
    else:
        stored = list(DocBin().from_bytes(DocBin(docs=docs).to_bytes()).get_docs(nlp.vocab))
    assert [[(mentions_of(doc), abbreviations_of(doc))] for doc in stored] == [found(nlp, text) for text in TEXTS]


class _Failing:
    """A lexicon that fails on one text."""

    def match(self, text: str) -> list[object]:
        """Fail when told to."""
        if "poison" in text:
            raise RuntimeError("cannot match this")
        return []


def test_a_failing_document_is_marked_and_spares_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """All documents come back, in order, and the failed one says which component failed and why."""
    monkeypatch.setattr(lexicon_module, "default_lexicon", _Failing)
    docs = list(load().pipe(["one", "poison (P1)", "two"]))
    assert [doc.text for doc in docs] == ["one", "poison (P1)", "two"]
    assert [errors_of(doc) for doc in docs] == [[], [("critparse_lexicon", "RuntimeError: cannot match this")], []]
    assert errors_of(Doc(docs[1].vocab).from_bytes(docs[1].to_bytes())) == errors_of(docs[1])


def test_a_missing_data_file_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of critparse itself concern every document and are raised."""

    def missing() -> None:
        raise ResourceError(file="names.tsv.gz", reason="cannot be opened")

    monkeypatch.setattr(lexicon_module, "default_lexicon", missing)
    with pytest.raises(ResourceError, match=r"names\.tsv\.gz"):
        load()("asthma")


# --- mentions --------------------------------------------------------------------------------------------------------


def test_mentions_have_exact_offsets_labels_and_concepts(nlp: Language) -> None:
    """A mention is anchored in the text and names its concept."""
    text = "Prior  hypertension or asthma"
    mentions = mentions_of(nlp(text))
    assert [(text[m.start : m.end], m.label, m.concept_id) for m in mentions] == [
        ("hypertension", "Condition", "MESH:D006973"),
        ("asthma", "Condition", "MESH:D001249"),
    ]
    assert [m.name for m in mentions] == ["hypertension", "Asthma"]


def test_the_span_group_shows_the_same_as_the_annotations(nlp: Language) -> None:
    """doc.spans carries label and concept for other components and displaCy."""
    doc = nlp("asthma and hypertension")
    assert [(span.text, span.label_, span.kb_id_) for span in doc.spans["critparse_mentions"]] == [
        ("asthma", "Condition", "MESH:D001249"),
        ("hypertension", "Condition", "MESH:D006973"),
    ]


def test_a_mention_inside_a_token_keeps_its_own_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The span grows to token borders, the annotation does not."""
    from critparse.lexicon import Mention

    class Inside:
        def match(self, _text: str) -> list[Mention]:
            return [Mention(2, 5, "Drug", "X:1", "x")]

    monkeypatch.setattr(lexicon_module, "default_lexicon", Inside)
    doc = load(components=["critparse_lexicon"])("abcdefg hij")
    assert [span.text for span in doc.spans["critparse_mentions"]] == ["abcdefg"]
    assert [(m.start, m.end) for m in mentions_of(doc)] == [(2, 5)]


def test_a_removed_span_takes_its_annotation_with_it(nlp: Language) -> None:
    """Another component may filter the group: the data go by key, not by position."""
    doc = nlp("asthma, no hypertension")
    group = doc.spans["critparse_mentions"]
    doc.spans["critparse_mentions"] = SpanGroup(doc, name=group.name, attrs=group.attrs, spans=list(group)[1:])
    assert [(m.name, m.negated) for m in mentions_of(doc)] == [("hypertension", True)]


def test_a_doc_without_the_components_has_no_annotations() -> None:
    """The readers work on any Doc."""
    doc = spacy.blank("en")("asthma")
    assert (mentions_of(doc), abbreviations_of(doc), errors_of(doc)) == ([], [], [])


# --- abbreviations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Absolute neutrophil count (ANC) ≥ 1.5", "ANC", "Absolute neutrophil count"),
        ("Known human immunodeficiency virus (HIV) infection", "HIV", "human immunodeficiency virus"),
        ("type 2 diabetes mellitus (T2DM)", "T2DM", "type 2 diabetes mellitus"),
        ("Body mass index [BMI] above 30", "BMI", "Body mass index"),
        ("body mass index (BMI > 30 kg/m2)", "BMI", "body mass index"),
        ("glomerular filtration rate (GFR; by formula)", "GFR", "glomerular filtration rate"),
        ("upper limit of normal (ULN)", "ULN", "upper limit of normal"),
        ("women of childbearing potential (WOCBP) must", "WOCBP", "women of childbearing potential"),
        ("programmed death-ligand 1 (PD-L1)", "PD-L1", "programmed death-ligand 1"),
        ("COVID-19 (coronavirus disease 2019)", "COVID-19", "coronavirus disease 2019"),
        ("CKD (chronic kidney disease)", "CKD", "chronic kidney disease"),
        ("tuberculosis (TB)", "TB", "tuberculosis"),
        ("glycated haemoglobin A1c, haemoglobin A1c (HbA1c)", "HbA1c", "haemoglobin A1c"),
    ],
)
def test_definitions_are_found_with_their_offsets(nlp: Language, text: str, short: str, long: str) -> None:
    """Both forms are anchored in the text."""
    definitions = abbreviations_of(nlp(text))
    assert [(d.short, d.long) for d in definitions] == [(short, long)]
    assert text[definitions[0].short_start : definitions[0].short_end] == short
    assert text[definitions[0].long_start : definitions[0].long_end] == long


@pytest.mark.parametrize(
    "text",
    [
        "Abnormal liver function test > twice the normal range (function)",
        "function test > twice (function)",
        "weight at least 45 kg (kg)",
        "every two weeks (w)",
        "prior surgery (major)",
        "(ANC) at the start",
        "aspartate (ALP) ( ) ()",
        "neutrophils (see ANC below)",
        "age over 65 years (AY)",
        "temperature > 38 (TG)",
        "adults (or an adult)",
    ],
)
def test_false_friends_are_turned_away(nlp: Language, text: str) -> None:
    """Words in brackets that abbreviate nothing."""
    assert abbreviations_of(nlp(text)) == []


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("ANC", "absolute neutrophil count", True),
        ("T2D", "type 2 diabetes", True),
        ("mTOR", "mechanistic target of rapamycin", True),
        ("Hb", "haemoglobin", False),
        ("function", "function test > twice", False),
        ("ULN", "upper > limit of normal", False),
        ("T2D", "type 1 diabetes 2", False),
        ("ABC", "ABC", False),
        ("BC", "a big cat", False),
        ("(A)", "an apple", False),
    ],
)
def test_plausible_definitions(short: str, long: str, *, expected: bool) -> None:
    """Capitals, digits, comparators and first letters decide."""
    assert plausible(short, long) is expected


def test_the_doc_extension_gives_plain_dicts(nlp: Language) -> None:
    """doc._.critparse_abbreviations is JSON-able."""
    assert nlp("Chronic kidney disease (CKD)")._.critparse_abbreviations == [
        {
            "short": "CKD",
            "long": "Chronic kidney disease",
            "short_start": 24,
            "short_end": 27,
            "long_start": 0,
            "long_end": 22,
        }
    ]


def test_the_long_forms_are_those_of_scispacy(nlp: Language) -> None:
    """On plain definitions the component agrees with scispaCy's AbbreviationDetector, run over the same tokens."""
    from scispacy.abbreviation import AbbreviationDetector

    extensions = {"abbreviations": Doc, "long_form": Span}
    text = "Absolute neutrophil count (ANC), chronic kidney disease (CKD) or upper limit of normal (ULN)"
    doc = nlp(text)
    try:
        AbbreviationDetector(nlp)(doc)
        theirs = {short.text: short._.long_form.text for short in doc._.abbreviations}
    finally:
        for name, owner in extensions.items():
            owner.remove_extension(name)
    assert {d.short: d.long for d in abbreviations_of(doc)} == theirs
    assert len(theirs) == 3


def _definition(short: str, long: str) -> AbbreviationAnnotation:
    return AbbreviationAnnotation(short, long, 0, 0, 0, 0)


def test_the_first_definition_of_a_trial_wins() -> None:
    """One table for the trial; a second meaning is told, a second spelling is none."""
    definitions = [
        _definition("PD", "Parkinson disease"),
        _definition("PD", "progressive disease"),
        _definition("CKD", "chronic kidney disease"),
        _definition("CKD", "Chronic Kidney Diseases"),
    ]
    assert resolve(definitions) == {"PD": "Parkinson disease", "CKD": "chronic kidney disease"}
    assert conflicts(definitions) == {"PD": ["Parkinson disease", "progressive disease"]}


@pytest.mark.parametrize("unit", ["(", ")", "()", "(AB) ", "a (AB", "(AB (", "[", "a b (AB) c "])
def test_hostile_parentheses_take_linear_time(unit: str) -> None:
    """Thousands of parentheses cost what their length costs."""
    nlp = load(components=["critparse_abbreviations"])
    doc = nlp.make_doc(unit * 10_000)
    assert cpu_seconds(lambda: nlp.get_pipe("critparse_abbreviations")(doc)) < 5


# --- negation --------------------------------------------------------------------------------------------------------

# (text, what is negated: the tokens of each scope joined by blanks)
NEGATIONS = [
    # one target
    ("No hypertension", ["hypertension"]),
    ("no history of stroke", ["stroke"]),
    ("Absence of cirrhosis", ["cirrhosis"]),
    ("Patients without epilepsy", ["epilepsy"]),
    ("must not have hepatitis", ["hepatitis"]),
    ("Denies chest pain", ["chest pain"]),
    ("has never received rituximab", ["rituximab"]),
    ("no clinically significant arrhythmia", ["arrhythmia"]),
    ("must not be pregnant", ["pregnant"]),
    # lists
    ("free of diabetes, hypertension and cancer", ["diabetes , hypertension and cancer"]),
    ("not pregnant or breast-feeding", ["pregnant or breast - feeding"]),
    ("no asthma, eczema, or hay fever", ["asthma , eczema , or hay fever"]),
    ("No gout and/or psoriasis", ["gout and / or psoriasis"]),
    ("neither lupus nor vasculitis", ["lupus", "vasculitis"]),
    ("No history of the following: stroke, migraine", ["the following : stroke , migraine"]),
    ("No: gout, lupus", [": gout , lupus"]),
    ("no autoimmune disease (e.g. lupus) or asthma", ["autoimmune disease ( e . g . lupus ) or asthma"]),
    (
        "no coeliac disease, ulcerative colitis, irritable bowel, chronic pancreatitis, gastric ulcer or gout",
        ["coeliac disease , ulcerative colitis , irritable bowel , chronic pancreatitis , gastric ulcer or gout"],
    ),
    # new statements
    ("No history of stroke, and must be able to walk", ["stroke"]),
    ("No lupus and has stable angina", ["lupus"]),
    ("no gout, no lupus", ["gout", "lupus"]),
    ("no gout and without lupus", ["gout", "lupus"]),
    ("No dementia and life expectancy > 6 months", ["dementia"]),
    ("No sepsis, age over 50", ["sepsis"]),
    ("without fever and normal liver function", ["fever"]),
    ("no asthma; hypertension allowed", ["asthma"]),
    ("no asthma but hypertension", ["asthma"]),
    ("no asthma except mild asthma", ["asthma"]),
    ("no malignancy with the exception of basal cell carcinoma", ["malignancy"]),
    ("no anticoagulants if platelets are low", ["anticoagulants"]),
    ("No heart failure. Diabetes is present.", ["heart failure"]),
    ("(no prior surgery) lung cancer", ["surgery"]),
    ("no infection, who are willing to attend", ["infection"]),
    # cues behind
    ("Hepatitis B surface antigen negative", ["Hepatitis B surface antigen"]),
    ("metastases absent", ["metastases"]),
    ("fever, cough absent", ["cough"]),
    ("Aspirin or ibuprofen is not permitted", ["Aspirin or ibuprofen"]),
    ("HER2-negative breast cancer", ["HER2"]),
    ("HIV negative volunteers", ["HIV"]),
    ("women of childbearing potential with negative pregnancy test", []),
    # non-
    ("Non-smoker", ["smoker"]),
    ("non-pregnant, non-lactating women", ["pregnant", "lactating"]),
    ("non-breast-feeding mothers", ["breast - feeding"]),
    ("non-metastatic prostate cancer", ["metastatic"]),
    # no negation
    ("no more than two prior regimens", []),
    ("not more than 3 relapses", []),
    ("no less than 5 years", []),
    ("not limited to aspirin", []),
    ("patients with or without metastases", []),
    ("whether or not treated", []),
    ("not only asthma", []),
    ("history of hypertension", []),
    ("Nodular melanoma, notable rash, knot", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "negated"), NEGATIONS)
def test_negation_scopes(text: str, negated: list[str]) -> None:
    """A scope holds what the words negate, lists as a whole, and nothing of the next statement."""
    tokens = Tokens.of(text)
    scopes = negation_scopes(tokens)
    assert [" ".join(tokens.words[scope.first : scope.last]) for scope in scopes] == negated


def test_a_scope_knows_its_cue() -> None:
    """Both ranges are half-open token indices."""
    assert negation_scopes(Tokens.of("Adults, no history of gout")) == [NegationScope(2, 5, 5, 6)]


def test_a_cue_inside_a_name_is_none() -> None:
    """A dictionary name is what it is called."""
    tokens = Tokens.of("non-small cell lung cancer, no gout")
    assert negation_scopes(tokens, names=[(0, 6)]) == [NegationScope(7, 8, 8, 9)]


def test_a_scope_ends_before_how_one_looked() -> None:
    """After a name "on" or "by" tell the method, which is not negated; before one they belong to the statement."""
    assert negation_scopes(Tokens.of("no metastases on CT"), names=[(1, 2), (3, 4)]) == [NegationScope(0, 1, 1, 2)]
    assert negation_scopes(Tokens.of("not caused by gout"), names=[(3, 4)]) == [NegationScope(0, 1, 1, 4)]


def test_a_scope_does_not_cut_a_name() -> None:
    """A name that begins inside the scope belongs to it whole."""
    words = "no " + " ".join("abcdefghijk") + " systemic lupus erythematosus"
    assert negation_scopes(Tokens.of(words), names=[(12, 15)]) == [NegationScope(0, 1, 1, 15)]


WORDS = ["no", "not", "non", "-", "free", "of", ",", "and", "or", "(", ")", ";", ":", ".", "absent", "is", "gout"]


@given(MESSY | st.lists(st.sampled_from(WORDS)))
def test_scopes_lie_inside_the_text(text: str | list[str]) -> None:
    """Whatever the words, scopes are proper ranges, apart from their cues' own beginnings, by position of the cue."""
    tokens = Tokens.of(text if isinstance(text, str) else " ".join(text))
    scopes = negation_scopes(tokens)
    assert scopes == sorted(scopes)
    for scope in scopes:
        assert 0 <= scope.first < scope.last <= len(tokens)
        assert 0 <= scope.cue_first < scope.cue_last <= len(tokens)


@pytest.mark.parametrize(
    "unit", ["no ", "no, ", "not ", "non-", "no (", ", ", ")", "a b, absent ", "no gout, ", "is absent and "]
)
def test_hostile_negations_take_linear_time(unit: str) -> None:
    """Thousands of cues cost what their length costs."""
    tokens = Tokens.of("no " + unit * 10_000)
    assert cpu_seconds(lambda: negation_scopes(tokens)) < 5


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("No asthma, gout or hypertension, but cirrhosis", ["Asthma", "Gout", "hypertension"]),
        ("hypertension and no asthma", ["Asthma"]),
        ("non-small cell lung cancer", []),
        ("asthma absent", ["Asthma"]),
    ],
)
def test_negated_mentions_are_marked(nlp: Language, text: str, negated: list[str]) -> None:
    """The component marks the mentions in a scope and only those."""
    assert [mention.name for mention in mentions_of(nlp(text)) if mention.negated] == negated
