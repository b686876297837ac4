"""Splits a cleaned document into pieces that can be found and quoted on their own; pure and linear.

Comes in: blocks in reading order. Goes out: the one clean text, and pieces that span it. Pieces follow
the structure: sections apart, small ones together with their siblings, lists and tables whole where they
fit, a question with its answer and nothing else. Nothing but white space lies outside all pieces, and none is longer
than `size`, but for the last of a section: it takes up to 15 % more where its rest would stand alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from knowledge.ingest import sentences
from knowledge.ingest.types import Block, Extracted, Piece, SplitText

MIN_SIZE, MAX_SIZE = 200, 4_000  # that a dataset may ask for
SIZE = 1_000
OVERLAP = 120

_SMALL = 0.35  # of the size: a section below this is joined by the one after it
_TAIL = 0.15  # of the size: a rest of a section below this is added to the piece before it
_TINY = 0.1  # of the size: a piece below this may run over a chapter's beginning
_HEADER = 0.33  # of the size: a longer header row is not repeated
_PATH_DEPTH = 6
# A letter of these scripts says as much as two or three Latin ones, and embedders read only so much.
_SYLLABLES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_DENSE = 0.6  # of the size for a text in them
_HEADING_LENGTH = 120
_HEADS = ("heading", "question")
_QUESTION_LEVEL = 99  # below every heading
_TITLE_LENGTH = 80

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block and where it stands in the clean text."""

    block: Block
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Section:
    path: Path
    level: int  # 0 for what stands before the first heading
    blocks: list[_Placed]


@dataclass(frozen=True, slots=True)
class _Group:
    """What should stay in one piece: a paragraph, a list with the line that leads it in, a table."""

    blocks: list[_Placed]

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def end(self) -> int:
        return self.blocks[-1].end


@dataclass(slots=True)
class _Packer:
    text: str
    size: int
    overlap: int
    pieces: list[Piece] = field(default_factory=list)
    start: int = -1  # of the open piece; -1 when none is open
    end: int = -1
    page: int | None = None
    header: str = ""
    paths: list[Path] = field(default_factory=list)  # what the text of the open piece stands under
    level: int = 0  # of the section that was begun last
    under: Path = ()  # the last heading, for a piece that is nothing but headings
    fresh: bool = True  # whether nothing of the section was added yet
    goes_on: bool = False  # whether the open piece begins inside a section
    leads: bool = False  # whether it ends with what must not be its end

    @property
    def length(self) -> int:
        return self.end - self.start if self.start >= 0 else 0

    def fits(self, end: int) -> bool:
        lead = len(self.header) + 1 if self.header else 0
        return self.start < 0 or end - self.start + lead <= self.size

    def may_repeat(self, sentence: sentences.Span, end: int) -> bool:
        return sentence[1] - sentence[0] <= self.overlap and end - sentence[0] <= self.size

    def add(self, start: int, end: int, block: Block, path: Path, *, header: str = "") -> None:
        if self.start < 0:
            self.start, self.page, self.header = start, block.page, header
            self.goes_on = not self.fresh
        self.end, self.leads, self.fresh = end, block.kind in _HEADS, False
        if block.kind in _HEADS:
            self.under = path
        elif path not in self.paths[-1:]:
            self.paths.append(path)

    def close(self) -> None:
        if self.start < 0:
            return
        content = self.text[self.start : self.end]
        if self.header:
            content = f"{self.header}\n{content}"
        heading = " > ".join(_common(self.paths) if self.paths else self.under)
        if self._is_tail(heading):
            last = self.pieces.pop()
            content, self.start, self.page = last.content + self.text[last.end : self.end], last.start, last.page
        self.pieces.append(Piece(len(self.pieces), content, heading, self.page, self.start, self.end))
        self.start, self.end, self.header, self.paths, self.leads = -1, -1, "", [], False

    def _is_tail(self, heading: str) -> bool:
        """Whether the open piece is a short rest of the section that the last one ends in."""
        if not self.pieces or not self.goes_on or self.length > self.size * _TAIL:
            return False
        last = self.pieces[-1]
        same = last.heading == heading and last.page == self.page
        return same and len(last.content) + self.end - last.end <= self.size * (1 + _TAIL)


