select * from unnest(array[1, 2], map(array['k'], array[9])) as t(a, k, v) order by a
