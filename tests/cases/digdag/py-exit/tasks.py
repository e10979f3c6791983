import sys
def f():
    sys.exit(5)
