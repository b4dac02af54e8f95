"""Documents, labels and splits, and what the loaders of corpora share."""
