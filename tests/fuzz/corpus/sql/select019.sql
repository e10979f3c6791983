select (select max(y) from (values 1, 2, 3) u(y) where u.y < t.x) from (values 3) t(x)
