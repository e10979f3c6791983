select count(distinct x), count(x), count(*), sum(x) filter (where x > 1) from (values 1, 1, 2, null) t(x)
