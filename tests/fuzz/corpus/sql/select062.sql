select approx_most_frequent(2,x,10) from (values 'a','a','b') t(x)
