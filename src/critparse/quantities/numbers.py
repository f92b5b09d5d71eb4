"""Numbers: digits, words, thousands separators, decimal commas, Roman numerals, powers of ten."""

from __future__ import annotations

import re
from typing import NamedTuple

from critparse.nlp.tokens import Tokens

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_POINT_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_DECIMAL = re.compile(r"\d*[.,·]\d+")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8}
_STAGE = re.compile(r"(i{1,3}|iv|vi{0,3}|[0-9])([a-d])?\d?")
_POWER_SIGNS = ("^", "*")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TIMES_SIGNS = ("x", "×", "*", "·", "•", "∙", "χ", "х")
_MINUS = ("-", "−", "–", "‐")


_MAY_TOUCH = ("unit", "skip", "to", "between", "times", "cue")
_TOUCHING = frozenset(
    ("than", "is", "of", "and", "or", "over", "under", "above", "below", "least", "x", "e", "most", "score")
)


_MAX_DIGITS = 40  # no quantity has more; a float ends at about 300
_MAX_EXPONENT_DIGITS = 2


class Number(NamedTuple):
    """A value, a power of ten that goes to the unit ("1.5 x 10^9/L"), the token after it, and its writing."""

    value: float
    power: int
    next: int
    spelled: bool = False


def digits(word: str) -> float | None:
    """The value of a token of digits, or ``None`` when it is no single number (a date, a version, an endless row)."""
    if len(word) > _MAX_DIGITS:
        return None
    if word.isdecimal():
        return float(word)
    if _THOUSANDS.fullmatch(word):
        return float(word.replace(",", ""))
    if _DECIMAL.fullmatch(word):
        return float(word.replace(",", ".").replace("·", "."))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", word):
        return float(word.replace(".", ""))
    return None


def read_number(tokens: Tokens, index: int) -> Number | None:
    """The number that begins at ``index``; signs and units are not its business."""
    if not 0 <= index < len(tokens) or tokens.shielded[index]:
        return None
    word = tokens.word(index)
    if word[0].isdecimal() or (word[0] in ".," and len(word) > 1):
        return _read_digits(tokens, index)
    return _read_words(tokens, index)


def _read_digits(tokens: Tokens, index: int) -> Number | None:
    if _inside_name(tokens, index):
        return None
    special = _read_special(tokens, index)
    if special:
        return special
    value = digits(tokens.word(index))
    if value is None:
        return None
    value, after = _grouped(tokens, index, value)
    after = _skip_repeat(tokens, after, value)
    scale = tokens.reading(after, "number-scale")
    if scale:
        return Number(value, len(str(int(scale.value))) - 1, scale.next)
    power, after = _read_power(tokens, after)
    if not power and _point_thousands(tokens, index, after):
        value = float(tokens.word(index).replace(".", ""))
    return Number(value, power, after)


def _read_special(tokens: Tokens, index: int) -> Number | None:
    """Ordinals of percentiles, titres ("1:160"), bare powers of ten ("10^6")."""
    word, after = tokens.word(index), index + 1
    if word[-2:] in ("st", "nd", "rd", "th") and _is_percentile(tokens, index):
        rank = digits(word[:-2])
        return None if rank is None else Number(rank, 0, after)
    if word == "1" and tokens.word(after) == ":" and tokens.glued(after) and tokens.word(after + 1).isdecimal():
        titre = digits(tokens.word(after + 1))
        return None if titre is None else Number(titre, 0, after + 2)
    if word == "10" and (exponent := _exponent(tokens, after)):
        return Number(float(10 ** exponent[0]), 0, exponent[1])
    return None


def _grouped(tokens: Tokens, index: int, value: float) -> tuple[float, int]:
    """What belongs to the number although it is another token: "12'000", "100 000", "1½", "36 0/7"."""
    after = index + 1
    if tokens.word(after) == "'" and tokens.glued(after) and re.fullmatch(r"\d{3}", tokens.word(after + 1)):
        return value * 1000 + float(tokens.word(after + 1)), after + 2
    if _spaced_thousands(tokens, index):
        return value * 1000 + float(tokens.word(after)), after + 1
    fraction = tokens.reading(after, "number-unit")
    if fraction and fraction.value < 1 and tokens.glued(after):
        return value + fraction.value, fraction.next
    if tokens.lower[after + 1 : after + 3] == ["/", "7"] and tokens.glued(after + 1) and tokens.word(after).isdecimal():
        days = float(tokens.word(after))  # weeks and days of gestation
        if days < 7:
            return round(value + days / 7, 6), after + 3
    return value, after


