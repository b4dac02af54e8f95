"""Errors that a user can mend: the command line prints them in one line and leaves with ``exit_code``."""


class HashbenchError(ValueError):
    """Wrong usage or unusable input. The message says what, where, and what to type next."""

    exit_code = 2


class UnknownNameError(HashbenchError):
    """A method, dataset, featurizer, metric, parameter or record that nobody registered or stored."""


class DataError(HashbenchError):
    """A corpus, a file or a cache that cannot be used as it is."""


class StorageError(DataError):
    """A file or folder of hashbench's own that cannot be written or read: no space, no permission, damage.

    It is no result of a trial: a run ends with it, and nothing is stored about the trial.
    """


class CheckFailedError(HashbenchError):
    """A check that was asked for did not hold, such as a stale leaderboard."""

    exit_code = 3
