"""By how much the precision of a method changes where matrix products are rounded in another way.

``python -m tests.golden.elsewhere NAME...`` prints the precision of methods and recipes as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from tests.golden.goldens import Golden, cases, compute

KERNELS: tuple[Mapping[str, str], ...] = (
    {"OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "AVX2"},
    {"OPENBLAS_CORETYPE": "Nehalem", "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"},
    {"OPENBLAS_CORETYPE": "Zen", "ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "COMPATIBLE"},
)
"""Variables that make the libraries compute as they do on processors with fewer instructions."""


def spreads(goldens: Mapping[str, Golden]) -> dict[str, float]:
    """Return the largest change of the precision of each golden under other kernels."""
    if not goldens:
        return {}
    found = [_precisions(kernels, list(goldens)) for kernels in KERNELS]
    return {
        name: round(max(abs(precisions[name] - golden.precision) for precisions in found), 4)
        for name, golden in goldens.items()
    }


def _precisions(kernels: Mapping[str, str], names: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, *names]
    done = subprocess.run(command, env={**os.environ, **kernels}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print the precision of the methods and recipes that are named."""
    json.dump({name: compute(cases()[name]).precision for name in sys.argv[1:]}, sys.stdout)


if __name__ == "__main__":
    main()
