"""HTML as text: nothing that comes from a record gets into a page unescaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

from hashbench.printable import printable

VOID = {"input", "link", "meta", "circle", "line", "path", "polyline"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: object) -> Markup:
    """Return a text as HTML shows it: characters that are no text in XML as backslash escapes."""
    return text if isinstance(text, Markup) else Markup(html.escape(printable(str(text))))


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """Return an element.

    Args:
        tag: its name.
        content: text, which is escaped, or markup.
        attributes: their values are escaped; True stands for an attribute without a value, None and False
            for none. An underscore in a name stands for a hyphen, one at its end for nothing.
    """
    given = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escaped(value)}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in VOID:
        return Markup(f"<{tag}{given}/>")
    return Markup(f"<{tag}{given}>{joined(content)}</{tag}>")


def joined(parts: Iterable[object]) -> Markup:
    """Return parts one behind the other."""
    return Markup("".join(map(escaped, parts)))


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Return names with their values as a description list; empty values are left out."""
    shown = [(name, value) for name, value in pairs if value not in (None, "")]
    return element(
        "dl", *(joined([element("dt", name), element("dd", value)]) for name, value in shown), class_="facts"
    )


def code_block(lines: Iterable[str]) -> Markup:
    """Return commands, a line each, as text that can be scrolled by keyboard."""
    return element("pre", element("code", "\n".join(lines)), tabindex="0", class_="command")
