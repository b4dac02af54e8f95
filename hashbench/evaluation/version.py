"""The version that stamps stored scores."""

# Raised when the same codes and labels would get other numbers.
EVALUATOR_VERSION = 1
