"""The documents, taken apart: code blocks, commands, links, settings, REST paths."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]
)

_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SETTING = re.compile(r"\bHANSE_[A-Z_]*[A-Z]\b")


@dataclass(frozen=True)
class Block:
    """A fenced code block, without the indentation it has in a list."""

    document: Path
    language: str
    code: str


def name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path, language: str = "") -> list[Block]:
    found = []
    for indent, spoken, code in _FENCE.findall(document.read_text("utf-8")):
        lines = [line.removeprefix(indent) for line in code.splitlines()]
        found.append(Block(document, spoken, "\n".join(lines) + "\n"))
    return [block for block in found if not language or block.language == language]


def commands(document: Path) -> list[list[str]]:
    """Every `hanse ...` in code blocks and in running text, as words."""
    text = document.read_text("utf-8")
    lines = [line.strip() for block in blocks(document) for line in _joined(block)]
    lines += _INLINE.findall(_FENCE.sub("", text))
    words = [shlex.split(line, comments=True) for line in lines if _is_ours(line)]
    return [each[1:] for each in words if len(each) > 1]


def links(document: Path) -> list[str]:
    """Where its links lead inside the repository."""
    found = _LINK.findall(document.read_text("utf-8"))
    return [link for link in found if not link.startswith(("http:", "https:", "#"))]


def settings(document: Path) -> set[str]:
    return set(_SETTING.findall(document.read_text("utf-8")))


def _joined(block: Block) -> list[str]:
    return block.code.replace("\\\n", " ").splitlines()


def _is_ours(line: str) -> bool:
    return line.startswith("hanse ")
