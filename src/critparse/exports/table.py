"""A trial as a curator reads it in a terminal: header, findings with the passages, the criteria as a tree, a count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from critparse.exports import Files
from critparse.exports.passages import Passages, readable
from critparse.exports.registry import registry_facts
from critparse.exports.streams import plural
from critparse.exports.terminal import plain, visible
from critparse.exports.wording import UNREAD, amount, is_ambiguous, own_words
from critparse.schema import Criterion, Finding, ParsedTrial

SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_KINDS = {"inclusion": "Inclusion criteria", "exclusion": "Exclusion criteria", "unknown": "Criteria of unknown kind"}
_TELLING = ("phase", "conditions")  # they need no name beside them
_LETTERS = re.compile(r"\W+")


def render(trial: ParsedTrial) -> RenderableType:
    """The whole table."""
    parts: list[RenderableType] = [*_header(trial), Text()]
    if trial.findings:
        parts += [findings(trial), Text()]
    for text_id, criteria in groupby(trial.criteria, key=lambda criterion: criterion.span.text_id):
        parts += [*_criteria(trial, text_id, list(criteria)), Text()]
    parts.append(_count(trial))
    return Group(*parts)


def render_findings(trial: ParsedTrial) -> RenderableType:
    """Header and findings alone."""
    return Group(*_header(trial), Text(), findings(trial))


def table_files(trial: ParsedTrial) -> Files:
    """One ``.txt`` file, without colours."""
    return {".txt": plain(render(trial))}


# --- header


def _header(trial: ParsedTrial) -> Iterator[Text]:
    title = Text()
    if trial.trial_id:
        title.append(f"{visible(trial.trial_id)}  ", style="bold cyan")
    if trial.title:
        title.append(visible(trial.title), style="bold")
    yield title or Text("Trial without id or title", style="bold")
    facts = registry_facts(trial)
    shown = (value if name in _TELLING else f"{name}: {value}" for name, value in facts.items())
    yield Text(" · ".join(visible(fact) for fact in shown), style="dim")


# --- findings


def findings(trial: ParsedTrial) -> RenderableType:
    """Each finding with its message, the passages it rests on and what to do."""
    if not trial.findings:
        return Text("No findings", style="green")
    parts: list[RenderableType] = [_heading("Findings")]
    passages = Passages(trial)
    for finding in trial.findings:
        parts += _finding(passages, finding)
    return Group(*parts)


def _finding(passages: Passages, finding: Finding) -> Iterator[RenderableType]:
    headline = Text(finding.severity.upper(), style=SEVERITY_STYLES[finding.severity])
    headline.append(f" {finding.code}  ", style="bold default")
    headline.append(_words(finding.message), style="not bold default")
    yield headline
    for evidence in finding.evidence:
        quote = Text(f"“{visible(passages.whole(evidence))}”")
        yield Padding(quote.append(f"  {visible(passages.of(evidence).where)}", style="dim"), (0, 0, 0, 4))
    if finding.suggestion:
        yield Padding(Text(f"→ {visible(finding.suggestion)}", style="italic"), (0, 0, 0, 4))


def _words(text: str) -> str:
    """A passage on one line, escapes of its source undone."""
    return visible(readable(text))


# --- criteria


def _criteria(trial: ParsedTrial, text_id: str, criteria: Sequence[Criterion]) -> Iterator[RenderableType]:
    """The criteria of one text, by kind; those of the narrative under the name of their text."""
    label = next(text.label for text in trial.texts if text.id == text_id)
    narrative = any(criterion.id.startswith(f"{text_id}:") for criterion in criteria)
    for kind, members in groupby(criteria, key=lambda criterion: criterion.kind):
        title = _KINDS[kind]
        yield _heading(f"{visible(label)}: {title[0].lower()}{title[1:]}" if narrative else title)
        yield _tree(list(members))


def _heading(title: str) -> RenderableType:
    return Line(Text(title, style="bold"), align="left", style="dim")


def _tree(criteria: Sequence[Criterion]) -> Tree:
    tree = Tree(Text(), hide_root=True, guide_style="dim")
    for section, members in groupby(criteria, key=lambda criterion: criterion.section):
        branch = tree.add(Text(visible(section), style="bold")) if section else tree
        for criterion in members:
            _grow(branch, criterion)
    return tree


def _grow(branch: Tree, criterion: Criterion) -> None:
    words = visible(own_words(criterion))
    lines = [_marked(words)]
    original = _words(criterion.text.strip().removeprefix(criterion.marker))
    if _letters(original) != _letters(words):
        lines.append(Text(original, style="dim"))
    if not criterion.children and is_ambiguous(criterion.rule):
        lines.append(Text("“and” and “or” can be read otherwise here", style="italic yellow"))
    label = Table.grid(padding=(0, 2, 0, 0))
    label.add_column(no_wrap=True, style="bold cyan")
    label.add_column()
    label.add_row(Text(criterion.id), Group(*lines))
    node = branch.add(label)
    for child in criterion.children:
        _grow(node, child)


def _marked(words: str) -> Text:
    """Rule words with the unread parts set off."""
    text = Text(words, style="default")
    text.highlight_regex(UNREAD, style="bold yellow")
    return text


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).casefold()


# --- count


def _count(trial: ParsedTrial) -> Text:
    """How many criteria there are and how much of them was read."""
    found = amount(trial)
    counts = [
        plural(found.criteria, "criterion", "criteria"),
        f"{found.structured} of {plural(found.statements, 'statement')} structured",
        plural(found.unread, "unread part"),
        plural(found.findings, "finding"),
    ]
    return Text(" · ".join(counts), style="bold")
