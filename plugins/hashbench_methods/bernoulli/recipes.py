"""The recipes of the methods of this family."""

from hashbench.specs import Recipe

WISH_DEFAULT = Recipe()
WISH_PUBLISHED = Recipe()
CORRSH_DEFAULT = Recipe()
CORRSH_PUBLISHED = Recipe()
