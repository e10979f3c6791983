select cardinality(approx_set(x)) from (values 1,2,2) t(x)
