select lag(x, 1) ignore nulls over (partition by a order by b desc nulls first rows between 1 preceding and unbounded following), f(x) over w from t window w as (order by a)
