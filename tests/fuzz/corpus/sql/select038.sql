select multimap_agg(k,v) from (values ('a',1),('a',2)) t(k,v)
