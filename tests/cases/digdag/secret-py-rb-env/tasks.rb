def go
  File.open('out', 'a') { |f| f.puts ENV['T'] }
end
