select sum(x), typeof(sum(x)), avg(x), typeof(avg(x)) from (values 1.10, 2.25, null) t(x)