def _inside_name(tokens: Tokens, index: int) -> bool:
    """Whether the digits belong to a name: "COVID-19", "IL-6", "5-HT3", "12-lead", "B/19"."""
    before = tokens.word(index - 1)
    if tokens.glued(index) and before in ("-", "‑", "_", "#", "/") and tokens.glued(index - 1):
        head = tokens.words[index - 2]
        if head[0].isalpha() and not tokens.reading(index - 2, "unit") and (head.isupper() or before in "_#"):
            return True
    if tokens.glued(index) and before == "." and tokens.glued(index - 1) and tokens.word(index - 2)[0].isdecimal():
        return True
    if not tokens.glued(index) or not tokens.words[index - 1][-1].isalpha():
        return False
    return not any(tokens.reading(index - 1, kind) for kind in _MAY_TOUCH) and tokens.word(index - 1) not in _TOUCHING


def _spaced_thousands(tokens: Tokens, index: int) -> bool:
    """ "100 000/mm3": three digits after a blank, before a unit."""
    first, second = tokens.word(index), tokens.word(index + 1)
    if not (first.isdecimal() and len(first) <= 3 and first[0] != "0" and second.isdecimal() and len(second) == 3):
        return False
    if tokens.starts[index + 1] != tokens.ends[index] + 1:
        return False
    after = index + 2
    return tokens.word(after) in ("/", "per") or tokens.reading(after, "unit") is not None


def _point_thousands(tokens: Tokens, index: int, after: int) -> bool:
    """ "100.000/mm3": a point as thousands separator, certain only where things are counted per volume."""
    if not _POINT_THOUSANDS.fullmatch(tokens.word(index)) or tokens.word(index).startswith("0"):
        return False
    if tokens.word(after) in ("cells", "platelets", "plt"):
        after += 1
    if tokens.word(after) != "/":
        return False
    unit = tokens.reading(after + 1, "unit")
    return unit is not None and unit.value.ucum in ("mm3", "uL")


def _skip_repeat(tokens: Tokens, index: int, value: float) -> int:
    """Step over the same number in brackets: "six (6)", "4 (four)"."""
    if tokens.word(index) == "(" and tokens.word(index + 2) == ")" and not tokens.shielded[index + 1]:
        inner = tokens.word(index + 1)
        same = digits(inner) if inner[0].isdecimal() else _small_word(tokens, index + 1)
        if same == value:
            return index + 3
    return index


def _small_word(tokens: Tokens, index: int) -> float | None:
    reading = tokens.reading(index, "number-unit") or tokens.reading(index, "number-tens")
    return None if reading is None else float(reading.value)


def _read_power(tokens: Tokens, index: int) -> tuple[int, int]:
    """A power of ten after a number: "x 10^9", "× 10*3", "x 109/L", "10^9", "e9"; the exponent and the next token."""
    times = tokens.word(index) in _TIMES_SIGNS or tokens.reading(index, "times") is not None
    at = index + 1 if tokens.word(index) in _TIMES_SIGNS else index
    if tokens.word(index) == "e" and tokens.word(index + 1).isdecimal() and tokens.glued(index + 1):
        return int(tokens.word(index + 1)[:_MAX_EXPONENT_DIGITS]), index + 2
    word = tokens.word(at)
    if word == "10" and (exponent := _exponent(tokens, at + 1)):
        return exponent
    if times and word == "10" and tokens.word(at + 1) in ("3", "6", "9", "12"):
        return int(tokens.word(at + 1)), at + 2
    if times and re.fullmatch(r"10(?:[3-9]|1[0-2])", word) and word != "1000":
        return int(word[2:]), at + 1
    if times and word in ("1000", "1,000"):
        return 3, at + 1
    return 0, index


def _exponent(tokens: Tokens, index: int) -> tuple[int, int] | None:
    """The exponent of a ten that stands before ``index``: "^9", "*9", "**9", "E9", "(9)", "⁹"; and the next token."""
    superscript = tokens.words[index] if index < len(tokens) else ""
    if tokens.glued(index) and superscript and all(c in _SUPERSCRIPTS for c in superscript):
        if len(superscript) > _MAX_EXPONENT_DIGITS:
            return None
        return int("".join(str(_SUPERSCRIPTS.index(c)) for c in superscript)), index + 1
    at = index
    while tokens.word(at) in _POWER_SIGNS and at < index + 2:
        at += 1
    if at == index and tokens.word(at) == "e" and tokens.glued(at):
        at += 1
    bracket = tokens.word(at) in ("(", "{") and tokens.glued(at)
    at += bracket
    if (
        at == index
        or not tokens.word(at).isdecimal()
        or len(tokens.word(at)) > _MAX_EXPONENT_DIGITS
        or (bracket and not tokens.glued(at))
    ):
        return None
    closed = bracket and tokens.word(at + 1) in (")", "}")
    if bracket and not closed and at == index + 1:
        return None
    return int(tokens.word(at)), at + 1 + closed


