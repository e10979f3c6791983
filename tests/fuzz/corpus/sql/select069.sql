select a,b from unnest(array[1,2],array['x']) as t(a,b)
