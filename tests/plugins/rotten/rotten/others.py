import ctypes
import os
import sys


class ExitingFeaturizer:
    def fit(self, documents):
        sys.exit(0)

    def transform(self, documents):
        raise AssertionError


class CrashingFeaturizer:
    def fit(self, documents):
        ctypes.string_at(0)

    def transform(self, documents):
        raise AssertionError


def exits():
    sys.exit(0)


def exits_hard():
    os._exit(0)


def crashes():
    ctypes.string_at(0)


def returns_list():
    return ["a document"]
