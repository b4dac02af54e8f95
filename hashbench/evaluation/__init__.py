"""Tie-aware scores of binary codes and of other rankings, from labels alone.

Importing this package loads nothing. ``evaluator`` and ``hamming`` compile a kernel when first called.
"""
