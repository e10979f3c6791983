select skewness(x) from (values 1,2,4,9) t(x)
