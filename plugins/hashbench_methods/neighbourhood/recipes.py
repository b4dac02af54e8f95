"""The recipes of the methods of this family."""

from hashbench.specs import Recipe

PAIRREC_DEFAULT = Recipe()
PAIRREC_PUBLISHED = Recipe()
SNUH_DEFAULT = Recipe()
SNUH_PUBLISHED = Recipe()
