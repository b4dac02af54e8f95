"""Experiments: from a grid of names to stored records."""
