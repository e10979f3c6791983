select bool_or(x>2), bool_and(x>2), every(x>0) from (values 1,2,3) t(x)
