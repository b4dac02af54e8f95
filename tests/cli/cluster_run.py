"""A grid on a Dask cluster of two workers on this machine, one of which is killed after the first trial.

Usage: python -m tests.cli.cluster_run OUT [METHOD...]; prints the key of every outcome.
"""

from __future__ import annotations

import os
import signal
import sys

from dask.distributed import LocalCluster

import hashbench


def main(out: str, *methods: str) -> None:
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        workers = [worker.pid for worker in cluster.workers.values()]

        def kill_one(outcome: object) -> None:
            while workers[1:]:
                os.kill(workers.pop(), signal.SIGKILL)

        results = hashbench.run(
            methods,
            "toy",
            bits=[8, 16],
            seeds=3,
            out=out,
            executor="dask",
            scheduler=cluster.scheduler_address,
            on_outcome=kill_one,
        )
    print(*sorted(f"{record.key}:{record.status}" for record in results), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
