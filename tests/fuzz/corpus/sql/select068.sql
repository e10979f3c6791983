select k,v from unnest(map(array['a'],array[1])) as t(k,v)
