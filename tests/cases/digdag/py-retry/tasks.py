def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
import os
def f():
    n = len(open('out').readlines()) if os.path.exists('out') else 0
    w(n)
    if n < 2:
        raise ValueError(n)
