select approx_percentile(x,array[0.25,0.75]) from (values 1,2,3,4,5) t(x)
