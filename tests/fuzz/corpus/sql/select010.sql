select x as y from (values 2, 1) t(x) order by y + 0
