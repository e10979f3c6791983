select approx_percentile(x, w, 0.5) from (values (1,1),(2,10)) t(x,w)
