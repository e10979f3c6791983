def w(*a)
  File.open('out', 'a') { |f| f.puts a.map(&:inspect).join(' ') }
end

def top(x, y = 5, z = 6)
  w x, y, z
end

class Job
  def initialize(name, size = 3)
    @name, @size = name, size
  end

  def go(task_name)
    w @name, @size, task_name
  end

  def self.single(timezone)
    w timezone
  end
end

module Mod
  class Inner
    def go
      w :inner
    end
  end
end
