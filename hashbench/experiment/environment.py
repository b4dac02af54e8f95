"""The process a trial runs in: its threads, its memory, and what is noted down about it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_COMPUTING = (
    "hashbench",
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "numba",
    "gensim",
    "transformers",
    "tokenizers",
)
_PROCESS = Path("/proc/self")


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Allow BLAS, OpenMP and torch that many threads inside the block.

    With one thread the same seed gives the same bits on the same machine; with more, sums are taken in
    another order and some bits near their threshold differ.
    """
    from threadpoolctl import threadpool_limits

    variables = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(dict.fromkeys(variables, str(threads)))
    torch = sys.modules.get("torch")
    torch_before = torch.get_num_threads() if torch else None
    if torch:
        torch.set_num_threads(threads)
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        if torch and torch_before is not None:
            torch.set_num_threads(torch_before)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def reset_peak_memory() -> None:
    """Start a new measurement of peak memory, where the operating system lets a process do so (Linux)."""
    try:
        (_PROCESS / "clear_refs").write_text("5")
    except OSError:
        return


def peak_memory_mib() -> float:
    """Return the peak resident memory of this process in MiB since the last reset, or since its start."""
    try:
        status = (_PROCESS / "status").read_text()
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


@cache
def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute, without importing them."""
    versions = {"python": platform.python_version()}
    for package in _COMPUTING:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def machine() -> dict[str, str | int]:
    """Return what the numbers of a process depend on besides versions.

    These are the processor, its architecture, the operating system, the number of cores, the kernels that
    BLAS chose, and, where torch is imported, the instructions that it uses and its GPU.
    """
    return {**_hardware(), **_kernels()}


@cache
def _hardware() -> dict[str, str | int]:
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "cores": available_cores(),
    }


def _kernels() -> dict[str, str]:
    from threadpoolctl import threadpool_info

    blas = sorted(
        {
            f"{library['internal_api']} {library.get('architecture', library.get('version', ''))}".strip()
            for library in threadpool_info()
            if library["user_api"] == "blas"
        }
    )
    found = {"blas": ", ".join(blas)} if blas else {}
    torch = sys.modules.get("torch")
    if torch is not None:
        found["torch"] = torch.backends.cpu.get_cpu_capability()
        if torch.cuda.is_initialized():
            found["device"] = torch.cuda.get_device_name()
    return found


def available_cores() -> int:
    """Return the number of cores this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
