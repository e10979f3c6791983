select g, sum(x) from (values (1, 2)) t(g, x) group by rollup (g) order by g nulls first
