"""The one written schema of the tables: what CSV, Parquet and docs/tables.md are made of."""

from __future__ import annotations

from typing import Literal, NamedTuple

ColumnType = Literal["text", "integer", "number", "boolean", "json"]
"""``json`` is text that holds a JSON document: an array or an object."""


class Column(NamedTuple):
    """A column: cells without a value are null, in CSV empty. ``always``: there is no such cell."""

    name: str
    type: ColumnType
    description: str
    always: bool = False


_TRIAL = Column("trial_id", "text", "number of the trial, as the record gives it")
_TEXT = Column("text_id", "text", "the text of the record that `start` and `end` point into", always=True)
_START = Column("start", "integer", "first character, from 0", always=True)
_END = Column("end", "integer", "the character after the last", always=True)

RULES: tuple[Column, ...] = (
    _TRIAL,
    Column("criterion_id", "text", "the criterion whose rule the statement belongs to (`I3`)", always=True),
    Column(
        "item_id", "text", "the item in which it stands: the criterion or one of its sub-list (`I3.2`)", always=True
    ),
    Column("kind", "text", "of the criterion: `inclusion`, `exclusion`, `unknown`", always=True),
    Column("path", "text", "JSON pointer to the statement in the criterion (`/rule/rules/0`)", always=True),
    Column("connective", "text", "what joins it to its neighbours: `all_of`, `any_of`, `not`, `at_least`, `if_then`"),
    Column("negated", "boolean", "it stands below an odd number of `not`", always=True),
    Column("leaf_kind", "text", "`condition`, `drug`, `measurement` …, or `unstructured`", always=True),
    Column("subject", "text", "what it is about, in words"),
    Column("system", "text", "vocabulary of the best code"),
    Column("code", "text", "the best code"),
    Column("display", "text", "its name"),
    Column("codes", "json", "all codes, best first, as `SYSTEM:code` (no prefix is doubled: `DOID:9352`)"),
    Column("lower", "number", "lower limit; null is no limit, never 0"),
    Column("lower_inclusive", "boolean", "the lower limit itself is allowed"),
    Column("upper", "number", "upper limit"),
    Column("upper_inclusive", "boolean", "the upper limit itself is allowed"),
    Column("unit_ucum", "text", "unit as UCUM code; null where the words name no complete unit"),
    Column("unit_text", "text", "unit as written"),
    Column("relative_to", "text", "the limits are multiples of `uln`, `lln`, `baseline`, `predicted`"),
    Column("alternatives", "json", "the same limits in other units, as ranges of the document"),
    Column("values", "json", "the allowed values of a list"),
    Column("qualitative", "text", "a result in words (`positive`)"),
    Column("present", "boolean", "false: the subject is to be absent", always=True),
    Column("windows", "json", "when, or for how long, as in the document"),
    Column("qualifiers", "json", "severity, stage, course, history …, as in the document"),
    Column("dose", "json", "amount, route, frequency, duration, as in the document"),
    Column("scope", "text", "whom it is about, where that is not every participant (`donor`)"),
    Column("unread", "json", "words beside it that critparse does not understand; they may narrow or widen it"),
    Column("reason", "text", "why an `unstructured` statement could not be read"),
    Column("confidence", "number", "0 to 1", always=True),
    _TEXT,
    _START,
    _END,
    Column("words", "text", "the characters from `start` to `end`"),
)
"""One row for every statement (leaf) of every criterion's rule."""

FINDINGS: tuple[Column, ...] = (
    _TRIAL,
    Column("number", "integer", "place among the trial's findings, from 1", always=True),
    Column("code", "text", "which check (docs/checks.md)", always=True),
    Column("severity", "text", "`error`, `warning`, `info`", always=True),
    Column("message", "text", "what is wrong", always=True),
    Column("suggestion", "text", "what to do"),
    Column("confidence", "number", "how often such findings proved right; null: too few were read"),
    Column("check_version", "text", "version of the check", always=True),
    Column("criteria", "json", "ids of the criteria that it rests on"),
    Column("fields", "json", "the registry fields that it rests on, as an object of their values"),
    Column("evidence", "json", "all evidence, as in the document"),
)
"""One row for every finding."""

CRITERIA: tuple[Column, ...] = (
    _TRIAL,
    Column("criterion_id", "text", "`I1`, `E3`, `I3.2`", always=True),
    Column("parent_id", "text", "the criterion whose sub-list it stands in"),
    Column("kind", "text", "`inclusion`, `exclusion`, `unknown`", always=True),
    Column("section", "text", "the sub-heading above it"),
    Column("rule_words", "text", "its rule as an English phrase, that of its sub-list included", always=True),
    Column("rule", "json", "its rule, as in the document", always=True),
    Column("statements", "integer", "statements in the rule", always=True),
    Column("unread_statements", "integer", "those of them that are `unstructured`", always=True),
    _TEXT,
    _START,
    _END,
    Column("words", "text", "the characters from `start` to `end`"),
)
"""One row for every criterion, members of sub-lists included."""

TABLES: dict[str, tuple[Column, ...]] = {"rules": RULES, "findings": FINDINGS, "criteria": CRITERIA}

_RECORD = Column(
    "record", "integer", "number of the record in the input, from 0: the order of the rows, and their key", always=True
)

TRIALS: tuple[Column, ...] = (
    _RECORD,
    Column("source", "text", "where the record was read: file and line, row or number", always=True),
    _TRIAL,
    Column("title", "text", "title of the trial"),
    Column("source_format", "text", "format of the record (docs/formats.md)", always=True),
    Column("minimum_age", "json", "the registry's field, as in the document"),
    Column("maximum_age", "json", "the registry's field, as in the document"),
    Column("sex", "text", "the registry's field: `all`, `female`, `male`"),
    Column("healthy_volunteers", "boolean", "the registry's field"),
    Column("conditions", "json", "the registry's field, as an array"),
    Column("enrollment", "integer", "the registry's field"),
    Column("phase", "text", "the registry's field"),
    Column("criteria", "integer", "rows of this record in `criteria`", always=True),
    Column("rules", "integer", "rows in `rules`", always=True),
    Column("findings", "integer", "rows in `findings`", always=True),
)
"""One row for every record of a batch that was parsed."""

ERRORS: tuple[Column, ...] = (
    _RECORD,
    Column("source", "text", "where the record stands: file and line, row or number", always=True),
    Column("trial_id", "text", "number of the trial, where it could be read"),
    Column("code", "text", "what went wrong, as a code that stays (docs/batch.md)", always=True),
    Column("message", "text", "what went wrong, in words", always=True),
)
"""One row for every record of a batch that has no row in ``trials``."""

BATCH_TABLES: dict[str, tuple[Column, ...]] = {
    "trials": TRIALS,
    **{name: (_RECORD, *columns) for name, columns in TABLES.items()},
    "errors": ERRORS,
}
"""The tables of a batch: those of a trial with the number of the record before them, and two more."""
