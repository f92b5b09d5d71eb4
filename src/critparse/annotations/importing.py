"""From brat files to documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from critparse.annotations.corrections import Corrections, key_of
from critparse.annotations.standoff import THINGS, Key, Mention, Standoff, read_standoff
from critparse.errors import InputError, InputNotFound, InputTooLarge, MalformedInput
from critparse.parser import Annotated, parse_record
from critparse.schema import (
    AllOf,
    AnyOf,
    AtLeast,
    Criterion,
    Entity,
    IfThen,
    Leaf,
    Not,
    ParsedTrial,
    Registry,
    Rule,
    Span,
    Unstructured,
)
from critparse.sources import MAX_BYTES
from critparse.sources.clean import CleanText, guessed
from critparse.sources.record import NCT_NUMBER, Record

FORMAT = "brat"
_MAIN = "eligibility"
_LABELS = {_MAIN: "Eligibility criteria", "description": "Description", "summary": "Brief summary"}


@dataclass(frozen=True, slots=True)
class Document:
    """The .ann files of one record by the ids of their texts; each has its .txt beside it."""

    stem: str
    files: dict[str, Path]


@dataclass(frozen=True, slots=True)
class Imported:
    """The document, without findings, and what of the annotations could not be taken over, one line each."""

    trial: ParsedTrial
    left_out: tuple[str, ...] = ()


def documents(path: Path) -> list[Document]:
    """The records of a folder, or the one that a file belongs to: ``X.ann``, ``X.description.ann``, ``X.summary.ann``.

    Raises:
        InputError: there is no such path, or no .ann file.
    """
    if not path.exists():
        raise InputNotFound(where=path)
    files = sorted(path.glob("*.ann")) if path.is_dir() else [path]
    if not files or any(file.suffix != ".ann" for file in files):
        raise InputError(where=path, reason="there is no .ann file" if path.is_dir() else "it is no .ann file")
    found: dict[str, dict[str, Path]] = {}
    for file in files:
        stem, _, text_id = file.stem.rpartition(".")
        if not stem or text_id not in _LABELS:
            stem, text_id = file.stem, _MAIN
        found.setdefault(stem, {})[text_id] = file
    return [Document(stem, texts) for stem, texts in sorted(found.items())]


def read_document(document: Document, records: Iterable[Record] = ()) -> Imported:
    """The document of corrected annotations: its entities are the annotators', and its rules follow them.

    ``records``: of the one among them whose eligibility text was annotated, the number, title, registry fields and
    other texts come back too, and escapes in it are read as in its format.

    Raises:
        InputError: a file is missing or no text; an annotation is damaged (MalformedInput, with the line).
    """
    files = {text_id: document.files[text_id] for text_id in _LABELS if text_id in document.files}
    contents = {text_id: _content(file.with_suffix(".txt")) for text_id, file in files.items()}
    record = next((one for one in records if _is_of(one, contents)), None) or _record(document.stem, contents)
    texts = {text.id: text for text in record.texts}
    standoffs = {
        text_id: read_standoff(_content(file), texts[text_id].raw, str(file)) for text_id, file in files.items()
    }
    return corrected(record, standoffs, {text_id: str(file) for text_id, file in files.items()})


def corrected(record: Record, standoffs: dict[str, Standoff], names: dict[str, str]) -> Imported:
    """The document of a record with the annotations of its texts; ``names``: how messages call them."""
    own = parse_record(record)
    corrections = {text_id: Corrections(standoff, own, text_id) for text_id, standoff in standoffs.items()}

    def revise(text: CleanText, first: int, last: int, found: Annotated) -> Annotated:
        return corrections[text.id].annotated(text, first, last, found) if text.id in corrections else found

    trial = parse_record(record, revise=revise)
    turned = {text_id: _turned(trial, text_id, standoff) for text_id, standoff in standoffs.items()}
    criteria = tuple(
        _settled(one, standoffs[one.span.text_id], turned[one.span.text_id]) if one.span.text_id in standoffs else one
        for one in trial.criteria
    )
    trial = trial.model_copy(update={"criteria": criteria})
    taken = {(criterion.span.text_id, key_of(entity)) for criterion in trial.walk() for entity in criterion.entities}
    left_out = [
        f"{names[text_id]}: line {mention.line}: {mention.id} lies in no criterion"
        for text_id, standoff in standoffs.items()
        for mention in standoff.mentions.values()
        if (text_id, mention.key) not in taken
    ]
    return Imported(trial, tuple(left_out))


def _is_of(record: Record, contents: dict[str, str]) -> bool:
    """Whether the annotated texts are those of the record."""
    texts = {text.id: text.raw for text in record.texts}
    return bool(contents.get(_MAIN)) and all(texts.get(text_id) == content for text_id, content in contents.items())


def _record(stem: str, contents: dict[str, str]) -> Record:
    """A record that is no more than its texts, named by the files."""
    texts = {_MAIN: "", **contents}
    ordered = tuple(guessed(text_id, _LABELS[text_id], texts[text_id]) for text_id in _LABELS if text_id in texts)
    return Record(stem if NCT_NUMBER.fullmatch(stem) else None, None, FORMAT, ordered, Registry())


def _content(path: Path) -> str:
    """The text of a file, its line ends as they are."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputTooLarge(where=path, size=path.stat().st_size, limit=MAX_BYTES)
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputNotFound(where=path) from error
    except UnicodeDecodeError as error:
        raise MalformedInput(where=path, format=FORMAT, reason="it is not UTF-8") from error
    except OSError as error:
        raise InputError(where=path, reason=(error.strerror or str(error)).lower()) from error


