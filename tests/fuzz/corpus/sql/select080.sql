select * from (values 1,2,3) t(x) order by x offset 1 limit 1
