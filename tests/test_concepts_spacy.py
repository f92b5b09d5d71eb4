"""Linking inside other people's pipelines: our component, and scispaCy's linker over our names."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc

from critparse.concepts.component import linked_of


def pipeline() -> spacy.language.Language:
    """A pipeline of someone else's that names diseases and chemicals, as scispaCy's models do."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "DISEASE", "pattern": "type 2 diabetes"},
            {"label": "DISEASE", "pattern": "AD"},
            {"label": "CHEMICAL", "pattern": "pembrolizumb"},
            {"label": "ENTITY", "pattern": "hepatitis B"},
        ]
    )
    return nlp


TEXT = "Patients with type 2 diabetes on pembrolizumb. AD with an EASI of 16. No hepatitis B infection."


class TestComponent:
    """``critparse_concepts`` after any entity recogniser."""

    def test_entities_are_linked(self) -> None:
        """Labels of scispaCy's models are understood, a sentence is the context."""
        nlp = pipeline()
        nlp.add_pipe("critparse_concepts")
        found = {span.text: linked.concepts[0] for span, linked in linked_of(nlp(TEXT))}
        assert {text: concept.code for text, concept in found.items()} == {
            "type 2 diabetes": "D003924",
            "pembrolizumb": "C582435",
            "AD": "D003876",
            "hepatitis B": "D006509",
        }
        assert found["pembrolizumb"].method == "spelling"

    def test_it_survives_bytes_and_other_processes(self) -> None:
        """What it leaves in a Doc is plain data."""
        nlp = pipeline()
        nlp.add_pipe("critparse_concepts")
        doc = nlp(TEXT)
        again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
        (other,) = nlp.pipe([TEXT], n_process=1)
        answers = [[linked for _, linked in linked_of(copy)] for copy in (doc, again, other)]
        assert len(answers[0]) == 4 and answers[0] == answers[1] == answers[2]

    def test_without_it_there_is_nothing_to_read(self) -> None:
        """A Doc that it has not seen."""
        assert linked_of(pipeline()(TEXT)) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
class TestScispacy:
    """scispaCy's own linker, with our knowledge base and index in the place of its downloads."""

    def test_its_linker_finds_our_concepts(self) -> None:
        """Ids are ours; the best candidate of an exact name is the name's concept."""
        import scispacy.linking  # noqa: F401  registers the factory

        nlp = pipeline()
        nlp.add_pipe(
            "scispacy_linker",
            config={
                "candidate_generator": {"@misc": "critparse.CandidateGenerator.v1"},
                "filter_for_definitions": False,
            },
        )
        doc = nlp(TEXT)
        best = {entity.text: entity._.kb_ents[0][0] for entity in doc.ents if entity._.kb_ents}
        assert best["type 2 diabetes"] == "MESH:D003924"
        assert best["hepatitis B"] == "MESH:D006509"

    def test_its_knowledge_base_holds_our_concepts(self) -> None:
        """Names, aliases and the label as a type."""
        from critparse.concepts.scispacy import knowledge_base

        entity = knowledge_base().cui_to_entity["MESH:D008180"]
        assert entity.canonical_name == "systemic lupus erythematosus" and entity.types == ["Condition"]
        assert "lupus erythematosus, systemic" in entity.aliases
