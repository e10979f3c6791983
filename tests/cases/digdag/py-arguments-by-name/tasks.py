def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
def f(x, y, z, task_name, d='default', session_date=None):
    w(x, y, z, task_name, d, session_date)
