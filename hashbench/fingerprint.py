"""Content hashes of JSON values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

KEY_LENGTH = 20


def content_key(value: Any) -> str:
    """Return a short hexadecimal hash of a JSON value, independent of the order of keys.

    Raises:
        TypeError: the value cannot be written as JSON.
        ValueError: it holds NaN or an infinite number.
    """
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:KEY_LENGTH]
