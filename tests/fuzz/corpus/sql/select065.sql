select sum(distinct x) from (values 1,1,2) t(x)
