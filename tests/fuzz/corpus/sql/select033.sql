select approx_distinct(x) from (values 1,2,2,3) t(x)
