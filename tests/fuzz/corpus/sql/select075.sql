select grouping(a,b), count(*) from (values (1,1)) t(a,b) group by cube(a,b) order by 1
