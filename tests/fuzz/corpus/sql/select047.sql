select count_if(x>1) from (values 1,2,3) t(x)
