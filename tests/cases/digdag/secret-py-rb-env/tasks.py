import os
def f():
    open('out', 'a').write(os.environ['T'] + '\n')
