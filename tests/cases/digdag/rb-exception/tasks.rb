class Broken < StandardError; end
class Job
  def go
    raise Broken, 'it is broken'
  end
end
