select approx_percentile(x,0.5) from (values 1,2,3,4,5) t(x)
