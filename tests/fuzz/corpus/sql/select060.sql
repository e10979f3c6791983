select reduce_agg(x,0,(a,b)->a+b,(a,b)->a+b) from (values 1,2,3) t(x)
