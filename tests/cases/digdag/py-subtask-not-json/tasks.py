import digdag
def f():
    digdag.env.add_subtask(g, p=object())
def g(p):
    pass