def _settled(criterion: Criterion, standoff: Standoff, turned: Sequence[Mention]) -> Criterion:
    """The criterion with no other entities than the annotators', in their parts, negated where they say so."""
    mentions = {_hull(mention): mention for mention in standoff.mentions.values()}
    entities = tuple(
        _like(entity, mention, criterion)
        for entity in criterion.entities
        if (mention := mentions.get(key_of(entity))) is not None
    )
    ids = {entity.id for entity in entities}
    rule = criterion.rule
    for mention in turned:
        rule = _with_presence(rule, mention)
    return criterion.model_copy(
        update={
            "entities": entities,
            "relations": tuple(one for one in criterion.relations if one.first in ids and one.second in ids),
            "rule": rule,
            "children": tuple(_settled(child, standoff, turned) for child in criterion.children),
        }
    )


def _turned(trial: ParsedTrial, text_id: str, standoff: Standoff) -> list[Mention]:
    """The things that annotators say are negated where critparse reads that they are not, or the other way round."""
    mentions = {_hull(mention): mention for mention in standoff.mentions.values() if mention.label in THINGS}
    found = (entity for one in trial.walk() if one.span.text_id == text_id for entity in one.entities)
    pairs = ((entity, mentions.get(key_of(entity))) for entity in found)
    return [mention for entity, mention in pairs if mention is not None and mention.negated != entity.negated]


def _hull(mention: Mention) -> Key:
    """As what the pipeline knows a mention, which has no gaps there."""
    return mention.label, ((mention.start, mention.end),)


def _like(entity: Entity, mention: Mention, criterion: Criterion) -> Entity:
    """The entity with the parts and the negation of the mention."""
    update: dict[str, object] = {"negated": mention.negated}
    if len(mention.spans) > 1:
        offset = criterion.span.start
        spans = tuple(Span(text_id=criterion.span.text_id, start=start, end=end) for start, end in mention.spans)
        words = " ".join(criterion.text[start - offset : end - offset] for start, end in mention.spans)
        update |= {"spans": spans, "text": words}
    return entity.model_copy(update=update)


def _with_presence(rule: Rule, mention: Mention) -> Rule:
    """The rule in which the statements about the mention say that it is there, or that it is not."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules) | AtLeast(rules=rules):
            return rule.model_copy(update={"rules": tuple(_with_presence(member, mention) for member in rules)})
        case IfThen(condition=condition, rule=then):
            return IfThen(condition=_with_presence(condition, mention), rule=_with_presence(then, mention))
        case Not(rule=Leaf() as inner) if _is_about(inner, mention) and not mention.negated:
            return inner
        case Not(rule=Leaf() | Unstructured()):
            return rule
        case Not(rule=inner):
            return Not(rule=_with_presence(inner, mention))
        case Leaf() if _is_about(rule, mention):
            if rule.range is not None:
                return Not(rule=rule) if mention.negated else rule
            return rule.model_copy(update={"present": not mention.negated})
        case _:
            return rule


def _is_about(leaf: Leaf, mention: Mention) -> bool:
    return any(span.start < mention.end and mention.start < span.end for span in leaf.subject.spans)
