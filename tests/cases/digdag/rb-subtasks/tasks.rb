def w(*a)
  File.open('out', 'a') { |f| f.puts a.map(&:inspect).join(' ') }
end
class Job
  def go
    Digdag.env.add_subtask(:top, x: 1)
    Digdag.env.add_subtask(Job, :two, y: 2)
    Digdag.env.add_subtask({'echo>' => 'hi'})
    Digdag.env.add_subtask(:Job, :single)
  end
  def two(y, task_name)
    w y, task_name
  end
  def self.single
    w :single
  end
end
def top(x)
  w x
end
