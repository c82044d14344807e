"""What a page of the book says: the equations it displays, those it cites, and the symbols it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import ascii_lowercase

from mecpapers.companion.symbols import symbols

LETTERS = ascii_lowercase
_NUMBER = r"\d{1,2}[a-z]?"
_DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\begin\{(align\*?)\}(.+?)\\end\{\2\}", re.DOTALL)
_TAG = re.compile(rf"\\tag\{{({_NUMBER})\}}")
_TARGET = re.compile(r"^\(([\w-]+)\)=[ ]*$", re.MULTILINE)
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*)\)")
_RANGE = re.compile(rf"\(({_NUMBER})\)[-–]\(({_NUMBER})\)")
_CITED = re.compile(rf"(?<![\w$])\(({_NUMBER})\)")
_FENCE = re.compile(r"(`{3,}|~{3,})[ ]*(.*)")
_CODE = re.compile(r"`[^`\n]+`")
_INLINE = re.compile(r"(?<!\$)\$(?!\$)((?:[^$\\]|\\.)+?)\$(?!\$)", re.DOTALL)
_TABLE = re.compile(r"^\|[ ]*symbol[ ]*\|.*\n\|[-| :]+\|\n((?:\|.*\n?)+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """A notebook, or a page of prose, in its folder."""

    file: str
    text: str
    code: str

    @property
    def title(self) -> str:
        """The first heading."""
        return next((line[2:] for line in self.text.splitlines() if line.startswith("# ")), self.file)

    @cached_property
    def prose(self) -> str:
        """The text without code."""
        return _CODE.sub("", "\n".join(_lines_but_code(self.text)))

    @cached_property
    def tags(self) -> list[str]:
        """The numbers that its displayed equations carry."""
        return [number for match in _DISPLAY.finditer(self.prose) for number in _TAG.findall(match.group())]

    @cached_property
    def targets(self) -> dict[str, list[str]]:
        """The numbers displayed where a link target of this page leads, by the target's name."""
        found, text = {}, self.prose
        for match in _TARGET.finditer(text):
            rest = _TARGET.sub("", text[match.end() :]).lstrip()
            display = _DISPLAY.match(rest)
            found[match.group(1)] = _TAG.findall(display.group()) if display else []
        return found

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """File ("" for this page) and fragment of each link."""
        found = (target.partition("#") for _, target in _LINK.findall(self.prose))
        return [(Path(file).name, fragment) for file, _, fragment in found]

    def cited(self, paper: str, papers: tuple[str, ...]) -> set[str]:
        """The numbers that its prose names, those within ranges included; other papers' are links to them."""
        others = tuple(f"{other}-" for other in papers if other != paper)

        def said(match: re.Match[str]) -> str:
            return "" if match.group(2).partition("#")[2].startswith(others) else match.group(1)

        prose = _LINK.sub(said, _INLINE.sub("$", _DISPLAY.sub("", self.prose)))
        between = {number for low, high in _RANGE.findall(prose) for number in spelt(low, high)}
        return between | set(_CITED.findall(prose))

    @cached_property
    def symbols(self) -> set[str]:
        """The symbols of its formulas."""
        return {symbol for formula in self._formulas(self.prose) for symbol in symbols(formula)}

    @cached_property
    def explained(self) -> set[str]:
        """The symbols in the first column of its tables of symbols."""
        rows = [row for table in _TABLE.findall(self.prose) for row in table.splitlines()]
        cells = [re.split(r"(?<!\\)\|", row)[1] for row in rows]
        return {symbol for cell in cells for formula in self._formulas(cell) for symbol in symbols(formula)}

    @staticmethod
    def _formulas(text: str) -> Iterator[str]:
        for match in _DISPLAY.finditer(text):
            yield match.group(1) or match.group(3)
        yield from _INLINE.findall(_DISPLAY.sub("", text))


def _lines_but_code(text: str) -> Iterator[str]:
    """The lines outside of code blocks; a directive's lines are text, its fences are not."""
    fences: list[tuple[str, bool]] = []  # and whether they hold code
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if fence is None:
            if not any(code for _, code in fences):
                yield line
        elif fences and not fence.group(2) and len(fence.group(1)) >= len(fences[-1][0]):
            fences.pop()
        else:
            fences.append((fence.group(1), not fence.group(2).startswith("{")))


def read(folder: Path) -> list[Page]:
    """The notebooks of a folder, or its pages of prose."""
    found = []
    for file in sorted([*folder.glob("*.ipynb"), *folder.glob("*.md")]):
        content = file.read_text(encoding="utf-8")
        cells = json.loads(content)["cells"] if file.suffix == ".ipynb" else []
        kinds = ("markdown", "code")
        text, code = ("\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == kind) for kind in kinds)
        found.append(Page(file.name, text if cells else content, code))
    return found


def homes(paper: str, pages: list[Page]) -> dict[str, list[str]]:
    """The pages that display an equation at its target ``paper-number``, by number."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for target, numbers in page.targets.items():
            of, _, number = target.partition("-")
            if of == paper and number in numbers:
                found.setdefault(number, []).append(page.file)
    return found


def unseen(page: Page, paper: str, home: dict[str, list[str]], papers: tuple[str, ...]) -> set[str]:
    """The numbers of a paper that a page cites, but neither displays nor links to where they are displayed."""
    shown = set(page.tags)
    for file, fragment in page.links:
        of, _, number = fragment.partition("-")
        if of == paper and (file or page.file) in home.get(number, []):
            shown.add(number)
    return page.cited(paper, papers) - shown


def spelt(low: str, high: str) -> list[str]:
    """The numbers from one to another: 27 to 29, or 13a to 13g."""
    (first, a), (last, b) = ((end.rstrip(LETTERS), end.lstrip("0123456789")) for end in (low, high))
    if first == last and a and b:
        return [f"{first}{letter}" for letter in LETTERS if a <= letter <= b]
    return [low, *map(str, range(int(first) + 1, int(last))), high]
