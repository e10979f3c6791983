select histogram(x) from (values 'a','b','a') t(x)
