select numeric_histogram(2,x) from (values 1e0,2e0,9e0) t(x)
