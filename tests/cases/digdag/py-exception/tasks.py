class Broken(Exception):
    pass
def f():
    raise Broken('it is broken')
