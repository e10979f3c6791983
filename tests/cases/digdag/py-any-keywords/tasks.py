def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
def f(x, **more):
    w(x, sorted(k for k in more if k in ('task_name', 'timezone', 'x', 'py')), more['timezone'])
