def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
def f():
    w('f')
class C:
    def m(self):
        w('m')
