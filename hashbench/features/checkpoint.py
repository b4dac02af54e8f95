"""Checkpoints of transformers: where their files are, and how vectors are to be made with them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hashbench.errors import HashbenchError
from hashbench.fingerprint import content_key

FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
OLD_WEIGHTS = "pytorch_model*.bin"
MODULES = {"Transformer", "Pooling", "Normalize"}
POOLINGS = ("mean", "cls")
"""Ways of making vectors of the last hidden states that are supported."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk.

    Folders of sentence-transformers say how vectors are made of the last hidden states. Others do not, and
    their tokens are averaged, as sentence-transformers does.

    Attributes:
        folder: folder of the transformer and its tokenizer.
        folders: all folders with files that decide the vectors.
        pooling: "mean" over the tokens, "cls" for the first one, or another word of sentence-transformers.
        normalise: whether vectors are scaled to norm 1.
        max_length: number of tokens that a text is cut to, or None.
    """

    folder: Path
    folders: tuple[Path, ...]
    pooling: str = "mean"
    normalise: bool = False
    max_length: int | None = None


@cache
def open_checkpoint(model: str) -> Checkpoint:
    """Find a checkpoint and read how its vectors are made.

    Args:
        model: a folder, or a name on the Hugging Face hub, looked for in its local cache first.

    Raises:
        HashbenchError: it is neither of them, it cannot be downloaded, huggingface_hub is not installed, or
            its vectors are made in a way that is not supported.
    """
    top = Path(model).expanduser()
    if not top.is_dir():
        top = _from_hub(model)
    modules = {
        module["type"].rpartition(".")[2]: top / module["path"] for module in _json(top / "modules.json", [])
    }
    if unknown := sorted(modules.keys() - MODULES):
        raise HashbenchError(
            f"checkpoint {model}: modules of the kind {', '.join(unknown)} are not supported"
        )
    folder = modules.get("Transformer", top)
    return Checkpoint(
        folder=folder,
        folders=tuple(sorted({top, *modules.values()})),
        pooling=_pooling(_json(modules["Pooling"] / "config.json", {})) if "Pooling" in modules else "mean",
        normalise="Normalize" in modules,
        max_length=_json(folder / "sentence_bert_config.json", {}).get("max_seq_length"),
    )


@cache
def checkpoint_fingerprint(checkpoint: Checkpoint) -> str:
    """Return a hash of the names and contents of the files of a checkpoint."""
    weights = [] if any(checkpoint.folder.glob("*.safetensors")) else [OLD_WEIGHTS]
    return content_key(
        [
            [place, path.name, _digest(path)]
            for place, folder in enumerate(checkpoint.folders)
            for path in sorted(path for pattern in (*FILES, *weights) for path in folder.glob(pattern))
        ]
    )


def missing_extra(error: ImportError) -> HashbenchError:
    """Return the error to raise where the packages for checkpoints are not installed."""
    return HashbenchError(f'checkpoints need transformers ({error}): pip install "hashbench[sentence]"')


def _from_hub(model: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError
    except ImportError as error:
        raise missing_extra(error) from error
    reason = ""
    for offline in (True, False):
        try:
            for patterns in (FILES, OLD_WEIGHTS):
                folder = Path(snapshot_download(model, allow_patterns=patterns, local_files_only=offline))
                if any(folder.rglob("*.safetensors")) or any(folder.rglob(OLD_WEIGHTS)):
                    return folder
            reason = "it has no weights that torch can read"
        except (OSError, HFValidationError) as error:
            reason = str(error).partition("\n")[0]
    raise HashbenchError(
        f"checkpoint {model}: there is no such folder, it is not in the cache of Hugging Face, and it cannot "
        f"be downloaded ({reason}); set the parameter `model` to a folder that holds it"
    )


def _pooling(config: dict[str, Any]) -> str:
    """Return the pooling of a sentence-transformers configuration of either form, "+" between several."""
    modes = config.get("pooling_mode")
    if modes is None:
        prefix, suffix = "pooling_mode_", "_token"
        on = [key for key, value in config.items() if key.startswith(prefix) and value is True]
        modes = [key.removeprefix(prefix).removesuffix("s").removesuffix(suffix) for key in on] or ["mean"]
    return modes if isinstance(modes, str) else "+".join(modes)


def _json(path: Path, default: Any) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else default


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
