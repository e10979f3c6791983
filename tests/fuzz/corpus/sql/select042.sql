select min_by(a,b,2) from (values (1,10),(2,5),(3,7)) t(a,b)
