select count(*), sum(distinct x) filter (where y) from t group by grouping sets ((a),()), cube (a, b), rollup (c), (), d having count(*) > 1
