"""The grammar of STIX patterns (section 9): from text to a tree, in linear time.

One pass cuts the text into tokens, one recursive descent builds the tree; nesting
is bounded, so that no pattern can exhaust the stack. Follows the OASIS ANTLR
grammar where the text of the standard is silent: `==` and `<>` are operators,
comments are skipped, keywords are uppercase.

Knows nothing of what a pattern means; `patterns` does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from hanse.intel.stix.timestamps import parse as parse_timestamp

MAX_NESTING = 64


class PatternFault(Exception):
    """The text is not a pattern: what was expected, at which column (from 1)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = position + 1


class Token(NamedTuple):
    """A word of the language: its kind, its text, where it begins."""

    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator constants`; a set operator has several constants.

    `kind` of the constants: string, number, boolean, binary, timestamp; empty for
    EXISTS. Only strings are kept as values, unescaped; the others as written.
    """

    object_type: str
    path: tuple[str, ...]
    operator: str
    kind: str
    constants: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Expressions joined by AND, OR or FOLLOWEDBY."""

    operator: str
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Observed:
    """Comparisons in square brackets: one observation has to fulfil them."""

    comparisons: "Expression"


@dataclass(frozen=True, slots=True)
class Qualified:
    """An observation expression with START/STOP, WITHIN or REPEATS after it."""

    expression: "Expression"


Expression: TypeAlias = Comparison | Joined | Observed | Qualified

_KEYWORDS = frozenset(
    {"AND", "OR", "NOT", "FOLLOWEDBY", "IN", "EXISTS", "true", "false"}
    | {"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"}
    | {"START", "STOP", "WITHIN", "SECONDS", "REPEATS", "TIMES"}
)
_TOKEN = re.compile(
    r"""
    (?: [\s\x85\xa0]++ | /\*(?s:.*?)\*/ | //[^\r\n]*+ )*+
    (?:
      (?P<string>'(?:[^'\\]|\\['\\])*+')
    | (?P<timestamp>t'[^'\\]*+')
    | (?P<hex>h'[^'\\]*+')
    | (?P<base64>b'[^'\\]*+')
    | (?P<float>[+-]?[0-9]*+\.[0-9]++)
    | (?P<int>[+-]?[0-9]++)
    | (?P<word>[A-Za-z_][A-Za-z0-9_-]*+)
    | (?P<operator>==|!=|<>|<=|>=|=|<|>)
    | (?P<sign>[][(),.:*])
    | (?P<end>\Z)
    | (?P<nothing>)
    )
    """,
    re.VERBOSE,
)
_hex = re.compile(r"(?:[0-9a-fA-F]{2})*").fullmatch
_base64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*"
    r"(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"
).fullmatch
_integer = re.compile(r"[+-]?(?:0|[1-9][0-9]*)").fullmatch
_escape = re.compile(r"\\(['\\])")

_TO_BE_CHECKED = frozenset({"hex", "base64", "timestamp", "int"})
_EQUALITY = frozenset({"=", "==", "!=", "<>"})
_ORDER = frozenset({"<", ">", "<=", ">="})
_TEXTUAL = frozenset({"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"})
_CONSTANTS = {
    "string": "string",
    "timestamp": "timestamp",
    "hex": "binary",
    "base64": "binary",
    "float": "number",
    "int": "number",
}
_QUALIFIERS = ("START", "WITHIN", "REPEATS")


def read_pattern(pattern: str) -> Expression:
    """The tree of a pattern; raises `PatternFault` where it breaks the grammar."""
    reader = _Reader(_tokens(pattern))
    expression = reader.observations("FOLLOWEDBY", depth=0)
    reader.expect_end()
    return expression


def unescaped(literal: str) -> str:
    """The text of a string constant without its quotes and escapes."""
    inner = literal[1:-1]
    return _escape.sub(r"\1", inner) if "\\" in inner else inner


def _tokens(pattern: str) -> Iterator[Token]:
    """The words of the pattern one by one; the last is of the kind `end`.

    Cut off as they are asked for, so that a fault at the beginning of a megabyte
    costs nothing for the rest.
    """
    for match in _TOKEN.finditer(pattern):
        kind = match.lastgroup or ""
        text = match[kind]
        position = match.start(kind)
        if kind in _TO_BE_CHECKED:
            _check_literal(kind, text, position)
        elif kind == "nothing":
            raise PatternFault(_unreadable(pattern, position), position)
        elif text in _KEYWORDS:
            kind = "keyword"
        yield Token(kind, text, position)
        if kind == "end":
            return


def _unreadable(pattern: str, position: int) -> str:
    if pattern[position] == "'" or pattern[position + 1 : position + 2] == "'":
        return (
            "a string is not closed, or has a backslash that does not stand before "
            "a backslash or an apostrophe (write \\\\ for one backslash)"
        )
    if pattern.startswith("/*", position):
        return "a comment is not closed"
    return "no constant, path, operator or bracket begins here"


def _check_literal(kind: str, text: str, position: int) -> None:
    if kind == "hex" and not _hex(text[2:-1]):
        raise PatternFault("must be an even number of hexadecimal digits", position)
    if kind == "base64" and not _base64(text[2:-1].replace("\r", "").replace("\n", "")):
        raise PatternFault("must be base64 with padding", position)
    if kind == "timestamp" and parse_timestamp(text[2:-1]) is None:
        raise PatternFault("must be like t'2025-01-31T08:30:00Z'", position)
    if kind == "int" and not _integer(text):
        raise PatternFault("a whole number must not begin with 0", position)


class _Reader:
    """The recursive descent: one method per rule of the grammar."""

    def __init__(self, tokens: Iterator[Token]) -> None:
        self._tokens = tokens
        self._token = next(tokens)

    def observations(self, operator: str, depth: int) -> Expression:
        """Observation expressions joined by `operator` or one that binds closer."""
        parts = [self._closer_observations(operator, depth)]
        while self._take("keyword", operator):
            parts.append(self._closer_observations(operator, depth))
        return parts[0] if len(parts) == 1 else Joined(operator, tuple(parts))

    def expect_end(self) -> None:
        token = self._token
        if token.kind != "end":
            raise PatternFault("the pattern should end here", token.position)

    def _closer_observations(self, operator: str, depth: int) -> Expression:
        if operator == "FOLLOWEDBY":
            return self.observations("OR", depth)
        if operator == "OR":
            return self.observations("AND", depth)
        return self._observation(depth)

    def _observation(self, depth: int) -> Expression:
        is_group = self._take("sign", "(")
        if is_group:
            self._bound(depth)
            expression: Expression = self.observations("FOLLOWEDBY", depth + 1)
            self._expect("sign", ")")
        else:
            self._expect("sign", "[")
            expression = Observed(self._comparisons("OR", depth))
            self._expect("sign", "]")
        return self._qualified(expression, is_group=is_group)

    def _qualified(self, expression: Expression, *, is_group: bool) -> Expression:
        seen: set[str] = set()
        while (token := self._token).text in _QUALIFIERS and token.kind == "keyword":
            self._advance()
            # The standard forbids two of a kind on one observation expression; on
            # a group in parentheses the OASIS validator takes them, and so do we.
            if token.text in seen and not is_group:
                raise PatternFault(
                    f"has {token.text} a second time; once is allowed", token.position
                )
            seen.add(token.text)
            self._qualifier(token.text)
        return Qualified(expression) if seen else expression

    def _qualifier(self, name: str) -> None:
        if name == "START":
            self._expect("timestamp")
            self._expect("keyword", "STOP")
            self._expect("timestamp")
            return
        token = self._token
        fits = token.kind == "int" or (name == "WITHIN" and token.kind == "float")
        if not fits or float(token.text) <= 0:
            raise PatternFault(f"{name} needs a positive number", token.position)
        self._advance()
        self._expect("keyword", "SECONDS" if name == "WITHIN" else "TIMES")

    def _comparisons(self, operator: str, depth: int) -> Expression:
        parts = [self._closer_comparison(operator, depth)]
        while self._take("keyword", operator):
            parts.append(self._closer_comparison(operator, depth))
        return parts[0] if len(parts) == 1 else Joined(operator, tuple(parts))

    def _closer_comparison(self, operator: str, depth: int) -> Expression:
        if operator == "OR":
            return self._comparisons("AND", depth)
        if self._take("sign", "("):
            self._bound(depth)
            expression = self._comparisons("OR", depth + 1)
            self._expect("sign", ")")
            return expression
        return self._comparison()

    def _comparison(self) -> Comparison:
        is_negated = self._take("keyword", "NOT")
        if is_negated or self._token.text == "EXISTS":
            self._expect("keyword", "EXISTS")
            object_type, path = self._path()
            return Comparison(object_type, path, "EXISTS", "", (), is_negated)
        object_type, path = self._path()
        is_negated = self._take("keyword", "NOT")
        operator = self._operator()
        if operator == "IN":
            kind, constants = self._constants()
        else:
            kind, constant = self._constant(operator)
            constants = (constant,)
        return Comparison(object_type, path, operator, kind, constants, is_negated)

    def _path(self) -> tuple[str, tuple[str, ...]]:
        object_type = self._expect("word").text
        self._expect("sign", ":")
        steps = [self._step()]
        while True:
            if len(steps) > MAX_NESTING:
                position = self._token.position
                raise PatternFault(f"a path has at most {MAX_NESTING} steps", position)
            if self._take("sign", "."):
                steps.append(self._step())
            elif self._take("sign", "["):
                steps.append(f"[{self._index()}]")
                self._expect("sign", "]")
            else:
                return object_type, tuple(steps)

    def _step(self) -> str:
        token = self._token
        if token.kind == "string":
            self._advance()
            return unescaped(token.text)
        word = self._expect("word").text
        if "-" in word:
            raise PatternFault(
                "a property name with a hyphen must stand in apostrophes",
                token.position,
            )
        return word

    def _index(self) -> str:
        if self._take("sign", "*"):
            return "*"
        token = self._expect("int")
        if token.text.startswith("-"):
            raise PatternFault("an index must not be negative", token.position)
        return token.text

    def _operator(self) -> str:
        token = self._token
        if token.kind == "operator" or token.text in _TEXTUAL or token.text == "IN":
            self._advance()
            return token.text
        raise PatternFault("a comparison operator is expected here", token.position)

    def _constant(self, operator: str) -> tuple[str, str]:
        token = self._token
        kind = _CONSTANTS.get(token.kind)
        if kind is None and token.text in ("true", "false") and operator in _EQUALITY:
            kind = "boolean"
        if kind is None:
            raise PatternFault("a constant is expected here", token.position)
        if operator in _TEXTUAL and kind != "string":
            raise PatternFault(f"{operator} needs a string", token.position)
        self._advance()
        return kind, unescaped(token.text) if kind == "string" else token.text

    def _constants(self) -> tuple[str, tuple[str, ...]]:
        opening = self._expect("sign", "(")
        constants: list[str] = []
        kinds: set[str] = set()
        while not self._take("sign", ")"):
            if constants:
                self._expect("sign", ",")
            kind, constant = self._constant("=")
            kinds.add(kind)
            constants.append(constant)
        if len(kinds) > 1:
            raise PatternFault(
                "a set must hold constants of one kind", opening.position
            )
        return next(iter(kinds), ""), tuple(constants)

    def _bound(self, depth: int) -> None:
        if depth >= MAX_NESTING:
            position = self._token.position
            raise PatternFault(f"parentheses nest deeper than {MAX_NESTING}", position)

    def _take(self, kind: str, text: str) -> bool:
        token = self._token
        if token.text != text or token.kind != kind:
            return False
        self._advance()
        return True

    def _expect(self, kind: str, text: str = "") -> Token:
        token = self._token
        if token.kind != kind or (text and token.text != text):
            wanted = text or _WANTED[kind]
            raise PatternFault(f"{wanted} is expected here", token.position)
        self._advance()
        return token

    def _advance(self) -> None:
        if self._token.kind != "end":
            self._token = next(self._tokens)


_WANTED = {
    "word": "an object path such as url:value",
    "int": "a whole number",
    "timestamp": "a timestamp such as t'2025-01-31T08:30:00Z'",
}
