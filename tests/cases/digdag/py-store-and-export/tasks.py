def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
import digdag
def f():
    digdag.env.store({'s': 1, 'm': {'k': [1, None, True, 2.5]}}, t='kw')
    digdag.env.export(e='exported')
    digdag.env.set_state(x=1)
    w(digdag.env.params['session_date'], sorted(digdag.env.store_params))
def g(s, m, t):
    w(s, m, t)
