select * from (values 1,2) t(x) order by 1
