"""What a source says, without its layout: its syntax tree as text, and the modules it imports."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence

ALL_BELOW = ".*"
"""Ends the name of a package that stands for all modules below it."""

_LAYOUT = {"lineno", "col_offset", "end_lineno", "end_col_offset", "ctx", "kind", "type_comment"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody")
_LONGEST_INT = 10**4000


def parsed(source: bytes) -> ast.Module | None:
    """Return the syntax tree of a source, or None if this version of Python cannot parse it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def canonical(tree: ast.AST) -> Iterator[str]:
    """Yield a syntax tree as text that no version of Python and no change without effect alters.

    Left out are layout, docstrings and other strings that stand alone, ``pass``, blocks for type checkers,
    and annotations outside of the bodies of classes, but for those that ``functools.singledispatch`` reads.
    """
    waiting: list[tuple[ast.AST | str, bool]] = [(tree, False)]
    while waiting:
        node, annotated = waiting.pop()
        if isinstance(node, str):
            yield node
        else:
            waiting += reversed(list(_pieces(node, annotated)))


def imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield the absolute names of what a module imports, lazily or not; some may be no modules.

    Args:
        tree: the module.
        package: the package that its relative imports start from, an empty string for none.

    Yields:
        Names, and names of packages with ``ALL_BELOW``: of the top-level package where the name of a module
        is computed, of the package named in ``from package import *``.
    """
    for node in _walked(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield _imported_by_call(node, package)


def _pieces(node: ast.AST, annotated: bool) -> Iterator[tuple[ast.AST | str, bool]]:
    """Yield the text of a node and the nodes below it in their order, and whether their annotations count."""
    if isinstance(node, ast.AnnAssign) and not annotated:
        if node.value is None:
            return
        node = ast.Assign(targets=[node.target], value=node.value)
    if isinstance(node, ast.JoinedStr):
        node = _merged(node)
    skipped = _LAYOUT | ({"returns"} if isinstance(node, _FUNCTIONS) else set())
    skipped |= {"annotation"} if isinstance(node, ast.arg) and not annotated else set()
    below = isinstance(node, ast.ClassDef) or (annotated and not isinstance(node, _FUNCTIONS))
    yield f"({type(node).__name__}", False
    for name in sorted(set(node._fields) - skipped):
        value = getattr(node, name, None)
        if name in _BLOCKS and isinstance(value, list):
            value = list(_statements(value))
        if value is None or value == []:
            continue
        counted = below or (name == "args" and _is_dispatched(node))
        yield f" {name}=", False
        for item in value if isinstance(value, list) else [value]:
            piece = item if isinstance(item, ast.AST) else f"{type(item).__name__}:{_literal(item)},"
            yield piece, counted
    yield ")", False


def _literal(value: object) -> str:
    """Return a literal in ASCII: which other characters are printable depends on the version of Python."""
    return hex(value) if isinstance(value, int) and value > _LONGEST_INT else ascii(value)


def _is_dispatched(node: ast.AST) -> bool:
    """Tell whether a function is registered with ``functools.singledispatch`` by its annotations."""
    decorators = node.decorator_list if isinstance(node, _FUNCTIONS) else []
    return any(isinstance(each, ast.Attribute) and each.attr == "register" for each in decorators)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that have an effect: neither strings that stand alone nor ``pass``."""
    for statement in body:
        if isinstance(statement, ast.Pass) or _is_bare_string(statement):
            continue
        if _is_for_type_checkers(statement):
            yield from _statements(getattr(statement, "orelse", ()))
        else:
            yield statement


def _is_bare_string(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _merged(node: ast.JoinedStr) -> ast.JoinedStr:
    """Join neighbouring pieces of text of an f-string, which versions of Python cut differently."""
    values: list[ast.expr] = []
    for value in node.values:
        if isinstance(value, ast.Constant) and values and isinstance(values[-1], ast.Constant):
            values[-1] = ast.Constant(str(values[-1].value) + str(value.value))
        elif not (isinstance(value, ast.Constant) and value.value == ""):
            values.append(value)
    return ast.JoinedStr(values=values)


def _walked(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that only a type checker sees."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += getattr(node, "orelse", []) if _is_for_type_checkers(node) else ast.iter_child_nodes(node)


def _is_for_type_checkers(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    if isinstance(test, ast.Attribute) and isinstance(test.value, ast.Name):
        return (test.value.id, test.attr) == ("typing", "TYPE_CHECKING")
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _imported_by_call(node: ast.Call, package: str) -> str:
    """Return what a call of ``import_module`` or ``__import__`` imports."""
    given = dict(zip(("name", "package"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    name, anchor = (_string(given.get(argument)) for argument in ("name", "package"))
    if name is None:
        return package.partition(".")[0] + ALL_BELOW
    level = len(name) - len(name.lstrip("."))
    return _absolute(name[level:], level, anchor or package)


def _string(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _absolute(name: str, level: int, package: str) -> str:
    if not level:
        return name
    parts = package.split(".")
    base = ".".join(parts[: max(0, len(parts) - level + 1)])
    return f"{base}.{name}".strip(".")
