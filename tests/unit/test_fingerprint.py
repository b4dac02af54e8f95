"""Content keys."""

from __future__ import annotations

import pytest

from hashbench.fingerprint import content_key


def test_content_keys_depend_on_values_alone() -> None:
    assert content_key({"a": 1, "b": [2.5, None]}) == content_key({"b": [2.5, None], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2})
    assert content_key({"a": 1}) != content_key({"a": "1"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        content_key({"a": float("nan")})
