"""Hashers: from vectors to binary codes.

A hasher is a scikit-learn transformer:

* the constructor takes ``n_bits`` and other keyword arguments and only stores them;
* ``fit(X, y=None, *, X_val=None, y_val=None, **inputs)`` learns from the training documents and returns the
  hasher. ``X`` has a row a document. What else arrives is what the spec asks for: labels ``y`` (supervised),
  validation documents and labels (validation), and the named inputs. Randomness comes from ``random_state``
  alone, and ``n_bits`` is never changed;
* ``transform(X)`` returns a uint8 array of shape (n, n_bits) of 0 and 1. The code of a document depends on
  nothing but its row and the fitted state, whatever rows stand around it;
* ``embed(X)``, which may be missing, returns the real values behind the bits;
* ``decision_values(X)``, which may be missing, returns by how much they exceed their thresholds, floats of
  shape (n, n_bits). Asymmetric search compares those of a query with the bits of the database;
* ``fit_diagnostics_``, which may be missing, is a ``FitDiagnostics`` after ``fit``: values, which go into the
  record, and groups of the training documents, which are stored with the codes. ``hashbench show`` prints
  both, and compares the groups with the labels of the corpus;
* ``training_codes_``, which may be missing, holds after ``fit`` the codes of the training documents, uint8 of
  shape (n, n_bits), where the method gives them other codes than ``transform`` would. They make the database;
* ``state()`` returns the fitted state, a ``HasherState`` of arrays and JSON that is saved to one file without
  pickle, and ``type(hasher).from_state(state)`` makes a hasher of it that encodes as the first one, bit for
  bit. A class that does not derive from ``Hasher`` takes both from ``Stateful``, or may lack them.

``hashbench run`` and ``hashbench check`` give documents and extra inputs in one form. A sparse matrix is a
``scipy.sparse.csr_array`` with sorted, unique indices that stores no zeros; its ``indices`` and ``indptr``
are int32, or int64 where the matrix is too large. A dense one is a C-contiguous array. Documents are float32.
All arrays are read-only: they can be views of files that other trials read as well. A hasher that passes them
to code that asks for writeable arrays, such as ``sklearn.cluster.MiniBatchKMeans``, copies them first.

Any class of that behaviour will do. ``Hasher`` brings all of it but the mathematics: a method derived from it
writes ``__init__``, ``_fit`` and ``_embed``. A complete hasher that splits the documents at random words::

    from hashbench.hashing import Hasher
    from sklearn.utils import check_random_state

    class RandomWords(Hasher):
        def __init__(self, n_bits=32, *, random_state=None):
            self.n_bits = n_bits
            self.random_state = random_state

        def _fit(self, X):
            self.words_ = check_random_state(self.random_state).randint(X.shape[1], size=self.n_bits)

        def _embed(self, X):
            words = X[:, self.words_]
            return words.toarray() if hasattr(words, "toarray") else words

A method whose spec says ``quantiser=True`` has product-quantiser indices as codes: ``n_bits`` is the number
of bits that are stored of a document, the number of books times log2 of ``n_centroids``, an attribute that is
a power of two from 2 to 256;

* ``transform(X)`` returns uint8 indices of shape (n, n_books), each less than ``n_centroids``;
* ``query_tables(X)`` returns the lookup tables of queries, float32 of shape (n, n_books, n_centroids). The
  distance of a query to a document is the sum over the books of ``table[book, index]``, smaller is nearer.

``Quantiser`` brings both for a method that fits ``codebooks_``.

A method that ranks without codes, such as exact cosine, is a ``Ranker`` instead.
The mathematics that methods share is in ``hashbench.hashing.thresholds``, ``.projection``, ``.pca`` and
``.nearest``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashbench.hashing.base import Hasher, Ranker
    from hashbench.hashing.fit_diagnostics import FitDiagnostics, Groups
    from hashbench.hashing.quantiser import Quantiser
    from hashbench.hashing.state import HasherState, Stateful

__all__ = ["FitDiagnostics", "Groups", "Hasher", "HasherState", "Quantiser", "Ranker", "Stateful"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hashbench.hashing import base, fit_diagnostics, quantiser, state

    modules = (fit_diagnostics, state, base, quantiser)
    return next(getattr(module, name) for module in modules if hasattr(module, name))
