"""How the statements of a criterion hang together: and, or, lists, exceptions, conditions, brackets.

The documented readings of what English leaves open:

- a comma takes the conjunction that closes its list ("A, B or C"); with none it means "and" in an inclusion criterion
  and "or" in an exclusion criterion; so do semicolons and sentence ends;
- "and" between diseases, drugs or procedures of an exclusion list joins alternatives ("heart, liver and kidney
  failure") and is marked ambiguous;
- "and" binds closer than "or" (marked ambiguous when both stand in one sentence);
- under one negation "or" joins negated statements by "and" ("no A or B": neither);
- an exception ("except", "unless", "other than") limits all of its sentence that stands before it;
- what an exclusion criterion allows ("…. Inhaled steroids are allowed.") is an exception to what stands before it;
- a trailing "if" is about the statement right before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from critparse.lexicon.words import word_set
from critparse.nlp.tokens import Tokens
from critparse.rules.draft import Draft
from critparse.rules.subjects import breaks

Op = Literal["all", "any", "not", "if", "at_least"]
Link = Literal[
    "strong",
    "strong-or",
    "strong-and",
    "also",
    "then",
    "must",
    "except",
    "unless",
    "unless-first",
    "or",
    "either",
    "and",
    "comma",
    "if",
    "near",
]
"""What stands between two statements; "either": an "or" that can also be read as "and"."""
_ENTITY_KINDS = frozenset(
    ("condition", "drug", "procedure", "device", "allergy", "observation", "reproductive", "unstructured")
)
_GROUP_OPS: tuple[tuple[str, Op], ...] = (("group-any", "any"), ("group-all", "all"), ("group-count", "at_least"))
_DEMOGRAPHICS = ("age", "sex")
_OR = word_set("or")
_COUNTING = word_set("counting")
_AND = word_set("and")
_STRONG: dict[Link, Link] = {"or": "strong-or", "either": "strong-or", "and": "strong-and", "near": "strong"}
_GROUPS_OF_PEOPLE = frozenset(("childbearing potential", "premenopausal", "postmenopausal", "surgical sterility"))


@dataclass(slots=True)
class Group:
    """A connective over nodes; for "if" the nodes are condition and consequence."""

    op: Op
    nodes: list[Node]
    ambiguous: bool = False
    count: int = 1
    evidence: tuple[tuple[int, int], ...] = ()


Node = Draft | Group


@dataclass(frozen=True, slots=True)
class LeadIn:
    """How a sub-list is joined ("any of the following"), where that is said, and what response words it carries."""

    op: Op
    count: int = 1
    first: int = -1
    last: int = -1


@dataclass(slots=True)
class _Sequence:
    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)  # links[i] joins nodes[i] and nodes[i + 1]


def lead_in(tokens: Tokens) -> LeadIn | None:
    """The words that announce a list and say how it is joined; the last such words count."""
    found: LeadIn | None = None
    for kind, op in _GROUP_OPS:
        for i, reading in tokens.readings(kind):
            beyond = found is None or i >= found.last or (i <= found.first and reading.next > found.last)
            if beyond and _announces(tokens, reading.next):
                found = LeadIn(op, int(reading.value) if op == "at_least" else 1, i, reading.next)
    return found


def _announces(tokens: Tokens, at: int) -> bool:
    """Whether the list really follows: "following", a colon or the end within a few words."""
    window = tokens.lower[max(0, at - 6) : at + 4]
    return "following" in window or "these" in window or "below" in window


def combine(tokens: Tokens, drafts: list[Draft], *, inclusion: bool, lead: LeadIn | None = None) -> Node | None:
    """The statements of one criterion as a tree; ``None`` when there are none."""
    if not drafts:
        return None
    before = [draft for draft in drafts if lead is not None and draft.last <= lead.first]
    if before and len(before) < len(drafts):  # "adults with atrial fibrillation and one of the following: …"
        own = combine(tokens, before, inclusion=inclusion)
        listed = combine(tokens, drafts[len(before) :], inclusion=inclusion, lead=lead)
        return _join("all", [node for node in (own, listed) if node is not None])
    sequence = _brackets(tokens, drafts, inclusion)
    if lead is not None and lead.op == "at_least" and len(sequence.nodes) > lead.count:
        return Group("at_least", list(sequence.nodes), count=lead.count, evidence=((lead.first, lead.last),))
    default: Op = "all" if inclusion else "any"
    return _fold(sequence, lead.op if lead else default, inclusion)


def _brackets(tokens: Tokens, drafts: list[Draft], inclusion: bool) -> _Sequence:
    """Statements inside one pair of brackets are one node."""
    depths = _depths(tokens)
    base = min(depths[d.first] for d in drafts)
    sequence = _Sequence()
    previous: Draft | None = None
    index = 0
    while index < len(drafts):
        end = index + 1
        node: Node = drafts[index]
        while end < len(drafts) and _shares_limit(drafts[end - 1], drafts[end]):
            end += 1
        if end > index + 1:  # "bilirubin, ALT or AST above 2 × ULN" is one node whatever stands around it
            node = Group("any" if drafts[index].join == "or" else "all", list(drafts[index:end]))
        elif depths[drafts[index].first] > base:
            while end < len(drafts) and depths[drafts[end].first] > base:
                end += 1
            inner = drafts[index:end]
            if len(inner) > 1 and len(inner) < len(drafts):
                node = combine(tokens, inner, inclusion=inclusion) or node
        if previous is not None:
            sequence.links.append(_link(tokens, previous, drafts[index], depths, base, inclusion))
        sequence.nodes.append(node)
        previous = drafts[end - 1]
        index = end
    _conditions(tokens, drafts, sequence)
    return sequence


def _shares_limit(left: Draft, right: Draft) -> bool:
    if left.paired and right.paired and left.subject_tokens == right.subject_tokens:
        return True
    return left.limit is not None and left.limit is right.limit and bool(right.join)


def _depths(tokens: Tokens) -> list[int]:
    depth = 0
    depths = []
    for word in tokens.words:
        if word in "([" or word.lower() == "either":  # "… and either A or B": A or B hang together
            depth += 1
        depths.append(min(depth, 8))
        if word in ")]":
            depth = max(0, depth - 1)
    return depths


def _link(tokens: Tokens, left: Draft, right: Draft, depths: list[int], base: int, inclusion: bool) -> Link:
    """What stands between two neighbouring statements."""
    if right.first < left.last:
        return "near"
    between = range(left.last, right.first)
    if any(tokens.reading(i, "except") for i in between):
        return "unless" if inclusion and "unless" in tokens.lower[left.last : right.first] else "except"
    if right.permitted and not left.permitted:
        return "except"
    if any(tokens.reading(i, "if") for i in between):
        return "if"
    gap = tokens.lower[left.last : right.first]
    opened = depths[right.first] > base and "(" in gap and depths[left.last - 1] <= base
    if opened and not breaks(tokens, left.last, right.first):
        return "or" if right.inherited else "near"  # "≤ 1.5 × ULN (≤ 3 × ULN in Gilbert's syndrome)"
    link = _spoken(tokens, left.last, right.first)
    if link == "comma" and inclusion and (left.kind in _DEMOGRAPHICS or right.kind in _DEMOGRAPHICS):
        return "also"  # "adults aged ≥ 18, with A or B"
    if link == "near" and left.kind in _DEMOGRAPHICS and "with" in gap:
        return "also"  # "women with A or B"
    together = left.negation is not None and (left.negation == right.negation or (right.negation and "nor" in gap))
    if together and link in ("or", "comma", "strong"):
        return "and"
    both = "both" in tokens.lower[max(0, left.first - 2) : left.first]
    return "either" if link == "and" and not inclusion and not both and _alternatives(left, right) else link


def _spoken(tokens: Tokens, first: int, last: int) -> Link:
    """The conjunction or punctuation among the tokens ``[first, last)``; "one or both" joins nothing."""
    gap = [
        word
        for i, word in enumerate(tokens.lower[first:last], first)
        if not (tokens.word(i - 1) in _COUNTING and tokens.word(i + 1) in _COUNTING)
    ]
    said: Link = "near"
    if not _OR.isdisjoint(gap):
        said = "or" if _AND.isdisjoint(gap) else "either"
    elif not _AND.isdisjoint(gap):
        said = "and"
    if breaks(tokens, first, last):
        return _STRONG[said] if _next_to_break(tokens, first, last) else "strong"
    if any(tokens.reading(i, "define") for i in range(first, last)):
        return "also"  # "adequate renal function, defined as A or B": the definition is all that follows
    if said == "near" and any(tokens.reading(i, "example") for i in range(first, last)):
        return "or"
    return "comma" if said == "near" and "," in gap else said


def _next_to_break(tokens: Tokens, first: int, last: int) -> bool:
    """Whether a conjunction stands at the end of a clause or at the head of the next ("…; or"), not further in."""
    spoken = [i for i in range(first, last) if tokens.word(i) in _OR | _AND]
    return any(breaks(tokens, i - 1, i) or breaks(tokens, i + 1, i + 2) for i in spoken)


def _alternatives(left: Draft, right: Draft) -> bool:
    """Members of an exclusion list that "and" joins although each alone excludes."""
    plain = left.limit is None and right.limit is None and left.present and right.present
    return plain and left.kind in _ENTITY_KINDS and right.kind in _ENTITY_KINDS


def _conditions(tokens: Tokens, drafts: list[Draft], sequence: _Sequence) -> None:
    """Mark "women of childbearing potential must …" and "if …, …" as conditions."""
    opening = any(tokens.reading(i, "if") for i in range(min(3, drafts[0].first + 1)))
    for i, link in enumerate(sequence.links):
        left, right = sequence.nodes[i], sequence.nodes[i + 1]
        if not isinstance(left, Draft) or not isinstance(right, Draft):
            continue
        if link in ("strong", "strong-or", "strong-and", "except", "unless"):
            return
        if tokens.word(0) == "unless" and link in ("comma", "also"):
            sequence.links[i] = "unless-first"  # "Unless treated with statins, LDL > 190 mg/dL"
            return
        if opening and link in ("comma", "near", "and", "also"):
            sequence.links[i] = "then"
            return
        people = all(_is_people(node) for node in sequence.nodes[: i + 1])
        modal = any(tokens.reading(at, "modal") for at in range(left.last, max(left.last, right.first)))
        modal = modal or tokens.reading(right.first, "modal") is not None
        if people and modal:
            sequence.links[i] = "must"
            return


def _is_people(node: Node) -> bool:
    return isinstance(node, Draft) and (
        (node.kind == "sex" and node.values != ("female", "male")) or node.subject in _GROUPS_OF_PEOPLE
    )


def _fold(sequence: _Sequence, default: Op, inclusion: bool) -> Node:
    """Split at the loosest link, fold the parts, join them."""
    sequence = _either_sex(sequence)
    if len(sequence.nodes) == 1:
        return sequence.nodes[0]
    if (led := _led_by_sex(sequence, default, inclusion)) is not None:
        return led
    strong = [i for i, link in enumerate(sequence.links) if link == "also" or link.startswith("strong")]
    if strong:
        said = {sequence.links[i] for i in strong}
        op: Op = "any" if "strong-or" in said else default if "strong" in said else "all"
        return _join(op, [_fold(part, default, inclusion) for part in _split(sequence, strong)])
    for link in ("then", "must", "except", "unless", "unless-first"):
        if link in sequence.links:
            at = sequence.links.index(link)
            left, right = (_fold(part, default, inclusion) for part in _cut(sequence, at))
            return _conditional(link, left, right, inclusion)
    return _fold_list(_resolve_commas(sequence, default), default, inclusion)


def _led_by_sex(sequence: _Sequence, default: Op, inclusion: bool) -> Node | None:
    """ "Women who are pregnant, nursing or planning pregnancy": the sex goes with every member of the list."""
    first, *rest = sequence.nodes
    if not isinstance(first, Draft) or first.kind != "sex" or len(rest) < 2 or sequence.links[0] != "near":
        return None
    if not all(isinstance(node, Draft) and node.kind == "reproductive" for node in rest):
        return None
    if not {"or", "comma", "either"}.issuperset(sequence.links[1:]):
        return None
    return Group("all", [first, _fold(_Sequence(rest, sequence.links[1:]), default, inclusion)])


def _either_sex(sequence: _Sequence) -> _Sequence:
    """ "Men or non-pregnant women aged 18 to 65": both sexes are one node, what follows is about both."""
    nodes, links = sequence.nodes, sequence.links
    for i, node in enumerate(nodes[:-1]):
        if not isinstance(node, Draft) or node.kind != "sex" or links[i] not in ("or", "either"):
            continue
        end = i + 1
        while end < len(nodes) and _of_one_sex(nodes[end]) and (end == i + 1 or links[end - 1] in ("near", "comma")):
            end += 1
        if i + 1 < end < len(nodes) and links[end - 1] in ("near", "comma", "also"):
            others = nodes[i + 1 : end]
            both = Group("any", [node, _join("all", others)])
            return _either_sex(_Sequence([*nodes[:i], both, *nodes[end:]], [*links[:i], *links[end - 1 :]]))
    return sequence


def _of_one_sex(node: Node) -> bool:
    return isinstance(node, Draft) and node.limit is None and node.kind in ("sex", "reproductive")


def _conditional(link: Link, left: Node, right: Node, inclusion: bool) -> Node:
    """Conditions and exceptions. What excludes is the whole conjunction: an implication would exclude all others."""
    if link == "unless-first":
        return _join("any", [right, _positive(left)]) if inclusion else _exception(right, left)
    if link == "unless":
        return _join("any", [left, _positive(right)])
    if link == "except":
        return _exception(left, right)
    if inclusion:
        return Group("if", [left, right])
    return _join("all", [left, Group("not", [right])] if link == "must" else [left, right])


def _resolve_commas(sequence: _Sequence, default: Op) -> _Sequence:
    """A comma means what the next spoken conjunction of its list means."""
    links = list(sequence.links)
    spoken: Link = "and" if default == "all" else "or"
    for i in range(len(links) - 1, -1, -1):
        if links[i] in ("or", "and", "either"):
            spoken = links[i]
        elif links[i] == "comma":
            links[i] = spoken
    return _Sequence(sequence.nodes, links)


def _fold_list(sequence: _Sequence, default: Op, inclusion: bool) -> Node:
    mixed = "and" in sequence.links and ("or" in sequence.links or "either" in sequence.links)
    for links, op in ((("or", "either"), "any"), (("and",), "all")):
        at = [i for i, found in enumerate(sequence.links) if found in links]
        if at:
            parts = [_fold_list(part, default, inclusion) for part in _split(sequence, at)]
            return _join(op, parts, ambiguous=mixed or any(sequence.links[i] == "either" for i in at))  # type: ignore[arg-type]
    return _fold_near(sequence, inclusion)


def _fold_near(sequence: _Sequence, inclusion: bool) -> Node:
    """What stands side by side holds together; a trailing "if" is a condition on it."""
    if "if" not in sequence.links:
        return sequence.nodes[0] if len(sequence.nodes) == 1 else _join("all", list(sequence.nodes))
    at = sequence.links.index("if")
    left, right = (_fold_near(part, inclusion) for part in _cut(sequence, at))
    return Group("if", [right, left]) if inclusion else _join("all", [right, left])


def _split(sequence: _Sequence, at: list[int]) -> list[_Sequence]:
    parts: list[_Sequence] = []
    start = 0
    for i in [*at, len(sequence.links)]:
        parts.append(_Sequence(sequence.nodes[start : i + 1], sequence.links[start:i]))
        start = i + 1
    return parts


def _cut(sequence: _Sequence, at: int) -> list[_Sequence]:
    return [
        _Sequence(sequence.nodes[: at + 1], sequence.links[:at]),
        _Sequence(sequence.nodes[at + 1 :], sequence.links[at + 1 :]),
    ]


def _join(op: Op, nodes: list[Node], *, ambiguous: bool = False) -> Node:
    """A flat group; a conditional alternative ("… or ≤ 5 × ULN if …") is a conjunction, lest it hold for all others."""
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, Group) and node.op == op and op in ("all", "any"):
            flat.extend(node.nodes)
            ambiguous = ambiguous or node.ambiguous
        elif isinstance(node, Group) and node.op == "if" and op == "any":
            flat.append(Group("all", list(node.nodes)))
        else:
            flat.append(node)
    return flat[0] if len(flat) == 1 else Group(op, flat, ambiguous)


def _exception(left: Node, right: Node) -> Node:
    """ "A except B" is A and not B; "no A except B" is no (A and not B)."""
    if isinstance(left, Draft) and not left.present:
        left.present = True
        return Group("not", [Group("all", [left, Group("not", [_positive(right)])])])
    return Group("all", [left, Group("not", [_positive(right)])])


def _positive(node: Node) -> Node:
    """The excepted thing itself: a negation that reached over the "except" does not count."""
    for draft in [node] if isinstance(node, Draft) else node.nodes:
        if isinstance(draft, Draft) and draft.negation is not None:
            draft.present, draft.negation = True, None
    return node
