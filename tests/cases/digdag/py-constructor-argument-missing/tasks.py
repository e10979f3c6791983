class Job(object):
    def __init__(self, name):
        pass
    def go(self):
        pass
