"""Writes the plugins that ``hashbench new`` makes, from the templates in ``hashbench/templates``."""

from __future__ import annotations

import datetime
import hashlib
import json
import keyword
from importlib.resources import files
from pathlib import Path
from string import Template

from hashbench.errors import HashbenchError
from hashbench.registry import registry
from hashbench.specs import HasherSpec

SUMMARIES = {
    "hasher": "Which of two random groups of documents is nearer, for each bit",
    "neural-hasher": "An autoencoder of the words of a document",
    "featurizer": "tf-idf of hashed character sequences",
    "dataset": "Made-up sentences on three topics",
    "metric": "Share of queries that find a relevant document among the first k",
}
_MODULES = {"neural-hasher": "hasher"}
_REGISTERED_AS = {"hasher": "method", "neural-hasher": "method"}
_TOPICS = {
    "cooking": ("onions", "simmer", "garlic", "oven", "butter", "flour", "stir", "sauce", "peel", "spoon"),
    "sailing": ("mast", "harbour", "keel", "rope", "tide", "anchor", "crew", "deck", "rudder", "buoy"),
    "weather": ("rain", "cloud", "front", "breeze", "frost", "thunder", "drizzle", "mist", "gust", "sunny"),
}
_PER_TOPIC = 40


def write_plugin(kind: str, name: str, folder: Path, author: str | None = None) -> Path:
    """Write the distribution ``hashbench-NAME`` and return its folder.

    Args:
        kind: "hasher", "neural-hasher", "featurizer", "dataset" or "metric".
        name: what the component is called.
        folder: where the folder of the distribution is made.
        author: whom the licence names; None names the authors of the distribution.

    Raises:
        HashbenchError: the name is not of the form that names have or is registered already, the folder is
            there already, or cannot be written.
    """
    _check_name(kind, name)
    root = folder / f"hashbench-{name}"
    if root.exists():
        raise HashbenchError(f"{root} is there already; choose another name or another --folder")
    texts = plugin_texts(kind, name, author)
    try:
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise HashbenchError(f"{root} cannot be written: {error.strerror}") from error
    return root


def plugin_texts(kind: str, name: str, author: str | None = None) -> dict[str, str]:
    """Return the text of every file of a plugin, by its path in the distribution."""
    identifier = name.replace("-", "_")
    package, module = f"hashbench_{identifier}", _MODULES.get(kind, kind)
    documents = _documents() if kind == "dataset" else ""
    values = {
        "name": name,
        "distribution": f"hashbench-{name}",
        "package": package,
        "module": module,
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "function": f"{identifier}_at_k" if keyword.iskeyword(identifier) else identifier,
        "summary": SUMMARIES[kind],
        "kind": "hashing method" if _REGISTERED_AS.get(kind) else kind,
        "author": author or f"The authors of hashbench-{name}",
        "year": str(datetime.datetime.now(datetime.UTC).year),
        "sha256": hashlib.sha256(documents.encode()).hexdigest(),
        "size": str(len(documents.encode())),
    }

    def filled(template: str) -> str:
        text = files("hashbench").joinpath("templates", template).read_text(encoding="utf-8")
        return Template(text).substitute(values)

    values["usage"] = filled(f"{kind}/usage.txt").rstrip()
    return {
        "pyproject.toml": filled("common/pyproject.toml.txt"),
        "README.md": filled("common/README.md.txt"),
        "LICENSE": filled("common/LICENSE.txt"),
        ".github/workflows/tests.yml": filled("common/tests.yml.txt"),
        f"{package}/__init__.py": filled("common/init.py.txt"),
        f"{package}/hashbench_plugin.py": filled(f"{kind}/plugin.py.txt"),
        f"{package}/{module}.py": filled(f"{kind}/{module}.py.txt"),
        f"tests/test_{module}.py": filled(f"{kind}/test.py.txt"),
        **({f"{package}/documents.jsonl": documents} if documents else {}),
    }


def _check_name(kind: str, name: str) -> None:
    try:
        HasherSpec(name, "package.module:Object", "A name to be checked")
    except ValueError as error:
        raise HashbenchError(f"{name}: use lower-case letters, digits and single hyphens") from error
    if not name[0].isalpha():
        raise HashbenchError(f"{name}: begin with a letter")
    registered_as = _REGISTERED_AS.get(kind, kind)
    if name in registry().names(registered_as):
        raise HashbenchError(f"there is a {registered_as} {name} already; choose another name")


def _documents() -> str:
    """Return made-up documents as JSON lines: each has six words of its topic and three of another one."""
    lines, topics = [], list(_TOPICS)
    for number in range(_PER_TOPIC):
        for index, topic in enumerate(topics):
            own, other = _TOPICS[topic], _TOPICS[topics[(index + 1 + number % 2) % len(topics)]]
            words = [own[(number * (1 + step) + step) % len(own)] for step in range(6)]
            words += [other[(number * (step + 3) + index) % len(other)] for step in range(3)]
            text = f"Note {number} on {' and '.join(words)}"
            lines.append(json.dumps({"text": text, "label": topic}))
    return "\n".join(lines) + "\n"
