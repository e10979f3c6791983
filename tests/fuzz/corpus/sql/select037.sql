select map_agg(k,v) from (values ('a',1),('b',2)) t(k,v)
