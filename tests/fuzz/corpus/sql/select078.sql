select x, last_value(x) ignore nulls over (order by o rows between unbounded preceding and current row) from (values (1,1),(null,2)) t(x,o) order by o
