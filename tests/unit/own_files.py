"""Files as users have them, for tests of reading them."""

LABELLED = "".join(f"document {n},{'ab'[n % 2]}\n" for n in range(20))


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def table(*rows, delimiter=",", header=("text", "label")):
    """A table as text, with nothing quoted that the rows do not quote, and twenty plain rows below."""
    plain = ((f"document {n}", "ab"[n % 2]) for n in range(20))
    return "".join(delimiter.join(row) + "\n" for row in (header, *rows, *plain))


def tree(folder, names):
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"text of document {number}")
    return folder
