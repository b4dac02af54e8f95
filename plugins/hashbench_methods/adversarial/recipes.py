"""The recipes of the methods of this family."""

from hashbench.specs import Recipe

DEFAULT = Recipe()
PUBLISHED = Recipe()
