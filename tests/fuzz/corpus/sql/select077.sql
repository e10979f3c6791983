select x, row_number() over (order by x), lag(x) over (order by x), ntile(2) over (order by x) from (values 1,2,3) t(x) order by 1