def split(extracted: Extracted, *, size: int = SIZE, overlap: int = OVERLAP) -> SplitText:
    """Pieces have at most `size` characters, and fewer in dense scripts; `overlap` is how much of a paragraph's end is
    said again when the next piece goes on with it."""
    if size < 50 or not 0 <= overlap <= size // 2:
        raise ValueError("size is at least 50 and overlap at most half of it")
    if _is_dense(extracted.blocks):
        size, overlap = int(size * _DENSE), int(overlap * _DENSE)
    text, placed = _assembled(extracted.blocks, header_limit=int(size * _HEADER))
    packer = _Packer(text, size, overlap)
    chapter = _chapter_level(placed)
    for section in _sections(placed):
        _begin(packer, section, chapter)
        for group in _groups(section.blocks, size):
            _pack(packer, group, section.path)
    packer.close()
    return SplitText(text, tuple(packer.pieces))


def _is_dense(blocks: Sequence[Block]) -> bool:
    letters = sum(len(block.text) for block in blocks)
    return sum(len(_SYLLABLES.findall(block.text)) for block in blocks) > letters * 0.3


def _assembled(blocks: Sequence[Block], *, header_limit: int) -> tuple[str, list[_Placed]]:
    """The clean text, in which a table's header row stands once, above its first row."""
    parts: list[str] = []
    placed: list[_Placed] = []
    at = 0
    for block, glue in _with_headers(blocks):
        if not block.text.strip():
            continue
        if placed:
            parts.append(glue)
            at += len(glue)
        parts.append(block.text)
        repeated = block if len(block.header) <= header_limit else replace(block, header="")
        placed.append(_Placed(repeated, at, at + len(block.text)))
        at += len(block.text)
    return "".join(parts), placed


def _with_headers(blocks: Sequence[Block]) -> Iterator[tuple[Block, str]]:
    last: Block | None = None
    for block in blocks:
        close = last is not None and last.kind == block.kind and block.kind in ("list_item", "table_row")
        same_table = close and last is not None and last.header == block.header
        if block.kind == "table_row" and block.header and not same_table:
            yield Block("table_row", block.header, page=block.page), "\n\n"
            yield block, "\n"
        else:
            yield block, "\n" if close else "\n\n"
        last = block


def _sections(placed: Sequence[_Placed]) -> Iterator[_Section]:
    stack: list[tuple[int, str]] = []
    section = _Section((), 0, [])
    for item in placed:
        if item.block.kind in _HEADS:
            if section.blocks:
                yield section
            level = max(1, item.block.level) if item.block.kind == "heading" else _QUESTION_LEVEL
            stack = [entry for entry in stack if entry[0] < level][: _PATH_DEPTH - 1]
            stack.append((level, item.block.text[:_HEADING_LENGTH].strip()))
            section = _Section(tuple(title for _, title in stack), level, [])
        section.blocks.append(item)
    if section.blocks:
        yield section


def _chapter_level(placed: Sequence[_Placed]) -> int:
    """The highest rank of heading that occurs more than once; a lone one is the document's title."""
    levels = [max(1, item.block.level) for item in placed if item.block.kind == "heading"]
    return min((level for level in set(levels) if levels.count(level) > 1), default=1)


def _begin(packer: _Packer, section: _Section, chapter: int) -> None:
    """Closes the open piece unless it is small enough to be joined by the next section. Questions join nobody."""
    if packer.level == _QUESTION_LEVEL or (section.level == _QUESTION_LEVEL and packer.paths):
        packer.close()
    packer.level, packer.fresh = section.level, True
    joinable = _SMALL if packer.leads or section.level > chapter else _TINY
    parted = not packer.leads and packer.length >= packer.size * _TINY and not packer.fits(section.blocks[-1].end)
    if packer.length >= packer.size * joinable or parted:
        packer.close()


