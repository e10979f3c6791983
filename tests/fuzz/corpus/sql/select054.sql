select avg(x) from (values 1,2) t(x)
