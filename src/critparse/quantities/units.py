"""Units: from words to UCUM, their dimension, and conversion between units of one dimension."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from critparse.lexicon.vocabulary import UnitAtom, vocabulary
from critparse.nlp.tokens import Tokens
from critparse.quantities.numbers import digits, read_bare_power

_DIVIDERS = ("/", "per", "∕", "⁄")
_PRODUCTS = ("·", "•", "*", "∙", "x", "×")


class UnitReading(NamedTuple):
    """A unit read off the text: UCUM code, dimension ("mass/volume"), token after it."""

    ucum: str
    dimension: str
    next: int


def read_unit(tokens: Tokens, index: int, power: int = 0) -> UnitReading | None:
    """The unit that begins at ``index``; ``power`` is the power of ten that the number before it left over."""
    at = index
    if not power:
        power, at = read_bare_power(tokens, index)
    atom, after = _atom(tokens, at)
    numerator: list[UnitAtom] = []
    if atom:
        numerator.append(atom)
        at = after
        while tokens.word(at) in _PRODUCTS:
            factor, after = _atom(tokens, at + 1)
            if not factor:
                break
            numerator.append(factor)
            at = after
    denominators, at = _denominators(tokens, at)
    if len(numerator) == 1 and numerator[0].dimension == "count" and not denominators:
        denominators, at = _per_time(tokens, at)
    if not numerator and not denominators:
        return UnitReading(f"10*{power}", "1", at) if power else None
    ucum = ".".join(([f"10*{power}"] if power else []) + [a.ucum for a in numerator])
    over = "".join("/" + code for code, _ in denominators)
    dimension = ".".join(a.dimension for a in numerator) or "count"
    for _, divisor in denominators:
        dimension += "/" + divisor
    return UnitReading(ucum + over, dimension, at)


def _atom(tokens: Tokens, index: int) -> tuple[UnitAtom | None, int]:
    reading = tokens.reading(index, "unit")
    if reading is None or tokens.shielded[index]:
        return None, index
    return reading.value, reading.next


def _denominators(tokens: Tokens, index: int) -> tuple[list[tuple[str, str]], int]:
    """The "/dL", "per day", "/24 h" after a unit: their codes and dimensions."""
    found: list[tuple[str, str]] = []
    while tokens.word(index) in _DIVIDERS and len(found) < 4:
        atom, after = _atom(tokens, index + 1)
        count = None
        if atom is None:
            count = digits(tokens.word(index + 1)) if tokens.word(index + 1)[:1].isdecimal() else None
            atom, after = _atom(tokens, index + 2) if count is not None else (None, index)
        if atom is None or (count is not None and atom.dimension == "pressure"):
            break  # "140/90 mmHg" is a pair
        if count is None or count == 1:
            found.append((atom.ucum, atom.dimension))
        else:
            found.append((f"({count:g}.{atom.ucum})", atom.dimension))
        index = after
    return found, index


def _per_time(tokens: Tokens, index: int) -> tuple[list[tuple[str, str]], int]:
    """ "20 cigarettes a day", "two drinks daily": things counted, and in what time."""
    found = tokens.reading(index, "frequency")
    if not found:
        return [], index
    count, _, unit = found.value.partition("/")
    return ([(unit, "time")], found.next) if count == "1" and unit else ([], index)


@functools.lru_cache(maxsize=4096)
def _resolve(ucum: str) -> tuple[str, float] | None:
    """Dimension and factor to base units of a UCUM code that :func:`read_unit` composes; ``None`` for others."""
    atoms = vocabulary().atoms
    if ucum in atoms:
        return atoms[ucum].dimension, atoms[ucum].factor
    pieces = _split_top(ucum, "/")
    dimensions: list[str] = []
    factor = 1.0
    for position, piece in enumerate(pieces):
        names, number = _factors(piece)
        if names is None:
            return None
        sign = -1 if position else 1
        factor *= number**sign
        for name in names:
            atom = atoms[name]
            factor *= atom.factor**sign
        dimensions.append(".".join(atoms[name].dimension for name in names) or ("count" if position == 0 else "1"))
    return _normal_dimension("/".join(dimensions)), factor


def _split_top(ucum: str, sign: str) -> list[str]:
    """Split at ``sign`` outside braces, brackets and parentheses."""
    parts, depth, last = [], 0, 0
    for i, char in enumerate(ucum):
        depth += (char in "{[(") - (char in "}])")
        if char == sign and depth == 0:
            parts.append(ucum[last:i])
            last = i + 1
    return [*parts, ucum[last:]]


def _factors(piece: str) -> tuple[list[str] | None, float]:
    names: list[str] = []
    number = 1.0
    if piece.startswith("(") and piece.endswith(")"):
        piece = piece[1:-1]
    for name in _split_top(piece, ".") if piece else []:
        if name in vocabulary().atoms:
            names.append(name)
        elif match := re.fullmatch(r"10\*(\d+)", name):
            number *= 10 ** int(match[1])
        elif name.isdecimal():
            number *= int(name)
        else:
            return None, number
    return names, number


# One-word dimensions of whole units in the table, spelled as the composed ones are.
_COMPOSED = {
    "rate": "count/time",
    "number-concentration": "count/volume",
    "mass-per-area": "mass/area",
    "substance-concentration": "amount/volume",
}


def _normal_dimension(dimension: str) -> str:
    return _COMPOSED.get(dimension, dimension)


def dimension(ucum: str) -> str | None:
    """The dimension of a unit ("mass/volume"), or ``None`` when the code is not one critparse composes."""
    found = _resolve(ucum)
    return None if found is None else _normal_dimension(found[0])


def convert(value: float, source: str, target: str) -> float | None:
    """``value`` in ``source`` expressed in ``target`` (UCUM codes); ``None`` when the two differ in dimension.

    Mass against amount of substance is such a case: that needs the analyte's molar factor.
    """
    if source == target:
        return value
    one, other = _resolve(source), _resolve(target)
    if one is None or other is None or _normal_dimension(one[0]) != _normal_dimension(other[0]):
        return None
    return value * one[1] / other[1]
