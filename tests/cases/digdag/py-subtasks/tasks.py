def w(*a):
    open('out', 'a').write(' '.join(map(repr, a)) + '\n')
import digdag
def f():
    digdag.env.add_subtask(one, p=1)
    digdag.env.add_subtask({'echo>': 'x', '_retry': 1})
    digdag.env.add_subtask({'_type': 'py', '_command': 'tasks.two'}, q='Q')
    digdag.env.add_subtask(Job.go, p=3)
def one(p, task_name):
    w('one', p, task_name)
    digdag.env.store(r='stored by one')
def two(q, r):
    w('two', q, r)
class Job(object):
    def go(self, p):
        w('job', p)
