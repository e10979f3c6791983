select x.a, y.a from (values 1) x(a) join (values 1) y(a) on x.a = y.a
