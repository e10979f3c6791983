select geometric_mean(x) from (values 1,2,4) t(x)
