select max_by(a,b) from (values (1,10),(2,5)) t(a,b)
