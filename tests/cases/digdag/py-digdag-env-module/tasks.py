def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
import digdag_env
def f():
    w(digdag_env.params['x'])
    digdag_env.store_params['y'] = 8
