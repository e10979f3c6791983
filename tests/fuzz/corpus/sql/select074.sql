select a,b,sum(c) from (values (1,1,5),(1,2,6)) t(a,b,c) group by grouping sets ((a,b),(a),()) order by 1,2