def _is_percentile(tokens: Tokens, index: int) -> bool:
    """Whether the ordinal is a percentile: "25th percentile", "3rd to 97th percentile"."""
    after = index + 1
    if tokens.reading(after, "to") and tokens.word(after + 1)[-2:] in ("st", "nd", "rd", "th"):
        after += 2
    return tokens.word(after) in ("percentile", "percentiles", "centile", "centiles", "%")


def read_bare_power(tokens: Tokens, index: int) -> tuple[int, int]:
    """A power that stands for its own number: the "10^9" of "10^9/L" after a value and a blank."""
    return _read_power(tokens, index)


def _read_words(tokens: Tokens, index: int) -> Number | None:
    tens = tokens.reading(index, "number-tens")
    unit = tokens.reading(index, "number-unit")
    if tens:
        value, after = tens.value, tens.next
        joined = after + 1 if tokens.word(after) in ("-", "‑") else after
        ones = tokens.reading(joined, "number-unit")
        if ones and 0 < ones.value < 10:
            value, after = value + ones.value, ones.next
    elif unit:
        value, after = unit.value, unit.next
    elif tokens.word(index) in ("a", "an"):
        return _read_article(tokens, index)
    else:
        return None
    value, after = _scaled(tokens, value, after)
    return Number(value, 0, _skip_repeat(tokens, after, value), spelled=True)


def _scaled(tokens: Tokens, value: float, after: int) -> tuple[float, int]:
    """The rest of a composed number: "four hundred and fifty", "two and a half", "one point five", "half a"."""
    scale = tokens.reading(after, "number-scale")
    if scale:
        value, after = value * scale.value, scale.next
        rest = after + 1 if tokens.word(after) == "and" else after
        word = tokens.reading(rest, "number-tens") or tokens.reading(rest, "number-unit")
        smaller = _read_words(tokens, rest) if word else None
        if smaller and smaller.value < scale.value:
            value, after = value + smaller.value, smaller.next
    if tokens.lower[after : after + 3] == ["and", "a", "half"]:
        value, after = value + 0.5, after + 3
    elif tokens.word(after) == "point" and (tenth := tokens.reading(after + 1, "number-unit")) and tenth.value < 10:
        value, after = value + tenth.value / 10, tenth.next
    elif value < 1 and tokens.word(after) in ("a", "an"):
        after += 1
    return value, after


def _read_article(tokens: Tokens, index: int) -> Number | None:
    """ "a year", "an hour": one of a unit of time; but "twice a week" is a frequency."""
    if (
        tokens.reading(index - 1, "unit")
        or tokens.reading(index - 1, "number-times")
        or tokens.word(index - 1) in ("times", "hours")
    ):
        return None
    scale = tokens.reading(index + 1, "number-scale")
    if scale:
        return Number(scale.value, 0, scale.next, spelled=True)
    unit = tokens.reading(index + 1, "unit")
    if unit and unit.value.dimension == "time" and len(tokens.word(index + 1)) > 2:
        return Number(1.0, 0, index + 1, spelled=True)
    return None


def read_signed(tokens: Tokens, index: int) -> Number | None:
    """A number that may carry a minus sign; only for places where a dash cannot be anything else."""
    sign = tokens.word(index)
    if (sign in _MINUS or sign == "+") and tokens.glued(index + 1) and not tokens.shielded[index]:
        inner = digits(tokens.word(index + 1)) if tokens.word(index + 1)[0].isdecimal() else None
        if inner is not None:
            return Number(inner if sign == "+" else -inner, 0, index + 2)
    return read_number(tokens, index)


def read_grade(tokens: Tokens, index: int) -> tuple[str, float, int] | None:
    """A grade as written, its rank and the next token: "III", "IIIB", "2"."""
    word = tokens.word(index)
    match = _STAGE.fullmatch(word)
    if not match or tokens.shielded[index]:
        return None
    rank = _ROMAN.get(match[1])
    return tokens.words[index], float(match[1]) if rank is None else float(rank), index + 1
