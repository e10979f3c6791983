select bitwise_and_agg(x) from (values 6,3) t(x)
