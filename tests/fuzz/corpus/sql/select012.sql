select max(x) over (partition by g order by x rows between 1 preceding and current row) from (values (1, 1), (2, 1), (3, 2)) t(x, g) order by 1
