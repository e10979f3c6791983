select max(x,2) from (values 1,5,3) t(x)
