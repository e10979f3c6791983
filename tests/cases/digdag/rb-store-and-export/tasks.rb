def w(*a)
  File.open('out', 'a') { |f| f.puts a.map(&:inspect).join(' ') }
end
class Job
  def go
    Digdag.env.store(s: 1, m: {k: [1, nil, true]})
    Digdag.env.export(e: 2)
    Digdag.env.set_state(z: 2)
    w Digdag.env.params['session_date'], Digdag.env.store_params.keys
  end
end
