"""Classes of drugs: their members, held against INN stems and against what is known of single drugs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support import ROOT

from critparse.concepts import classes
from critparse.concepts.classes import classes_of, is_class, is_open, members
from critparse.errors import ResourceError
from critparse.lexicon import LexiconConcept, default_lexicon
from critparse.lexicon.packed import PackedConcepts
from critparse.lexicon.resources import data_rows, parse_rows
from critparse.lexicon.tables import drug_classes

ROWS = data_rows(classes.FILE, classes.COLUMNS)
STEM_COLUMNS = ("stem", "class", "without", "others")


def class_named(name: str) -> str:
    """The id of the class that a text means, which is one mention from end to end."""
    (mention,) = default_lexicon().match(name)
    assert (mention.start, mention.end) == (0, len(name))
    assert is_class(mention.concept_id), name
    return mention.concept_id


def names(concepts: tuple[LexiconConcept, ...]) -> set[str]:
    """Their names in lower case."""
    return {concept.name.lower() for concept in concepts}


def stems() -> list[dict[str, str]]:
    """The table of INN stems."""
    path = ROOT / "tests" / "inn_stems.tsv"
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return parse_rows(path.name, ((n, line) for n, line in lines if not line.startswith("#")), STEM_COLUMNS)


class TestTable:
    def test_every_class_has_its_row(self) -> None:
        """The tables of classes and of members hold the same classes, at least 400."""
        assert sorted(row["id"] for row in ROWS) == sorted(drug_classes())
        assert len(ROWS) >= 400

    def test_every_member_is_one_drug(self) -> None:
        """Each name is one drug from end to end, no drug stands twice in a row, and none is a class."""
        lexicon = default_lexicon()
        for row in ROWS:
            found = []
            for name in filter(None, row["members"].split("|")):
                if not name.startswith("@"):
                    (mention,) = lexicon.match(name)
                    assert (mention.start, mention.end, mention.label) == (0, len(name), "Drug"), name
                    found.append(mention.concept_id)
            assert len(found) == len(set(found)), row["id"]
            assert not set(found) & set(drug_classes()), row["id"]

    def test_only_open_classes_may_be_empty(self) -> None:
        """A class without a listed member says that it cannot be listed."""
        empty = [id_ for id_ in drug_classes() if not members(id_)]
        assert all(is_open(id_) for id_ in empty)
        assert len(empty) < 15

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("MESH:D019161\t\tatorvastatin|no such drug", "no such drug"),
            ("MESH:D019161\t\tatorvastatin|atorvastatin", "stands twice"),
            ("MESH:D019161\t\tasthma", "no drug"),
            ("MESH:D019161\t\t@MESH:D019161", "stands twice"),
            ("MESH:D019161\t\t@TERM:no-class", "no drug or class"),
            ("MESH:D019161\t\t@MESH:D000960\nMESH:D000960\t\t@MESH:D019161", "member of itself"),
            ("MESH:D019161\t\t@MESH:D000960", "has no members"),
            ("MESH:D019161\t\t", "no members"),
            ("MESH:D019161\tshut\tatorvastatin", "extent"),
            ("MESH:D000001\t\tatorvastatin", "no drug class"),
        ],
    )
    def test_damage_is_told(self, row: str, reason: str) -> None:
        """A row that is not in order raises ResourceError and names the class."""
        lines = enumerate(["\t".join(classes.COLUMNS), *row.split("\n")], 1)
        rows = parse_rows(classes.FILE, lines, classes.COLUMNS)
        with pytest.raises(ResourceError, match=reason):
            classes._build(rows, default_lexicon())


class TestMembers:
    @pytest.mark.parametrize(
        ("name", "some", "none"),
        [
            ("CYP3A4 inhibitors", {"ketoconazole", "diltiazem", "ritonavir"}, {"rifampin"}),
            ("strong CYP3A4 inhibitors", {"itraconazole", "clarithromycin"}, {"diltiazem", "fluconazole"}),
            ("moderate CYP3A4 inhibitors", {"fluconazole", "verapamil"}, {"ketoconazole"}),
            ("CYP3A4 inducers", {"rifampin", "efavirenz", "st. john's wort"}, {"ketoconazole"}),
            ("corticosteroids", {"prednisone", "budesonide", "clobetasol", "fludrocortisone"}, {"estradiol"}),
            ("systemic corticosteroids", {"prednisone", "dexamethasone"}, {"fluticasone"}),
            ("biologics", {"adalimumab", "etanercept", "omalizumab"}, {"methotrexate"}),
            ("bDMARDs", {"tocilizumab", "abatacept"}, {"tofacitinib", "methotrexate"}),
            ("csDMARDs", {"methotrexate", "leflunomide"}, {"tofacitinib"}),
            ("anticoagulants", {"warfarin", "apixaban", "enoxaparin", "argatroban"}, {"clopidogrel"}),
            ("vitamin K antagonists", {"warfarin", "phenprocoumon"}, {"apixaban"}),
            ("DOACs", {"rivaroxaban", "dabigatran"}, {"warfarin"}),
            ("P2Y12 inhibitors", {"clopidogrel", "ticagrelor"}, {"aspirin"}),
            ("PD-1/PD-L1 inhibitors", {"pembrolizumab", "durvalumab"}, {"ipilimumab"}),
            ("checkpoint inhibitors", {"pembrolizumab", "ipilimumab"}, {"bevacizumab"}),
            ("insulins", {"insulin glargine"}, {"metformin"}),
            ("anticholinergics", {"tiotropium", "oxybutynin", "benztropine"}, {"donepezil"}),
            ("tetracyclines", {"tetracycline", "doxycycline"}, {"erythromycin"}),
            ("live vaccines", {"bcg vaccine"}, {"adalimumab"}),
        ],
    )
    def test_a_class_holds_what_it_should(self, name: str, some: set[str], none: set[str]) -> None:
        """Well-known members are there by way of narrower classes as well, and neighbours are not."""
        found = names(members(class_named(name)))
        assert some <= found
        assert not none & found

    def test_members_are_sorted_drugs(self) -> None:
        """Members come by name, each once, and are drugs, no classes."""
        for id_ in drug_classes():
            found = members(id_)
            assert list(found) == sorted(set(found), key=lambda one: (one.name.lower(), one.id))
            assert all(one.label == "Drug" and not is_class(one.id) for one in found)

    def test_the_classes_of_a_drug_begin_with_the_smallest(self) -> None:
        """From a narrow class to the widest; a class has the classes above it."""
        (mention,) = default_lexicon().match("secukinumab")
        above = [one.name for one in classes_of(mention.concept_id)]
        assert above[0] == "IL-17 inhibitors"
        assert {"biologic DMARDs", "DMARDs", "biologics", "immunosuppressants"} < set(above)
        assert above.index("biologic DMARDs") < above.index("DMARDs") < above.index("biologics")
        assert "anticoagulants" in names(classes_of(class_named("low molecular weight heparin")))

    def test_what_is_no_class_has_no_members(self) -> None:
        """Conditions, single drugs and unknown ids."""
        for id_ in ("MESH:D001249", "MESH:D001241", "MESH:D999999999"):
            assert (is_class(id_), is_open(id_), members(id_)) == (False, False, ())
        assert classes_of("MESH:D001249") == ()

    def test_open_classes_are_known(self) -> None:
        """Nobody can list herbal medicines; statins can be listed."""
        assert is_open(class_named("herbal medicines"))
        assert not is_open(class_named("statins"))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("anticoagulants", "vitamin K antagonists"),
            ("antiplatelet agents", "P2Y12 inhibitors"),
            ("lipid-lowering drugs", "fibrates"),
            ("statins", "PCSK9 inhibitors"),
            ("P-gp inhibitors", "P-gp inducers"),
            ("GnRH agonists", "GnRH antagonists"),
            ("BRAF inhibitors", "MEK inhibitors"),
            ("NRTIs", "NNRTIs"),
            ("LABA", "SABA"),
            ("loop diuretics", "thiazides"),
            ("anti-PD-1", "anti-PD-L1"),
            ("NSAIDs", "COX-2 inhibitors"),
            ("live vaccines", "vaccines"),
        ],
    )
    def test_unlike_classes_are_apart(self, one: str, other: str) -> None:
        """What trials tell apart has concepts of its own."""
        assert class_named(one) != class_named(other)


@pytest.fixture(scope="module")
def drugs() -> dict[str, str]:
    """Names of one word of all packed drugs, by id."""
    packed = PackedConcepts()
    concepts = (packed[id_] for id_ in packed)
    return {one.id: one.name.lower() for one in concepts if one.label == "Drug" and one.name.isalpha()}


@pytest.fixture(scope="module")
def listed() -> Callable[[LexiconConcept], set[str]]:
    """All names under which a drug stands in the table, and its own."""
    lexicon = default_lexicon()
    found: dict[str, set[str]] = {}
    for row in ROWS:
        for name in filter(None, row["members"].split("|")):
            if not name.startswith("@"):
                found.setdefault(lexicon.match(name)[0].concept_id, set()).add(name.lower())
    return lambda drug: {drug.name.lower()} | found.get(drug.id, set())


class TestStems:
    """Both ways: members have the stem of their class, and what has the stem is a member, or is declared."""

    @pytest.mark.parametrize("row", stems(), ids=lambda row: row["class"] + " " + row["stem"])
    def test_stem_and_class_agree(
        self, row: dict[str, str], drugs: dict[str, str], listed: Callable[[LexiconConcept], set[str]]
    ) -> None:
        """No member without the stem and no drug with it outside the class, but those declared."""
        stem = row["stem"] if row["stem"].startswith("^") else f"(?:{row['stem']})(?![a-z])"
        has_stem = re.compile(stem).search
        without = set(filter(None, row["without"].split("|")))
        found = members(row["class"])
        unlike = [drug.name for drug in found if not any(map(has_stem, listed(drug))) and not listed(drug) & without]
        assert unlike == []
        if row["others"] != "*":
            ids = {drug.id for drug in found}
            outside = {name for id_, name in drugs.items() if has_stem(name) and id_ not in ids}
            assert outside - set(row["others"].split("|")) == set()

    def test_there_are_stems_for_many_classes(self) -> None:
        """At least 80 stems, each of a class."""
        assert len(stems()) >= 80
        assert all(is_class(row["class"]) for row in stems())


@pytest.mark.parametrize(
    ("name", "mesh"),
    [
        ("PARP inhibitors", "Poly(ADP-ribose) Polymerase Inhibitors"),
        ("S1P modulators", "Sphingosine 1 Phosphate Receptor Modulators"),
        ("PDE4 inhibitors", "Phosphodiesterase 4 Inhibitors"),
        ("CYP2D6 inhibitors", "Cytochrome P-450 CYP2D6 Inhibitors"),
        ("CYP3A4 inducers", "Cytochrome P-450 CYP3A Inducers"),
        ("aromatase inhibitors", "Aromatase Inhibitors"),
        ("proteasome inhibitors", "Proteasome Inhibitors"),
        ("HDAC inhibitors", "Histone Deacetylase Inhibitors"),
        ("factor Xa inhibitors", "Factor Xa Inhibitors"),
        ("PCSK9 inhibitors", "PCSK9 Inhibitors"),
        ("loop diuretics", "Sodium Potassium Chloride Symporter Inhibitors"),
        ("alpha blockers", "Adrenergic alpha-1 Receptor Antagonists"),
        ("endothelin receptor antagonists", "Endothelin Receptor Antagonists"),
        ("iron chelators", "Iron Chelating Agents"),
        ("dopamine agonists", "Dopamine Agonists"),
        ("5-HT3 antagonists", "Serotonin 5-HT3 Receptor Antagonists"),
        ("NK1 receptor antagonists", "Neurokinin-1 Receptor Antagonists"),
        ("antimuscarinics", "Muscarinic Antagonists"),
        ("beta-3 agonists", "Adrenergic beta-3 Receptor Agonists"),
        ("integrase inhibitors", "HIV Integrase Inhibitors"),
        ("HIV protease inhibitors", "HIV Protease Inhibitors"),
        ("live vaccines", "Vaccines, Attenuated"),
        ("mTOR inhibitors", "MTOR Inhibitors"),
        ("COX-2 inhibitors", "Cyclooxygenase 2 Inhibitors"),
        ("calcimimetics", "Calcimimetic Agents"),
        ("tocolytics", "Tocolytic Agents"),
        ("antifolates", "Folic Acid Antagonists"),
        ("carbapenems", "Carbapenems"),
    ],
)
def test_a_class_has_the_descriptor_of_that_meaning(name: str, mesh: str) -> None:
    """The MeSH id of a class is that of the descriptor, known by its heading."""
    assert PackedConcepts()[class_named(name)].name == mesh