def _groups(blocks: Sequence[_Placed], size: int) -> Iterator[_Group]:
    """Rows of one table, items of one list, a heading with what follows it."""
    group: list[_Placed] = []
    for item in blocks:
        if group and not _belongs(group[-1].block, item.block, room=item.end - group[0].start <= size):
            yield _Group(group)
            group = []
        group.append(item)
    if group:
        yield _Group(group)


def _belongs(last: Block, block: Block, *, room: bool) -> bool:
    if last.kind in _HEADS:
        return True
    if last.kind == block.kind and block.kind in ("list_item", "table_row"):
        return True
    if last.kind != "paragraph" or not room:
        return False
    return last.text.endswith((":", "：")) or (block.kind not in _HEADS and _looks_like_title(last.text))


def _looks_like_title(text: str) -> bool:
    """A heading that nothing marks as one: a short line that ends no sentence."""
    return len(text) <= _TITLE_LENGTH and "\n" not in text and text[-1:].isalnum() and text[:1] == text[:1].upper()


def _pack(packer: _Packer, group: _Group, path: Path) -> None:
    whole = group.end - group.start <= packer.size
    loose = group.blocks[-1].block.kind == "paragraph"  # may be cut to fill a piece; a list or table may not
    if whole and not packer.fits(group.end) and packer.length >= packer.size * (_SMALL if loose else _TINY):
        packer.close()
    fits = whole and packer.fits(group.end)
    for number, item in enumerate(group.blocks):
        if fits:
            packer.add(item.start, item.end, item.block, path)
        else:
            _fill(packer, item, path, follows=group.blocks[number + 1 : number + 2])


def _fill(packer: _Packer, item: _Placed, path: Path, *, follows: Sequence[_Placed]) -> None:
    """Adds one block, cut where it must be."""
    block = item.block
    longest = packer.size - (len(block.header) + 1 if block.header else 0)
    whole = item.end - item.start <= longest
    leads = bool(follows) and _leads(block, follows[0].block)
    if leads:
        longest = packer.size // 2
        room = min(packer.size // 4, follows[0].end - follows[0].start)
        if not packer.fits(item.end + room):
            packer.close()
    elif block.kind != "paragraph" and whole and not packer.leads and not packer.fits(item.end):
        packer.close()
    last: sentences.Span | None = None
    for start, end in _spans(packer, item, longest):
        if not packer.fits(end):
            opened = packer.start
            packer.close()
            if last and block.kind == "paragraph" and opened < last[0] and packer.may_repeat(last, end):
                packer.add(*last, block, path)
        packer.add(start, end, block, path, header=block.header)
        last = (start, end)
    packer.leads = packer.leads or leads


def _spans(packer: _Packer, item: _Placed, longest: int) -> Iterator[sentences.Span]:
    """The block in sentences, the first one cut where the open piece would else end with a heading."""
    start = item.start
    if packer.leads and (room := packer.size - (start - packer.start) - len(packer.header) - 1) >= packer.size // 4:
        first = next(sentences.spans(packer.text, start=start, end=item.end, longest=min(room, longest)))
        yield first
        start = first[1]
    yield from sentences.spans(packer.text, start=start, end=item.end, longest=longest)


def _leads(block: Block, follower: Block) -> bool:
    """A heading or a header row is never the last thing of a piece."""
    return block.kind in _HEADS or (bool(follower.header) and follower.header == block.text)


def _common(paths: Sequence[Path]) -> Path:
    first = paths[0]
    for depth in range(len(first)):
        if any(len(path) <= depth or path[depth] != first[depth] for path in paths):
            return first[:depth]
    return first
