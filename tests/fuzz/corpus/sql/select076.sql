select x from (values 1,null,2) t(x) order by x desc
