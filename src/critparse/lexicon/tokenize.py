"""Cutting eligibility text into tokens, without spaCy: comparators and digit–letter borders split, words kept.

``ANC≥1.5x10^9/L`` becomes ``ANC ≥ 1.5 x 10 ^ 9 / L``; ``HbA1c``, ``CD4`` and ``L4`` stay whole.
"""

from __future__ import annotations

import re

# One alternative per kind of token, first match wins; every alternative is linear.
_TOKEN = re.compile(
    r"""
      \d+(?:st|nd|rd|th)\b                     # ordinals: 2nd
    | \d+(?:[.,·]\d+)*                         # numbers: 1.5  1,000  100.000
    | (?<![\w.])[.,]\d+                        # .5
    | (?<=[\d\s)])[xX](?=\s?(?:\d|[UL]LN|UNL|the\b))   # times: 1.5x10^9, 3 xULN
    | (?<=\d)[eE](?=\d)                        # exponents: 10e9
    | \+/[-–−]                                 # plus-minus
    | [<>≤≥≦≧⩽⩾＜＞]\s?/\s?=|[<>=≤≥≦≧⩽⩾＜＞＝]+  # comparators: >=  =<  >/=
    | [A-Z]?[a-zß-öø-ÿ]{4,}(?=\d)             # minimum18
    | (?<![^\W\d_])(?:[Tt]han|[Aa]ged?s?|[Ii]s|[Oo]f|[Tt]o|over|and)(?=\d)  # than100, aged18
    | [^\W\d_]+(?:['\u2018\u2019\u02bc\u00b4`\uff07][^\W\d_]{1,2}\b)?[^\W_]* # words: Crohn's, HbA1c
    | \s+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def split(text: str) -> list[str]:
    """Cut ``text`` into tokens, white space included; joined again they are the text."""
    return _TOKEN.findall(text)
