select array_agg(x order by x desc) from (values 1,2,3) t(x)
