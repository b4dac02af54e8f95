import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np

from hashbench.hashing import FitDiagnostics
from rotten.mute import Mute

print("printed by the module of a method")


class Sign:
    def __init__(self, n_bits=32):
        self.n_bits = n_bits

    def fit(self, X, y=None):
        self.projection_ = np.random.default_rng(0).standard_normal((X.shape[1], self.n_bits))
        self.n_features_in_ = X.shape[1]
        self.rot()
        return self

    def transform(self, X):
        return np.asarray(X @ self.projection_ > 0, dtype=np.uint8)

    def rot(self):
        pass


class Exits(Sign):
    def rot(self):
        sys.exit(0)


class ExitsInTransform(Sign):
    def transform(self, X):
        sys.exit(0)


class ExitsHard(Sign):
    def rot(self):
        os._exit(0)


class Interrupts(Sign):
    def rot(self):
        raise KeyboardInterrupt


class EndsGenerators(Sign):
    def rot(self):
        raise GeneratorExit


class RaisesBase(Sign):
    def rot(self):
        raise BaseException("of no class of its own")


class RaisesMute(Sign):
    def rot(self):
        raise Mute


class RaisesMuch(Sign):
    def rot(self):
        raise ValueError("\x1b[2J" + "much " * 5_000_000)


class Crashes(Sign):
    def rot(self):
        ctypes.string_at(0)


class Kills(Sign):
    def rot(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Forks(Sign):
    def rot(self):
        os.fork()


class LeavesAChild(Sign):
    def rot(self):
        subprocess.Popen(["sleep", os.environ.get("ROTTEN_SLEEP", "60")])


class Prints(Sign):
    def rot(self):
        print("printed in fit")
        os.write(1, b"written in fit\n")

    def transform(self, X):
        print("printed in transform")
        return super().transform(X)


class PatchesNumpy(Sign):
    def rot(self):
        def broken(*_, **__):
            raise RuntimeError("patched")

        np.argsort = np.dot = np.asarray = broken


class StrangeDiagnostics(Sign):
    def rot(self):
        self.fit_diagnostics_ = FitDiagnostics(values={"loss": object()})


class ReturnsLists(Sign):
    def transform(self, X):
        return super().transform(X).tolist()


class Sleeps(Sign):
    def rot(self):
        subprocess.Popen(["sleep", os.environ.get("ROTTEN_SLEEP", "60")])
        time.sleep(600)


class Hoards(Sign):
    def rot(self):
        self.hoard_ = [np.ones(2**22) for _ in range(100)]
        time.sleep(600)
