select x from (values 1, 2, 3) t(x) where x > all (select y from (values 1, 2) u(y))
