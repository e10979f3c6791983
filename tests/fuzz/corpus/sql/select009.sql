select x from (values 2, 1) t(x) order by -x
