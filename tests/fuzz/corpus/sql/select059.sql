select kurtosis(x) from (values 1,2,4,9,3) t(x)
