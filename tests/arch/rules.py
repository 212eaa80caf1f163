"""The rules of the tree, each a function from a tree to the faults in it.

A fault is one sentence that begins with the place. Nothing here knows pytest; the
tests ask for the faults of the repository (there must be none) and of small planted
trees (there must be some, or the rule could not fail).
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

MAX_LINES = 500

DRAWERS = frozenset(
    {"common", "core", "helper", "helpers", "lib", "manager", "managers", "misc"}
    | {"service", "services", "shared", "stuff", "tools", "util", "utils"}
)
DRAWER_PART = re.compile(r"^base_|_(manager|service|utils?|helpers?)$")
DRAWER_CLASS = re.compile(r"^(I[A-Z][a-z]\w+|\w+(Manager|Service|Impl|Helper|Utils?))$")

# SQL as this code base writes it, at the start of a string. Prose starts with a capital
# and seldom goes on like a statement, so case is part of the recognition.
SQL = re.compile(
    r"""\s*(?:
        (?:select|SELECT)\s.*?(?:\s(?:from|FROM)\s|\w\()
      | (?:insert|INSERT)\s+(?:or\s+\w+\s+)?(?:into|INTO)\s
      | (?:update|UPDATE)\s+\w+\s+(?:as\s+\w+\s+)?(?:set|SET)\s
      | (?:delete|DELETE)\s+(?:from|FROM)\s
      | (?:create|alter|drop|CREATE|ALTER|DROP)\s+
        (?:unique\s+|temp\s+)?(?:table|index|view|database|schema|type|function)\s
      | (?:with|WITH)\s+(?:recursive\s+)?\w+\s*(?:\([^)]*\)\s*)?(?:as|AS)\s
      | (?:pragma|PRAGMA)\s+\w
      | (?:copy|COPY)\s+\w+.*\s(?:from|to|FROM|TO)\s+(?:stdin|stdout|STDIN|STDOUT)
      | (?:truncate|TRUNCATE)\s+\w
    )""",
    re.VERBOSE | re.DOTALL,
)

# Places that exist on somebody's machine only. Split, so that this file has none.
MACHINE_PATH = re.compile(
    r"(?<![\w.~$}%-])/(?:" + "|".join(["home", "Users", "root", "work"]) + r")/[\w.]"
)


@dataclass(frozen=True)
class Source:
    """One Python file: where it is, from the root of the repository, and its text."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The file as Python reads it."""
        return ast.parse(self.text)

    @property
    def domain(self) -> str | None:
        """The room under `src/hanse` that it belongs to."""
        parts = self.path.parts
        return parts[2] if parts[:2] == ("src", "hanse") and len(parts) > 3 else None

    def imported(self) -> Iterator[str]:
        """Every dotted name that it imports, `from a import b` as `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


Rule = Callable[[list[Source]], Iterator[str]]


def read(root: Path, files: list[str]) -> list[Source]:
    """The Python files among `files`."""
    return [
        Source(PurePosixPath(name), (root / name).read_text("utf-8"))
        for name in files
        if name.endswith(".py")
    ]


def sql_outside_stores(sources: list[Source]) -> Iterator[str]:
    """SQL stands in `store.py`, `local.py` and `storage/`, and nowhere else."""
    for source in sources:
        if _may_hold_sql(source):
            continue
        for line, text in _strings(source.tree):
            if SQL.match(text):
                yield f"{source.path}:{line} holds SQL; move it to store.py"


def connections_outside_stores(sources: list[Source]) -> Iterator[str]:
    """`Tx.conn` is for `store.py`; SQLite is for `local.py`."""
    for source in sources:
        if _may_hold_sql(source):
            continue
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "conn"
                and isinstance(node.value, ast.Name)
                and node.value.id == "tx"
            ):
                yield f"{source.path}:{node.lineno} takes tx.conn; ask its store"
        if "sqlite3" in {name.partition(".")[0] for name in source.imported()}:
            yield f"{source.path} imports sqlite3; only local.py does"


def misplaced_stores(sources: list[Source]) -> Iterator[str]:
    """An edge or a client has no `store.py`, and nobody else has `local.py`."""
    for source in sources:
        if source.path.name == "store.py" and source.domain in {"edge", "client"}:
            yield f"{source.path} is a store in an edge; SQLite stands in local.py"
        if source.path.name == "local.py" and source.domain != "edge":
            yield f"{source.path} is SQLite outside the edge; the hub has PostgreSQL"


def foreign_stores(sources: list[Source]) -> Iterator[str]:
    """A store is imported by its own room only; others ask the room's deeds."""
    for source in sources:
        if source.domain is None:
            continue
        for name in source.imported():
            parts = name.split(".")
            is_store = parts[0] == "hanse" and "store" in parts[2:]
            if is_store and parts[1] != source.domain:
                yield f"{source.path} imports {name}, the store of another room"


def drawers(sources: list[Source]) -> Iterator[str]:
    """No file, folder or class is named for being a drawer."""
    for source in sources:
        for part in source.path.with_suffix("").parts:
            if part in DRAWERS or DRAWER_PART.search(part):
                yield f"{source.path}: `{part}` is a drawer; name what it knows or does"
        if source.domain is None:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and DRAWER_CLASS.match(node.name):
                yield f"{source.path}:{node.lineno} `{node.name}`: name the thing"


def long_files(sources: list[Source]) -> Iterator[str]:
    """No file is longer than 500 lines; cut it by subject."""
    for source in sources:
        lines = source.text.count("\n")
        if lines > MAX_LINES:
            yield f"{source.path} has {lines} lines, at most {MAX_LINES}; cut it in two"


def silent_modules(sources: list[Source]) -> Iterator[str]:
    """Every module opens by saying what it knows."""
    for source in sources:
        if ast.get_docstring(source.tree) is None:
            yield f"{source.path} has no docstring; say what it knows and does not do"


def prints(sources: list[Source]) -> Iterator[str]:
    """Only the command line and the demo talk to a terminal."""
    for source in sources:
        if source.domain in {None, "cli", "demo"}:
            continue
        for node in ast.walk(source.tree):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == "print":
                yield f"{source.path}:{called.lineno} prints; return it, or log it"


def mocks(sources: list[Source]) -> Iterator[str]:
    """Tests use real, small implementations; a mock repeats what we believe."""
    for source in sources:
        if any(name.startswith("unittest.mock") for name in source.imported()):
            yield f"{source.path} imports unittest.mock; use a real, small stand-in"


def machine_paths(texts: dict[str, str], host: str) -> Iterator[str]:
    """No file names a folder or the host of the machine it was written on."""
    telling = re.compile(rf"\b{re.escape(host)}\b") if len(host) > 8 else None
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATH.search(line) or (telling and telling.search(line)):
                yield f"{path}:{number} names a place on somebody's machine"


def _may_hold_sql(source: Source) -> bool:
    is_store = source.path.name in {"store.py", "local.py"}
    return is_store or source.domain in {None, "storage"}


def _strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string that is not a docstring; what an f-string fills in is `x`."""
    prose = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (
                str(part.value) if isinstance(part, ast.Constant) else "x"
                for part in node.values
            )
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and id(node) not in prose:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("latin-1")


def _docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield first.value


RULES: tuple[Rule, ...] = (
    sql_outside_stores,
    connections_outside_stores,
    misplaced_stores,
    foreign_stores,
    drawers,
    long_files,
    silent_modules,
    prints,
    mocks,
)
