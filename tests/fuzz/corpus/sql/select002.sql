select sum(x), typeof(sum(x)) from (values 1, 2) t(x)
