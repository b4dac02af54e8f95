import os

from hashbench.hookspecs import hookimpl

print("printed when imported")
os.write(1, b"written when imported\n")


@hookimpl
def hashbench_hashers():
    print("printed by the hook")
    return []
