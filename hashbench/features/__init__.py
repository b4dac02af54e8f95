"""Featurizers: from documents to vectors.

A featurizer is a scikit-learn transformer: ``fit(documents)`` sees the training documents only, and
``transform(documents)`` returns a float32 matrix, CSR or dense, with a row a document. Documents are a
sequence of texts or, for featurizers whose spec accepts counts or vectors, a CSR matrix of those.
The row of a document depends on nothing but the document and the fitted state. A document in which the
featurizer finds nothing is a row of zeros, and leaves the features. Randomness comes from a parameter
``seed``. The class declares the ranges of its parameters, see ``hashbench.ranges``, and ``fit`` checks them.

Featurizers that cut texts into words do it by one rule, that of ``hashbench.features.words``.

Extra inputs for hashers, such as neighbours, are computed when the spec of a method asks for them: see
``hashbench.features.extra_inputs``. A featurizer whose spec names some under ``provides`` has a method
``inputs(documents)`` that returns them by name, as arrays or sparse matrices with a row a document; it is
asked for the training documents whose vector is not all zeros.

A featurizer that reads files beside the documents, such as a checkpoint, has a method ``fingerprint()`` that
returns a hash of them before it is fitted.
"""
