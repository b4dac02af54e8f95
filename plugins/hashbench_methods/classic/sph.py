"""Spectral hashing."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hashbench.errors import HashbenchError
from hashbench.hashing import Hasher
from hashbench.hashing.pca import centred_pca
from hashbench.hashing.projection import Matrix, project
from hashbench.ranges import OneOf

BOXES = {"minmax": (0, 100), "percentile": (5, 95)}
"""Percentiles of the training documents between which a box reaches."""


class SpH(Hasher):
    """Spectral hashing (Weiss, Torralba and Fergus 2008).

    Documents are assumed to be uniform in a box along their principal axes. The eigenfunctions of the graph
    Laplacian are then known: on axis i, where the box starts at a_i and has width r_i, they are
    ``cos(k pi (v_i - a_i) / r_i)`` for k = 1, 2, ... The ``n_bits`` eigenfunctions of smallest eigenvalue are
    used, and a bit is 1 iff its cosine is positive. Outside the box the cosine continues.

    Documents are far from uniform, so that many bits of the published rule are nearly constant. The threshold
    "median" balances them, and so does the "percentile" box to some degree.

    Args:
        n_bits: length of a code. As many principal axes are used, at most min(n - 1, n_features).
        box: "minmax" encloses all training documents, as published; "percentile" reaches from the 5th to the
            95th percentile along each axis.
        clip: move documents outside the box to its border.
        threshold: "zero" as published, or "median" of the training documents.

    Attributes:
        directions_: principal axes, float32 of shape (n_features, n_axes).
        offset_: projection of the mean, float32 of shape (n_axes,).
        low_, high_: borders of the box, float64 of shape (n_axes,).
        axis_: axis of each bit, shape (n_bits,). Where one axis serves several bits, the later ones have a
            higher frequency, and longer codes can rank worse.
        frequency_: k of each bit, shape (n_bits,).
    """

    def __init__(
        self,
        n_bits: int = 32,
        *,
        box: Annotated[str, OneOf("minmax", "percentile")] = "minmax",
        clip: Annotated[bool, OneOf(False, True)] = False,
        threshold: Annotated[str, OneOf("zero", "median")] = "zero",
    ) -> None:
        self.n_bits = n_bits
        self.box = box
        self.clip = clip
        self.threshold = threshold

    def _fit(self, X: Matrix) -> None:
        n, n_features = X.shape
        pca = centred_pca(X, max(1, min(self.n_bits, n - 1, n_features)))
        self.directions_ = pca.axes.astype(np.float32, order="C")
        self.offset_ = (pca.mean @ pca.axes).astype(np.float32)
        self.low_, self.high_ = np.percentile(self._components(X), BOXES[self.box], axis=0)
        self.axis_, self.frequency_ = smoothest_modes(self.high_ - self.low_, self.n_bits)

    def _embed(self, X: Matrix) -> NDArray[np.float64]:
        components = self._components(X)
        if self.clip:
            components = components.clip(self.low_, self.high_)
        angular = np.pi * self.frequency_ / (self.high_ - self.low_)[self.axis_]
        return np.cos((components - self.low_)[:, self.axis_] * angular)

    def _components(self, X: Matrix) -> NDArray[np.float64]:
        return (project(X, self.directions_) - self.offset_).astype(np.float64)


def smoothest_modes(widths: NDArray[np.float64], n_modes: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the one-dimensional eigenfunctions of smallest eigenvalue on a box, except the constant one.

    The eigenvalue ``1 - exp(-(epsilon pi k / r_i)^2 / 2)`` increases with k / r_i for every epsilon, so they
    are sorted by half their wavelength r_i / k, longest first. Ties go to the earlier axis.

    Args:
        widths: widths r_i of the box, shape (n_axes,).
        n_modes: number of eigenfunctions.

    Returns:
        The axis i and the frequency k of each, shape (n_modes,), by increasing eigenvalue.

    Raises:
        HashbenchError: the box has no width along any axis.
    """
    if not widths.max() > 0:
        raise HashbenchError("the box has no width, most documents are equal: use box = 'minmax'")
    half_wavelengths = widths[:, None] / np.arange(1, n_modes + 1)
    order = np.argsort(-half_wavelengths, axis=None, kind="stable")[:n_modes]
    axis, below = np.divmod(order, n_modes)
    return axis, below + 1
