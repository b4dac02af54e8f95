"""Featurizers: from documents to vectors.

A featurizer is a scikit-learn transformer: ``fit(documents)`` sees the training documents only, and
``transform(documents)`` returns a float32 matrix, CSR or dense, with a row a document. Documents are a
sequence of texts or, for featurizers whose spec accepts counts or vectors, a CSR matrix of those.
A featurizer whose spec names extra inputs under ``provides`` has a method ``inputs(documents)`` that returns
them by name, as arrays or sparse matrices with a row a document; it is asked for the training documents
whose vector is not all zeros.
"""
