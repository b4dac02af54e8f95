"""MICPQ: contrastive product quantisation with mutual information."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from hashbench_methods.contrastive.codebooks import Codebooks
from hashbench_methods.contrastive.losses import mutual_information, nt_xent
from hashbench_methods.contrastive.selection import asymmetric_precision, book_diagnostics
from hashbench_methods.contrastive.views import two_views
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.preprocessing import normalize
from torch import Tensor, nn

from hashbench.codes import CENTROIDS
from hashbench.hashing.nn.batches import Batch, Rows, TrainingData, as_rows
from hashbench.hashing.nn.hasher import NeuralHasher
from hashbench.hashing.nn.layers import SparseLinear
from hashbench.hashing.nn.trainer import Epoch, Measurement, Step, Term, kept_epoch, train
from hashbench.hashing.nn.views import Views, checked_views
from hashbench.hashing.projection import Matrix
from hashbench.hashing.quantiser import Quantiser
from hashbench.ranges import Interval, OneOf, Whole


@dataclass(eq=False, repr=False, kw_only=True)
class MICPQ(NeuralHasher, Quantiser):
    """Contrastive product quantisation with mutual information (Qiu, Su, Yu and Si 2022).

    A network f refines the vector of a document, and ``f(x)`` is cut into M parts of D values. Part m is
    assigned to the K centroids of book m by ``p = softmax(-|f(x)_m - c_mk|^2)``, in training by relaxed draws
    a of p, which give the quantised vector ``Q_m = sum_k a_mk c_mk``. For two views of a document the loss is

        contrast(Q, Q') - information_weight sum_m I_m

    with the normalised temperature-scaled cross-entropy as contrast, see ``nt_xent``, and I_m the mutual
    information of documents and centroids, of a and a' in the mean, see ``mutual_information``. The code of a
    document is the nearest centroid of each part: ``M log2 K`` bits. Queries are not quantised; the distance
    is asymmetric.

    Without ``views`` from a featurizer the two views of a document are its vector with dropout, anew in every
    step.

    Args:
        n_centroids: K, centroids of a book.
        squared: whether distances of parts are squared before they are added up, as is usual for product
            quantisers; the published code adds them up as they are.
        norm: Euclidean norm that documents are scaled to; None for no scaling.
        view_dropout: dropout rate of a view; not used where views are given.
        hidden: width of the hidden layer of f.
        width: D, length of a centroid.
        temperature: divisor of the cosines in the contrast.
        gumbel_temperature: of the relaxed draws.
        information_weight: weight of the mutual information.
        entropy_weight: weight, in it, of the entropy of the assignment of single documents.

    The other parameters are those of ``NeuralHasher``, without a threshold.
    """

    threshold: ClassVar[str] = "zero"  # type: ignore[misc]
    epochs: int = 30
    batch_size: int = 64
    n_centroids: Annotated[int, OneOf(*CENTROIDS)] = 16
    squared: Annotated[bool, OneOf(True, False)] = True
    norm: Annotated[float | None, Interval(0, open_low=True)] = 15.0
    view_dropout: Annotated[float, Interval(0, 1, open_high=True)] = 0.3
    hidden: Annotated[int, Whole(1)] = 768
    width: Annotated[int, Whole(1)] = 24
    temperature: Annotated[float, Interval(0, open_low=True)] = 0.3
    gumbel_temperature: Annotated[float, Interval(0, open_low=True)] = 5.0
    information_weight: Annotated[float, Interval(0)] = 0.2
    entropy_weight: Annotated[float, Interval(0)] = 0.1

    def _build(self, data: TrainingData, generator: torch.Generator) -> None:
        self.refine_ = nn.Sequential(
            SparseLinear(data.n_features, self.hidden, generator=generator),
            nn.ReLU(),
            SparseLinear(self.hidden, self.n_books * self.width, generator=generator),
        )
        self.books_ = Codebooks(self.n_books, self.n_centroids, self.width, generator=generator)

    def _loss(self, batch: Batch, step: Step, views: Views | None = None) -> Mapping[str, Term]:
        seen = two_views(batch, views, self.norm, self.view_dropout, step.generator)
        refined = torch.cat([self.refine_(view) for view in seen])
        draws = self.books_.assignments(refined, self.gumbel_temperature, step.generator)
        contrast = nt_xent(self.books_.quantised(draws), self.temperature)
        first, second = (mutual_information(a, self.entropy_weight).sum() for a in draws.chunk(2))
        information = -(first + second) / 2
        return {
            "contrast": Term(contrast),
            "information": Term(information.expand(len(contrast)), self.information_weight),
        }

    def _values(self, documents: Rows) -> Tensor:
        """Return f(x), shape (n, n_books * width)."""
        refined: Tensor = self.refine_(documents)
        return refined

    def _fit(self, X: Matrix, **inputs: Any) -> None:
        super()._fit(X, **inputs)
        self.codebooks_ = self.books_.centroids.detach().numpy()

    def _train(
        self,
        network: nn.Module,
        data: TrainingData,
        seed: int,
        measure: Callable[[int], Measurement],
        adjust: Callable[[int], None],
        *,
        views: Views | None = None,
    ) -> None:
        views = checked_views(views, (len(data), 2, self.n_features_in_), self.words_)
        loss = partial(self._loss, views=views)
        self.history_ = train(network, data, loss, self._plan(seed), measure, adjust)
        self.kept_epoch_: Epoch | None = kept_epoch(self.history_)

    def _measure(
        self,
        sample: Rows,
        validation: tuple[Matrix, csr_array] | None,
        n_train: int,
        device: torch.device,
    ) -> Measurement:
        codes = self._tables(sample)[1]
        diagnostics = book_diagnostics(codes, self.n_centroids)
        if validation is None:
            return Measurement(diagnostics=diagnostics)
        X_val, y_val = validation
        precision = asymmetric_precision(*self._tables(as_rows(X_val, device)), y_val, n_train)
        return Measurement(precision, diagnostics)

    def _tables(self, documents: Rows) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return lookup tables and codes of documents during training."""
        with torch.inference_mode():
            distances = self.books_.distances(self.refine_(documents)).cpu().numpy()
        codes = distances.argmin(axis=2).astype(np.uint8)
        return distances if self.squared else np.sqrt(distances), codes

    def _prepared(self, X: Matrix) -> Matrix:
        X = super()._prepared(X)
        return X if self.norm is None else self.norm * normalize(X)
