def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
class Job(object):
    def __init__(self, name, size=7):
        self.name, self.size = name, size
    def go(self, size):
        w('go', self.name, self.size, size)
    def run(self):
        w('run', self.name, self.size)
class Plain(object):
    def go(self):
        w('plain')
