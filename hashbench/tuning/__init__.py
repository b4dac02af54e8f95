"""Equal tuning for every method: the same number of trials on validation documents, and what they find."""
