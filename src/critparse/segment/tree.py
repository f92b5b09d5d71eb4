"""Nesting: from the blocks of one section to a forest, by indent, numbering, colons and markers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from critparse.schema.criterion import CriterionKind
from critparse.segment.enumerations import Enumeration, merged_siblings, sub_list
from critparse.segment.lines import Block
from critparse.segment.markers import Marker
from critparse.segment.model import MAX_DEPTH, Item
from critparse.segment.sentences import clauses, semicolon_parts
from critparse.segment.vocabulary import plain, vocabulary

_TAG = re.compile(r"</?[a-z]{1,3}\s?/?>", re.IGNORECASE)
_FEW = 3  # up to so many unmarked paragraphs are read as prose, more as a list with one criterion a line


@dataclass(slots=True)
class Node:
    """An item while its list is being built."""

    start: int
    content: int
    end: int
    indent: int
    marker: Marker | None = None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def column(self) -> int:
        """The column of the words behind the marker."""
        return self.indent + self.content - self.start

    @property
    def depth(self) -> int:
        """1 at the top level."""
        return 1 if self.parent is None else self.parent.depth + 1


def nest(text: str, blocks: list[Block]) -> list[Node]:
    """The forest of ``blocks``, which are the criteria blocks of one section in document order."""
    builder = _Builder(text, blocks)
    for i, block in enumerate(blocks):
        builder.add(i, block)
    return builder.roots


def to_items(nodes: list[Node], kind: CriterionKind, section: str | None) -> tuple[Item, ...]:
    """``nodes`` as frozen items."""
    return tuple(
        Item(kind, node.start, node.content, node.end, section, to_items(node.children, kind, section))
        for node in nodes
    )


class _Builder:
    def __init__(self, text: str, blocks: list[Block]) -> None:
        self.text = text
        self.blocks = blocks
        self.roots: list[Node] = []
        self.last: Node | None = None
        self.sub_list_of: Node | None = None  # the colon-ended item whose unmarked sub-list is being read
        unmarked = [block for block in blocks if block.marker is None]
        self.prose = len(unmarked) == len(blocks) <= _FEW
        self.plain_top = bool(blocks) and blocks[0].marker is None and len(unmarked) >= 2
        self.resumed = _resumed(blocks)

    def add(self, i: int, block: Block) -> None:
        """Places block ``i``."""
        following = self.blocks[i + 1] if i + 1 < len(self.blocks) else None
        if block.marker is None:
            self._add_unmarked(i, block, following)
            return
        self.sub_list_of = None
        merged = merged_siblings(self.text, block, following)
        self._add_marked(i, block, merged.head_end if merged else block.end)
        if merged:
            self._add_members(block, merged)

    def _add_marked(self, i: int, block: Block, end: int) -> None:
        node = Node(block.start, block.content, end, _indent(block), block.marker)
        self._attach(node, self._parent_of(i, node, block.gap))
        self._add_sub_list(block, node)

    def _add_sub_list(self, block: Block, node: Node) -> None:
        """Hangs the list behind a colon inside ``node`` below it."""
        inner = Block(node.start, node.content, node.end, block.indent, block.gap, node.marker)
        found = sub_list(self.text, inner)
        if found is None:
            return
        node.end = found.head_end
        for member in found.members:
            self._attach(Node(member.start, member.content, member.end, node.indent + 2, member.marker), node)
        self.last = node

    def _add_members(self, block: Block, merged: Enumeration) -> None:
        parent = self.last.parent if self.last else None
        for member in merged.members:
            node = Node(member.start, member.content, member.end, _indent(block), member.marker)
            self._attach(node, parent)
            self._add_sub_list(block, node)

    def _attach(self, node: Node, parent: Node | None) -> None:
        while parent is not None and parent.depth >= MAX_DEPTH:
            parent = parent.parent
        node.parent = parent
        (self.roots if parent is None else parent.children).append(node)
        self.last = node

    def _open(self) -> list[Node]:
        """The last node and those above it, deepest first."""
        path = []
        node = self.last
        while node is not None:
            path.append(node)
            node = node.parent
        return path

    # -- marked blocks

    def _parent_of(self, i: int, node: Node, gap: bool) -> Node | None:
        """The item that the marked ``node`` belongs under, None for the top level."""
        assert node.marker is not None
        path = self._open()
        if not path:
            return None
        by_number = self._sibling_by_marker(node, path)
        if by_number is not None:
            return by_number.parent
        by_path = self._parent_by_path(node.marker, path)
        if by_path is not None:
            return by_path
        last = path[0]
        shallower = next((open_ for open_ in path if open_.indent < node.indent and open_.marker), None)
        if node.indent > last.indent and last.marker is not None:
            deeper = node.indent - last.indent
            return last if deeper >= 2 or last.marker.style != node.marker.style else last.parent
        if last.marker is None:
            return self._under_unmarked(node, last, gap)
        if node.indent < last.indent - 1 or not self._opens_sub_list(i, node, last):
            alike = [o for o in path if o.marker and o.marker.style == node.marker.style]
            same = next((o for o in alike if o.indent <= node.indent + 1), None)
            level = same or next((o for o in path if o.indent <= node.indent), None)
            return level.parent if level else shallower
        return last

    def _sibling_by_marker(self, node: Node, path: list[Node]) -> Node | None:
        """The open item whose list ``node`` continues: nearest in indent, then deepest."""
        assert node.marker is not None
        best: Node | None = None
        for open_ in path:
            if open_.marker is None or not node.marker.follows(open_.marker):
                continue
            distance = abs(open_.indent - node.indent)
            allowed = 1 if node.marker.bullet else 3
            if distance <= allowed and (best is None or distance < abs(best.indent - node.indent)):
                best = open_
        return best

    def _parent_by_path(self, marker: Marker, path: list[Node]) -> Node | None:
        if len(marker.path) < 2:
            return None
        above = marker.path[:-1]
        for open_ in path:
            held = open_.marker and (open_.marker.path or open_.marker.ordinals[:1])
            if held == above:
                return open_
        return None

    def _opens_sub_list(self, i: int, node: Node, last: Node) -> bool:
        """Whether ``node``, level with ``last`` but marked otherwise, opens a list below it."""
        assert node.marker is not None
        assert last.marker is not None
        if node.marker.style == last.marker.style or not node.marker.first:
            return False
        if any(o.marker and o.marker.style == node.marker.style and node.marker.bullet for o in self._open()):
            return False
        if _announces(self.text, last):
            return True
        return node.marker.bullet and not last.marker.bullet and self.resumed[i]

    def _under_unmarked(self, node: Node, last: Node, gap: bool) -> Node | None:
        """Where a marked item below an unmarked line belongs."""
        starred = self.plain_top and node.marker is not None and node.marker.style.startswith("*")
        if _announces(self.text, last) or (starred and not gap and node.indent >= last.indent):
            return last
        if node.indent > last.indent and not gap:
            return last
        level = next((open_ for open_ in self._open() if open_.indent <= node.indent + 1), None)
        return level.parent if level else None

    # -- unmarked blocks

    def _add_unmarked(self, i: int, block: Block, following: Block | None) -> None:
        last = self.last
        if last is not None and self._belongs_to_item(block, last):
            return
        if last is not None and self._is_sub_list(i, block, last):
            self._add_parts(block, last if self.sub_list_of is None else self.sub_list_of)
            return
        self.sub_list_of = None
        merged = merged_siblings(self.text, block, following)
        if merged:
            self._attach(Node(block.start, block.content, merged.head_end, block.indent), None)
            self._add_members(block, merged)
        elif self.prose:
            self._add_prose(block)
        else:
            node = Node(block.start, block.content, block.end, block.indent)
            self._attach(node, None)
            self._add_sub_list(block, node)

    def _belongs_to_item(self, block: Block, last: Node) -> bool:
        """Joins a further paragraph of a marked item, or a footnote, to it; says whether it did."""
        if self.sub_list_of is not None:
            return False
        for open_ in self._open():
            if open_.marker is None or block.indent < max(open_.column - 1, open_.indent + 1):
                continue
            if open_ is last and not _announces(self.text, last) and _adjoin(self.text, last.end, block.start):
                last.end = block.end
            elif open_ is last and _announces(self.text, last):
                self._add_parts(block, last)
                self.sub_list_of = None
            else:
                self._attach(Node(block.start, block.content, block.end, block.indent), open_)
            return True
        joins = _is_connector(self.text, block) or (not block.gap and _is_remark(self.text, block))
        if joins and not last.children and _adjoin(self.text, last.end, block.start):
            last.end = block.end
            return True
        return False

    def _is_sub_list(self, i: int, block: Block, last: Node) -> bool:
        """Whether an unmarked block is (part of) the sub-list that a colon announced."""
        if self.sub_list_of is not None:
            return self._goes_on(block)
        if not _announces(self.text, last):
            return False
        if last.marker is not None:
            return True
        return block.indent > last.indent or self.text[block.start].islower()

    def _goes_on(self, block: Block) -> bool:
        """Whether ``block`` continues the unmarked sub-list that is being read."""
        head = self.sub_list_of
        assert head is not None
        last = head.children[-1]
        if head.marker is not None:
            return self.text[last.end - 1] != "." or not block.gap
        if block.indent != last.indent:
            return block.indent > head.indent
        return self.text[block.start].islower() and self.text[last.end - 1] != "."

    def _add_parts(self, block: Block, parent: Node) -> None:
        """Adds the parts of ``block`` between semicolons below ``parent``."""
        for start, end in semicolon_parts(self.text, block.content, block.end):
            self._attach(Node(start, start, end, block.indent), parent)
        self.sub_list_of = parent

    def _add_prose(self, block: Block) -> None:
        """Adds each sentence of a paragraph as an item; a remark joins the sentence before it."""
        for start, end in clauses(self.text, block.content, block.end):
            last = self.roots[-1] if self.roots else None
            if last is not None and start > block.start and _remark_at(self.text, start, end):
                last.end = end
            else:
                self._attach(Node(start, start, end, block.indent), None)


def _indent(block: Block) -> int:
    """The indent that counts for nesting: "**" stands one level below "*", "* •" where its second bullet stands."""
    if block.marker is None:
        return block.indent
    stars = block.marker.style.count("*") if block.marker.style.startswith("**") else 1
    return block.indent + block.marker.shift + 2 * (stars - 1)


def _announces(text: str, node: Node) -> bool:
    """Whether the item ends by announcing a list."""
    if node.children:
        return False
    tail = text[max(node.start, node.end - 24) : node.end]
    return tail.rstrip(" -–*").endswith((":", "：")) or plain(tail).endswith("the following")


def _adjoin(text: str, end: int, start: int) -> bool:
    """Whether nothing but blanks, signs and tags stands between ``end`` and ``start``."""
    return not any(c.isalnum() for c in _TAG.sub("", text[end:start]))


def _is_connector(text: str, block: Block) -> bool:
    """Whether the line is nothing but "or" or "and"."""
    return block.end - block.content <= 8 and vocabulary().has("connector", plain(text[block.content : block.end]))


def _is_remark(text: str, block: Block) -> bool:
    return _remark_at(text, block.content, block.end)


def _remark_at(text: str, start: int, end: int) -> bool:
    opening = plain(text[start : min(end, start + 20)])
    return any(opening.startswith(word + " ") for word in vocabulary().terms["footnote"])


def _resumed(blocks: list[Block]) -> list[bool]:
    """For each block whether the ordered list that was open before it goes on behind it."""
    result = [False] * len(blocks)
    ahead: dict[tuple[str, tuple[int, ...], int], int] = {}
    for i in range(len(blocks) - 1, -1, -1):
        marker = blocks[i].marker
        if marker:
            for place in marker.ordinals:
                ahead[(marker.style, marker.path[:-1], place)] = i
        before = _ordered_before(blocks, i)
        if before is not None:
            result[i] = any((before.style, before.path[:-1], place + 1) in ahead for place in before.ordinals)
    return result


def _ordered_before(blocks: list[Block], i: int) -> Marker | None:
    """The marker of the block directly before ``i`` when it is ordered."""
    marker = blocks[i - 1].marker if i else None
    return marker if marker and marker.ordinals else None
