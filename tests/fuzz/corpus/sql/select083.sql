select count(*) from (values 1,2) t(x) where x in (select y from (values 2) u(y))
