class Job
  def go(needed)
  end
end
