import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="pip install 'hashbench[sentence]'")

from huggingface_hub import constants

from hashbench.errors import HashbenchError
from hashbench.features.checkpoint import checkpoint_fingerprint, open_checkpoint
from hashbench.features.sentence import Sentence
from tests.unit.checkpoints import write_checkpoint

MEAN = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def copied(plain, tmp_path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "copied"))


def write_modules(folder: Path, **paths: str) -> None:
    """Write the list of modules of sentence-transformers: the folder of each by its kind."""
    modules = [{"type": f"sentence_transformers.models.{kind}", "path": path} for kind, path in paths.items()]
    (folder / "modules.json").write_text(json.dumps(modules))


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def test_without_settings_tokens_are_averaged(plain):
    checkpoint = open_checkpoint(str(plain))
    assert checkpoint.folder == plain
    assert (checkpoint.pooling, checkpoint.normalise, checkpoint.max_length) == ("mean", False, None)


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        (MEAN, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, "cls+mean"),
        ({"pooling_mode": "cls", "embedding_dimension": 32}, "cls"),
        ({"pooling_mode": ["mean", "max"]}, "mean+max"),
        ({}, "mean"),
    ],
)
def test_settings_of_sentence_transformers_are_read(copied, config, pooling):
    write_modules(copied, Transformer="", Pooling="1_Pooling", Normalize="2_Normalize")
    write_json(copied / "1_Pooling" / "config.json", config)
    write_json(copied / "sentence_bert_config.json", {"max_seq_length": 20})
    checkpoint = open_checkpoint(str(copied))
    assert (checkpoint.pooling, checkpoint.normalise, checkpoint.max_length) == (pooling, True, 20)


def test_the_transformer_may_lie_in_a_folder_of_its_own(copied, tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    copied.rename(top / "0_Transformer")
    write_modules(top, Transformer="0_Transformer")
    assert open_checkpoint(str(top)).folder == top / "0_Transformer"
    assert Sentence(model=str(top)).fit([]).transform(["w00"]).any()


def test_pooling_that_is_not_supported_is_an_error_unless_another_is_chosen(copied):
    write_modules(copied, Transformer="", Pooling="1_Pooling")
    write_json(copied / "1_Pooling" / "config.json", {"pooling_mode": "max"})
    with pytest.raises(
        HashbenchError, match="pooling 'max' is not supported; .* `pooling` to one of mean, cls"
    ):
        Sentence(model=str(copied)).fit([])
    Sentence(model=str(copied), pooling="mean").fit([])


def test_modules_that_are_not_supported_are_an_error(copied):
    write_modules(copied, Transformer="", Pooling="1_Pooling", Dense="2_Dense")
    with pytest.raises(HashbenchError, match="modules of the kind Dense are not supported"):
        open_checkpoint(str(copied))


def test_the_fingerprint_follows_the_content_of_the_files_and_not_their_place(plain, copied):
    before = checkpoint_fingerprint(open_checkpoint(str(copied)))
    assert before == checkpoint_fingerprint(open_checkpoint(str(plain)))
    (copied / "README.md").write_text("about")
    prints = {before}
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        with (copied / name).open("ab") as file:
            file.write(b" ")
        checkpoint_fingerprint.cache_clear()
        prints.add(checkpoint_fingerprint(open_checkpoint(str(copied))))
    assert len(prints) == 4
    (copied / "README.md").write_text("changed")
    checkpoint_fingerprint.cache_clear()
    assert checkpoint_fingerprint(open_checkpoint(str(copied))) in prints


def test_the_weights_of_old_checkpoints_count_where_there_are_no_others(copied):
    (copied / "pytorch_model.bin").write_bytes(b"1")
    with_both = checkpoint_fingerprint(open_checkpoint(str(copied)))
    (copied / "pytorch_model.bin").write_bytes(b"2")
    checkpoint_fingerprint.cache_clear()
    assert checkpoint_fingerprint(open_checkpoint(str(copied))) == with_both
    (copied / "model.safetensors").unlink()
    prints = set()
    for content in (b"1", b"2"):
        (copied / "pytorch_model.bin").write_bytes(content)
        checkpoint_fingerprint.cache_clear()
        prints.add(checkpoint_fingerprint(open_checkpoint(str(copied))))
    assert len(prints) == 2


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Path:
    """An empty cache of the hub, and no network."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_a_name_is_looked_up_in_the_cache_of_the_hub(hub, plain):
    entry = hub / "models--someone--tiny"
    shutil.copytree(plain, entry / "snapshots" / "0123abcd")
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text("0123abcd")
    assert open_checkpoint("someone/tiny").folder == entry / "snapshots" / "0123abcd"


@pytest.mark.parametrize("model", ["someone/nothing", "/no/such/folder", "not a name"])
@pytest.mark.usefixtures("hub")
def test_a_checkpoint_that_is_nowhere_is_an_error_in_one_line(model):
    with pytest.raises(HashbenchError, match=f"checkpoint {model}: there is no such folder") as caught:
        open_checkpoint(model)
    assert "set the parameter `model` to a folder" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("hub")
def test_a_cached_name_without_weights_is_an_error(hub, plain):
    entry = hub / "models--someone--half"
    (entry / "snapshots" / "0123abcd").mkdir(parents=True)
    shutil.copy(plain / "config.json", entry / "snapshots" / "0123abcd")
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text("0123abcd")
    with pytest.raises(HashbenchError, match="checkpoint someone/half: .*cannot be downloaded"):
        open_checkpoint("someone/half")


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(HashbenchError, match="cannot be loaded"):
        Sentence(model=str(tmp_path)).fit([])
