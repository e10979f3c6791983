select map_union(m) from (values map(array['a'],array[1]), map(arr['a'],array[1]), map(aray['b'],array[2])) t(m)
