select * from (values 1,2,3) t(x) order by x fetch first 2 rows only
