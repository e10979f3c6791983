select map_union(m) from (values map(array['a'],array[1]), map(array['b'],array[2])) t(m)
