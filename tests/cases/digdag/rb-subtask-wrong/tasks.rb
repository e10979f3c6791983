class Job
  def go
    Digdag.env.add_subtask(Job, :nothing)
  end
end
