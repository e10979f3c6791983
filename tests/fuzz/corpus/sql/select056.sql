select stddev(x), var_pop(x), variance(x) from (values 1,2,4) t(x)
