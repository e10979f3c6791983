select t.* , u.* from (values 1) t(x) cross join (values 2) u(y)
