def f(x, needed):
    pass
