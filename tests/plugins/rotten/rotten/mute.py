import sys


class Mute(BaseException):
    """An exception that cannot be made into text."""

    def __str__(self):
        sys.exit("no text")
