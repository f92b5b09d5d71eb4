"""Values of analytes from one unit to another, molar factors included."""

from __future__ import annotations

from critparse.lexicon.tables import Analyte
from critparse.quantities.units import convert


def canonical(analyte: Analyte, value: float, ucum: str) -> float | None:
    """``value`` of an analyte in its canonical unit (``analyte.unit``).

    ``None`` when the unit is not one the analyte is given in, or when there is no fixed factor between the two (HbA1c
    in mmol/mol): nothing is guessed.
    """
    if ucum == analyte.unit:
        return value
    if ucum in analyte.units:
        factor = analyte.units[ucum]
        return None if factor is None else value * factor
    for known, factor in ((analyte.unit, 1.0), *analyte.units.items()):
        converted = convert(value, ucum, known)
        if converted is not None and factor is not None:
            return converted * factor
    return None
