select corr(a,b), covar_samp(a,b), regr_slope(a,b) from (values (1e0,2e0),(2e0,3e0),(4e0,9e0)) t(a,b)
