"""Corpora and their splits."""
