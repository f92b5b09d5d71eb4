"""Synthetic persons for NCT01741857, who lack one thing each or have one too many, and who of them is right."""

from __future__ import annotations

import random

from omop_cases import U_L, has, measured
from omop_cdm import Event, Person

_NEEDED = ("systemic lupus erythematosus", "lupus nephritis")
_FORBIDDEN = ("end-stage renal disease", "heart failure", "respiratory failure", "organ failure", "infection",
              "Pregnancy", "Breast Feeding")  # fmt: skip
_ALTERNATIVES = ("Cyclophosphamide", "immunosuppressants", "mycophenolate")


def lupus_patient(number: int, ids: dict[str, int]) -> Person:
    """A person who fits, but for up to two things that chance takes away or adds."""
    dice = random.Random(number)
    wrong = dice.sample(("age", *_NEEDED, "SLEDAI", "protein", "steroid", *_FORBIDDEN, "liver", "nothing", "nothing"),
                        dice.randint(0, 2))  # fmt: skip
    person = Person(number, female=dice.random() < 0.9, age=dice.choice((14, 61) if "age" in wrong else (15, 35, 60)))
    person.conditions = [Event(ids[name], dice.randint(0, 900)) for name in _NEEDED if name not in wrong]
    person.conditions += [Event(ids[name], dice.choice((5, -5))) for name in _FORBIDDEN if name in wrong]
    steroids = ("corticosteroids",) if "steroid" in wrong else ("corticosteroids", "Prednisone")
    taken = [*steroids, *dice.sample(_ALTERNATIVES, dice.randint(0 if number % 7 == 0 else 1, 3))]
    person.drugs = [Event(ids[name], dice.randint(1, 400), days=30) for name in taken]
    sledai, protein = 7 if "SLEDAI" in wrong else 8, 0.9 if "protein" in wrong else 1.0
    liver = 121.0 if "liver" in wrong else dice.choice((20.0, 120.0))
    person.measurements = [
        Event(ids["SLEDAI"], 3, value=sledai),
        Event(ids["24-hour urine protein"], 3, value=protein, unit=8807),
        Event(ids["alanine aminotransferase"], 3, value=liver, unit=U_L, low=5, high=40),
        Event(ids["Liver Function Tests"], 3, value=dice.choice((liver, 30)), low=5, high=40),
    ]
    return person


def is_eligible(p: Person, ids: dict[str, int]) -> bool:
    """Read off the text by hand, without what the data do not hold (consent, doses, refractory)."""

    def disease(name: str) -> bool:
        return has(p.conditions, ids[name])

    def took(name: str) -> bool:
        return has(p.drugs, ids[name])

    sledai = measured(p, ids["SLEDAI"], lambda e: e.value >= 8)
    protein = measured(p, ids["24-hour urine protein"], lambda e: e.value >= 1)
    liver = measured(p, ids["Liver Function Tests"], lambda e: not 5 <= e.value <= 40)
    alt = measured(p, ids["alanine aminotransferase"], lambda e: e.value > 120)
    included = 15 <= p.age <= 60 and all(map(disease, _NEEDED)) and sledai and protein
    refractory = took("corticosteroids") and took("Prednisone") and any(map(took, _ALTERNATIVES))
    return included and refractory and not (liver and alt) and not any(map(disease, _FORBIDDEN))
